"""“How do you know?”: the story of one drawing, step by step, on one screen."""
