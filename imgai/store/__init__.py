"""The SQLite file, and the only user of sqlite-utils."""
