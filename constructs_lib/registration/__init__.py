"""The Entra application that the function app accepts tokens for."""
