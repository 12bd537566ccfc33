"""Reading JSON and YAML with the places of their values, and writing whole files."""
