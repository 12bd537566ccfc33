# A plain-HCL estate: one gateway, ten function apps. Eight of them come from one module, two are older
# than it. It knows nothing of this library but the check: secured-functions.toml, access-baseline.toml,
# .pre-commit-config.yaml and .github/workflows/check.yml.
terraform {
  required_version = ">= 1.5"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.55"
    }
    azuread = {
      source  = "hashicorp/azuread"
      version = "~> 3.7"
    }
  }
}

provider "azurerm" {
  features {}
}

provider "azuread" {}

locals {
  location = "westeurope"
  apps = {
    orders    = { path = "orders", operations = { list = "GET /orders", read = "GET /orders/{id}" } }
    billing   = { path = "billing", operations = { list = "GET /invoices" } }
    catalog   = { path = "catalog", operations = { list = "GET /products" } }
    customers = { path = "customers", operations = { read = "GET /customers/{id}" } }
    delivery  = { path = "delivery", operations = { plan = "POST /plans" } }
    pricing   = { path = "pricing", operations = { read = "GET /prices/{id}" } }
    returns   = { path = "returns", operations = { send = "POST /returns" } }
    stock     = { path = "stock", operations = { list = "GET /stock" } }
  }
}

data "azuread_client_config" "current" {}

resource "azurerm_resource_group" "estate" {
  name     = "rg-estate"
  location = local.location
}

resource "azurerm_service_plan" "estate" {
  name                = "asp-estate"
  resource_group_name = azurerm_resource_group.estate.name
  location            = azurerm_resource_group.estate.location
  os_type             = "Linux"
  sku_name            = "EP1"
}

module "app" {
  source   = "./modules/function_api"
  for_each = local.apps

  name                = each.key
  path                = each.value.path
  operations          = each.value.operations
  resource_group_name = azurerm_resource_group.estate.name
  location            = azurerm_resource_group.estate.location
  service_plan_id     = azurerm_service_plan.estate.id
  tenant_id           = data.azuread_client_config.current.tenant_id
  gateway = {
    name         = azurerm_api_management.estate.name
    client_id    = azurerm_user_assigned_identity.gateway.client_id
    principal_id = azurerm_user_assigned_identity.gateway.principal_id
  }
}
