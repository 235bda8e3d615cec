"""Finding and reading the symbols of numbers."""
