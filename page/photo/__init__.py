"""Photographs of paper."""
