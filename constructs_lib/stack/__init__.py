"""What a stack needs besides the pattern: providers, outputs, checks and files of settings."""
