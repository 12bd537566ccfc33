"""One API in the gateway: its operations, policies, backend, named values and diagnostics."""
