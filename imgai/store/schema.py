"""How a database is known to be ours, and how old it is, without loading much."""

# The four bytes "imga" in SQLite's application_id: a file without them is not ours.
APPLICATION_ID = 0x696D6761

# The number of migrations in `migrations.py`, kept in SQLite's user_version.
# Written down here so that a search need not import sqlite-utils (139 ms) to compare.
SCHEMA_VERSION = 3

PAGE_SIZE_BYTES = 16_384  # a vector of 3 KB wastes a quarter of a 4,096-byte page
