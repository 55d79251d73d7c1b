"""`imgai search`."""


def search(query: str) -> None:
    """Search."""
