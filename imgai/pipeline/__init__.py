"""What is missing, and the workers that bring it."""
