"""What tests of backups in buckets begin with; their fixtures are in `conftest`."""

from imgai.sources.s3_transfer import PIECE_BYTES
from tests.commands.running import Imgai

URI = "r2://photos/nightly/imgai.db"
KEY = "nightly/imgai.db"
COUNT = "SELECT count(*) FROM prediction"


def enlarge(imgai: Imgai) -> None:
    """Make the database larger than what is sent at once."""
    imgai.change("CREATE TABLE ballast (bytes)")
    imgai.change("INSERT INTO ballast VALUES (zeroblob(?))", PIECE_BYTES)
