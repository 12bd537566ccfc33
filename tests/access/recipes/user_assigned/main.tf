variable "tenant_id" {
  type = string
}

locals {
  role = "3f6bb3a3-6b12-4b32-9f62-0f5d7b7a5b11"
}

resource "azurerm_user_assigned_identity" "gateway" {
  name                = "id-recipe-gateway"
  resource_group_name = "rg-recipe"
  location            = "westeurope"
}

resource "azurerm_api_management" "gateway" {
  name                = "apim-recipe-user"
  resource_group_name = "rg-recipe"
  location            = "westeurope"
  publisher_name      = "Recipe"
  publisher_email     = "recipe@example.com"
  sku_name            = "Developer_1"
  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.gateway.id]
  }
}

resource "azuread_application" "orders" {
  display_name    = "orders-user"
  identifier_uris = ["api://${var.tenant_id}/orders-user"]
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

resource "azuread_service_principal" "orders" {
  client_id                    = azuread_application.orders.client_id
  app_role_assignment_required = true
}

resource "azuread_app_role_assignment" "gateway" {
  app_role_id         = local.role
  principal_object_id = azurerm_user_assigned_identity.gateway.principal_id
  resource_object_id  = azuread_service_principal.orders.object_id
}

resource "azurerm_linux_function_app" "orders" {
  name                                           = "func-orders-user"
  resource_group_name                            = "rg-recipe"
  location                                       = "westeurope"
  service_plan_id                                = "/subscriptions/s/resourceGroups/rg-recipe/providers/Microsoft.Web/serverFarms/plan"
  storage_account_name                           = "strecipe"
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
    active_directory_v2 {
      client_id            = azuread_application.orders.client_id
      tenant_auth_endpoint = "https://login.microsoftonline.com/${var.tenant_id}/v2.0"
      allowed_applications = [azurerm_user_assigned_identity.gateway.client_id]
      allowed_identities   = [azurerm_user_assigned_identity.gateway.principal_id]
    }
    login {}
  }
}

resource "azurerm_api_management_backend" "orders" {
  name                = "orders-user"
  resource_group_name = "rg-recipe"
  api_management_name = azurerm_api_management.gateway.name
  protocol            = "http"
  url                 = "https://func-orders-user.azurewebsites.net/api"
}

resource "azurerm_api_management_api" "orders" {
  name                = "orders-user"
  resource_group_name = "rg-recipe"
  api_management_name = azurerm_api_management.gateway.name
  revision            = "1"
  display_name        = "Orders"
  path                = "orders-user"
  protocols           = ["https"]
}

# The policy names the value, so its text is known before Azure has given the identity its ids.
resource "azurerm_api_management_named_value" "gateway" {
  name                = "orders-user-gateway"
  resource_group_name = "rg-recipe"
  api_management_name = azurerm_api_management.gateway.name
  display_name        = "orders-user-gateway"
  value               = azurerm_user_assigned_identity.gateway.client_id
}

resource "azurerm_api_management_api_policy" "orders" {
  api_name            = azurerm_api_management_api.orders.name
  resource_group_name = "rg-recipe"
  api_management_name = azurerm_api_management.gateway.name
  xml_content         = <<-XML
    <policies>
      <inbound>
        <base />
        <set-backend-service backend-id="orders-user" />
        <authentication-managed-identity resource="api://${var.tenant_id}/orders-user" client-id="{{orders-user-gateway}}" />
        <set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />
        <set-query-parameter name="subscription-key" exists-action="delete" />
      </inbound>
      <backend><base /></backend>
      <outbound><base /></outbound>
      <on-error><base /></on-error>
    </policies>
  XML
  depends_on          = [azurerm_api_management_named_value.gateway]
}
