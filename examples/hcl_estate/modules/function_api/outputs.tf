output "app_id" {
  value       = azurerm_linux_function_app.this.id
  description = "Resource id of the function app."
}
