"""Reading of Terraform JSON: folders, plans and states, their values and expressions."""
