"""A chain on the loopback: gateways, Entra, one site per function app and slot, and a page."""
