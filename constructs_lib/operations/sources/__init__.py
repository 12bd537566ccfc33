"""Reading of the operations that a Functions project serves, by language."""
