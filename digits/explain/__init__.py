"""Explains predictions: responses of filters, nearest training images, teaching by example."""
