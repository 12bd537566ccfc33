# A project of plain Terraform that knows nothing of this library. Its plan and its state, as
# `terraform show -json` prints them, stand beside it; test_trust_plans.py says how to renew them.
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

locals {
  apis = toset(["orders", "billing"])
  role = "3f6bb3a3-6b12-4b32-9f62-0f5d7b7a5b11"
}

data "azuread_client_config" "current" {}

resource "azurerm_resource_group" "main" {
  name     = "rg-plain"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "gateway" {
  name                = "id-plain-gateway"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_api_management" "gateway" {
  name                = "apim-plain"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  publisher_name      = "Plain"
  publisher_email     = "plain@example.com"
  sku_name            = "Developer_1"
  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.gateway.id]
  }
}

resource "azuread_application" "api" {
  for_each     = local.apis
  display_name = "plain-${each.key}"
  api {
    requested_access_token_version = 2
  }
  app_role {
    id                   = local.role
    value                = "Invoke"
    display_name         = "Invoke"
    description          = "Call the functions"
    allowed_member_types = ["Application"]
  }
}

resource "azuread_service_principal" "api" {
  for_each                     = local.apis
  client_id                    = azuread_application.api[each.key].client_id
  app_role_assignment_required = true
}

resource "azuread_app_role_assignment" "gateway" {
  for_each            = local.apis
  app_role_id         = local.role
  principal_object_id = azurerm_user_assigned_identity.gateway.principal_id
  resource_object_id  = azuread_service_principal.api[each.key].object_id
}

module "function" {
  source              = "./function"
  for_each            = local.apis
  name                = each.key
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  gateway_name        = azurerm_api_management.gateway.name
  tenant_id           = data.azuread_client_config.current.tenant_id
  client_id           = azuread_application.api[each.key].client_id
  gateway_identity = {
    client_id    = azurerm_user_assigned_identity.gateway.client_id
    principal_id = azurerm_user_assigned_identity.gateway.principal_id
  }
}
