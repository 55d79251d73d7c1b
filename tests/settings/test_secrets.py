"""What a traceback may quote and nobody may read."""

from hashlib import sha256
from pathlib import Path

from imgai.settings.secrets import known_secrets

TOKEN = "cfut_" + "t0ken" * 8


def test_secrets_of_both_layers_are_known_by_any_name(tmp_path: Path) -> None:
    """The longest first: one that holds another is hidden whole."""
    (tmp_path / ".env").write_text("AWS_SECRET_ACCESS_KEY=the-secret\n", "utf-8")
    environment = {"CF_API_TOKEN": TOKEN, "CF_ACCOUNT_ID": "0123456789", "HOME": "/me"}

    found = known_secrets(environment, tmp_path)

    assert list(found) == sorted(found, key=len, reverse=True)
    values = {TOKEN, "the-secret", "0123456789"}
    derived = {sha256(one.encode()).hexdigest() for one in {*values, ""}}
    assert set(found) == values | derived


def test_what_cannot_be_read_hides_nothing_and_ends_nothing(tmp_path: Path) -> None:
    """A bug is just being told of; another would hide the first."""
    (tmp_path / ".env").write_bytes(b"\xff\xfe")
    odd = TOKEN + "\udcff"  # a byte that is no UTF-8, as Python has it

    assert odd in known_secrets({"CLOUDFLARE_API_TOKEN": odd}, tmp_path)
