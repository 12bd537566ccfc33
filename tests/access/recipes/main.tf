# The recipe in plain HCL, three times: with the identity that the gateway has of itself, with one that
# is assigned to it, and with a gateway that exists. `python -m tests.access.plain_hcl.renew` renews
# the first plan of it that stands beside it.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "4.55.0"
    }
    azuread = {
      source  = "hashicorp/azuread"
      version = "3.7.0"
    }
  }
}

provider "azurerm" {
  features {}
}

provider "azuread" {}

data "azuread_client_config" "current" {}

module "system_assigned" {
  source    = "./system_assigned"
  tenant_id = data.azuread_client_config.current.tenant_id
}

module "user_assigned" {
  source    = "./user_assigned"
  tenant_id = data.azuread_client_config.current.tenant_id
}

module "existing_gateway" {
  source    = "./existing_gateway"
  tenant_id = data.azuread_client_config.current.tenant_id
}
