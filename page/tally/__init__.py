"""Counts how often the answer was right."""
