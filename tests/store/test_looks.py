"""The look of a picture, as it is named."""

from contextlib import closing
from pathlib import Path

import pytest

from imgai.store.connection import open_for_reading
from imgai.store.looks import look_of_picture
from tests.store.library import changing, make_library

DOG_HASH = "p1-abcde".ljust(67, "0")


@pytest.mark.parametrize(
    ("beginning", "found"),
    [
        (DOG_HASH, DOG_HASH),
        (DOG_HASH[:8], DOG_HASH),
        (DOG_HASH[:7], None),  # too little to tell
        ("p1-00000", None),  # fits two pictures
        ("p1-fffff", None),
        ("p1-caf\udce9.jpg", None),  # a file's name, of bytes that are no UTF-8
    ],
)
def test_a_picture_is_compared_by_its_hash_or_the_beginning_of_it(
    tmp_path: Path, beginning: str, found: str | None
) -> None:
    """As `show` takes it; what fits two pictures names neither."""
    path = tmp_path / "imgai.db"
    make_library(path)
    with changing(path) as connection:
        renamed = (DOG_HASH, f"p1-{2:064x}")
        connection.execute(
            "UPDATE picture SET picture_hash = ? WHERE picture_hash = ?", renamed
        )

    with closing(open_for_reading(path)) as connection:
        look = look_of_picture(connection, beginning)

    assert (look and look.picture_hash) == found
