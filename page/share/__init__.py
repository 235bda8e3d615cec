"""Phones in the same network."""
