"""Play: challenges and teaching."""
