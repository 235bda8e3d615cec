"""Measures how well digits, numbers and photographs are read."""
