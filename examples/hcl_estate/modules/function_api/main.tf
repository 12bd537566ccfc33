resource "azuread_application" "this" {
  display_name = var.name

  api {
    requested_access_token_version = 2
  }

  app_role {
    id                   = "3f6bb3a3-6b12-4b32-9f62-0f5d7b7a5b11"
    value                = "Functions.Invoke"
    display_name         = "Invoke"
    description          = "Call the functions"
    allowed_member_types = ["Application"]
  }
}

resource "azuread_service_principal" "this" {
  client_id                    = azuread_application.this.client_id
  app_role_assignment_required = true
}

resource "azuread_app_role_assignment" "gateway" {
  app_role_id         = azuread_service_principal.this.app_role_ids["Functions.Invoke"]
  principal_object_id = var.gateway.principal_id
  resource_object_id  = azuread_service_principal.this.object_id
}

resource "azurerm_linux_function_app" "this" {
  name                                           = "func-estate-${var.name}"
  resource_group_name                            = var.resource_group_name
  location                                       = var.location
  service_plan_id                                = var.service_plan_id
  storage_account_name                           = "stestate${var.name}"
  storage_uses_managed_identity                  = true
  https_only                                     = true
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false

  identity {
    type = "SystemAssigned"
  }

  site_config {
    scm_ip_restriction_default_action = "Deny"
  }

  auth_settings_v2 {
    auth_enabled           = true
    require_authentication = true
    unauthenticated_action = "Return401"

    active_directory_v2 {
      client_id            = azuread_application.this.client_id
      tenant_auth_endpoint = "https://login.microsoftonline.com/${var.tenant_id}/v2.0"
      allowed_applications = [var.gateway.client_id]
      allowed_identities   = [var.gateway.principal_id]
    }

    login {}
  }
}

resource "azurerm_api_management_api" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  api_management_name = var.gateway.name
  revision            = "1"
  display_name        = var.name
  path                = var.path
  protocols           = ["https"]
}

resource "azurerm_api_management_backend" "this" {
  name                = "func-estate-${var.name}"
  resource_group_name = var.resource_group_name
  api_management_name = var.gateway.name
  protocol            = "http"
  url                 = "https://${azurerm_linux_function_app.this.default_hostname}/api"
}

resource "azurerm_api_management_api_operation" "this" {
  for_each = var.operations

  operation_id        = each.key
  resource_group_name = var.resource_group_name
  api_management_name = var.gateway.name
  api_name            = azurerm_api_management_api.this.name
  display_name        = each.value
  method              = split(" ", each.value)[0]
  url_template        = split(" ", each.value)[1]

  dynamic "template_parameter" {
    for_each = regexall("{(\\w+)}", each.value)

    content {
      name     = template_parameter.value[0]
      required = true
      type     = "string"
    }
  }
}

resource "azurerm_api_management_api_policy" "this" {
  resource_group_name = var.resource_group_name
  api_management_name = var.gateway.name
  api_name            = azurerm_api_management_api.this.name
  xml_content         = <<-XML
    <policies>
      <inbound>
        <base />
        <set-backend-service backend-id="${azurerm_api_management_backend.this.name}" />
        <authentication-managed-identity resource="${azuread_application.this.client_id}" client-id="${var.gateway.client_id}" />
        <set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />
        <set-query-parameter name="subscription-key" exists-action="delete" />
      </inbound>
      <backend><base /></backend>
      <outbound><base /></outbound>
      <on-error><base /></on-error>
    </policies>
  XML
}
