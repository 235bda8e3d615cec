"""“How it learned”."""
