"""The first page: the canvas and the answer."""
