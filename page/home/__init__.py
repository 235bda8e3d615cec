"""The first page: the canvas, the answer, and what opens in its place."""
