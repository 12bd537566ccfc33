"""Runs a chain locally: requests through the gateway's policies to the function, as Azure would.

It reads the Terraform JSON that the access analysis reads. Needs the extra `simulation`.
"""
