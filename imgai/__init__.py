"""Looks at every picture in a folder or an R2 bucket once, and finds it again."""

__version__ = "0.1.0"
