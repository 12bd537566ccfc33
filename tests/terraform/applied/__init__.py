"""Every change, replacement and failure, applied with the real terraform: `make changes`."""
