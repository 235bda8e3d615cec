"""Trains and evaluates the network that `digits` reads with. Needs TensorFlow."""
