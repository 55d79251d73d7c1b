"""Finding pictures by words, by meaning and by both."""
