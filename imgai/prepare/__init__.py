"""Bytes in, `PreparedImage` out."""
