"""Measures the response times of this project beside common alternatives. See README.md here."""
