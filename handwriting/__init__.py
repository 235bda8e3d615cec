"""Synthetic handwriting: skeletons, pens, strokes."""
