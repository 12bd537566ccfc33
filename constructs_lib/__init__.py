"""Azure Functions that only API Management can call: constructs for CDK for Terraform."""
