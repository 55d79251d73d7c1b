"""The nouns of imgai, and the pure sentences about them. No I/O."""
