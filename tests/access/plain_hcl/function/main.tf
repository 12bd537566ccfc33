variable "name" { type = string }
variable "resource_group_name" { type = string }
variable "location" { type = string }
variable "gateway_name" { type = string }
variable "tenant_id" { type = string }
variable "client_id" { type = string }
variable "gateway_identity" { type = object({ client_id = string, principal_id = string }) }

terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
  }
}

resource "azurerm_storage_account" "functions" {
  name                     = "stplain${var.name}"
  resource_group_name      = var.resource_group_name
  location                 = var.location
  account_tier             = "Standard"
  account_replication_type = "LRS"
}

resource "azurerm_service_plan" "functions" {
  name                = "plan-plain-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  os_type             = "Linux"
  sku_name            = "EP1"
}

resource "azurerm_linux_function_app" "functions" {
  name                                           = "func-plain-${var.name}"
  resource_group_name                            = var.resource_group_name
  location                                       = var.location
  service_plan_id                                = azurerm_service_plan.functions.id
  storage_account_name                           = azurerm_storage_account.functions.name
  storage_uses_managed_identity                  = true
  https_only                                     = true
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false

  site_config {
    scm_ip_restriction_default_action = "Deny"
  }

  auth_settings_v2 {
    auth_enabled           = true
    require_authentication = true
    unauthenticated_action = "Return401"
    login {}
    active_directory_v2 {
      client_id            = var.client_id
      tenant_auth_endpoint = "https://login.microsoftonline.com/${var.tenant_id}/v2.0"
      allowed_applications = [var.gateway_identity.client_id]
      allowed_identities   = [var.gateway_identity.principal_id]
    }
  }
}

resource "azurerm_api_management_api" "api" {
  name                = var.name
  api_management_name = var.gateway_name
  resource_group_name = var.resource_group_name
  revision            = "1"
  display_name        = var.name
  path                = var.name
  protocols           = ["https"]
}

resource "azurerm_api_management_backend" "functions" {
  name                = "func-${var.name}"
  api_management_name = var.gateway_name
  resource_group_name = var.resource_group_name
  protocol            = "http"
  url                 = "https://${azurerm_linux_function_app.functions.default_hostname}/api"
}

resource "azurerm_api_management_api_policy" "api" {
  api_name            = azurerm_api_management_api.api.name
  api_management_name = var.gateway_name
  resource_group_name = var.resource_group_name
  xml_content         = <<-XML
    <policies>
      <inbound>
        <base />
        <set-backend-service backend-id="${azurerm_api_management_backend.functions.name}" />
        <authentication-managed-identity resource="${var.client_id}" client-id="${var.gateway_identity.client_id}" />
        <set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />
        <set-query-parameter name="subscription-key" exists-action="delete" />
      </inbound>
      <backend><base /></backend>
      <outbound><base /></outbound>
      <on-error><base /></on-error>
    </policies>
  XML
}
