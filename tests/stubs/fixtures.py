"""Fixtures that start the stub servers."""
