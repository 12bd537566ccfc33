"""Reading of operations from OpenAPI documents."""
