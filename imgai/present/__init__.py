"""To people and to programs. Prints, decides nothing."""
