"""The app role that a caller needs: the same in every registration, made here or asked for."""

from __future__ import annotations

# Unique within one application only, so the same everywhere: a role whose id changes is replaced
# with all of its assignments.
APP_ROLE_ID = "8d5b0a5e-4f0b-4c47-9d0d-6c2f0a1f3b7e"
ROLE = "Functions.Invoke"
