"""A chain on the loopback: gateways, Entra, one door per function app and slot, and a page."""
