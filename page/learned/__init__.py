"""“How I learned”."""
