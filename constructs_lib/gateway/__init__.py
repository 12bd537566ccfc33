"""The API Management service, new or existing, and its identity."""
