"""The HTTP API: reads digits and numbers in images that clients send."""
