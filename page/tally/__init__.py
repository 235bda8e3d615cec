"""Count how often the answer was right."""
