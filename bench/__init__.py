"""Measures the waits of this project beside what people use otherwise. See README.md here."""
