"""Synthetic photographs of handwriting on many kinds of paper, in many kinds of light."""
