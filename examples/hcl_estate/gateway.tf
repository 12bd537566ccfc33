resource "azurerm_user_assigned_identity" "gateway" {
  name                = "id-estate-gateway"
  resource_group_name = azurerm_resource_group.estate.name
  location            = azurerm_resource_group.estate.location
}

resource "azurerm_api_management" "estate" {
  name                = "apim-estate"
  resource_group_name = azurerm_resource_group.estate.name
  location            = azurerm_resource_group.estate.location
  publisher_name      = "Estate"
  publisher_email     = "apis@example.com"
  sku_name            = "Developer_1"

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.gateway.id]
  }
}
