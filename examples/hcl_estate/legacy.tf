# Two apps from before the module. What the check finds of them is in access-baseline.toml.
locals {
  legacy = toset(["archive", "reports"])
}

resource "azurerm_linux_function_app" "legacy" {
  for_each = local.legacy

  name                          = "func-estate-${each.key}"
  resource_group_name           = azurerm_resource_group.estate.name
  location                      = azurerm_resource_group.estate.location
  service_plan_id               = azurerm_service_plan.estate.id
  storage_account_name          = "stestate${each.key}"
  storage_uses_managed_identity = true
  https_only                    = true

  site_config {}
}
