"""Finding ink in pictures."""
