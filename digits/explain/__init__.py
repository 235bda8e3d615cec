"""Explaining an answer: evidence maps, nearest training images, teaching by example."""
