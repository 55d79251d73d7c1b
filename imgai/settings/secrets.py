"""What must never be shown, wherever it comes up."""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from imgai.errors import SettingsError
from imgai.settings.load import read_dotenv
from imgai.settings.variables import VARIABLES

# No secrets, yet nobody else's business: they tell whose account it is.
_PRIVATE = {"CLOUDFLARE_ACCOUNT_ID", "R2_ACCESS_KEY_ID"}
_SHORTEST = 8  # what is shorter would star harmless words, and is no secret


def known_secrets(
    environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> tuple[str, ...]:
    """Return the tokens, keys and account ids of this process, the longest first.

    For texts that nobody has written with care: a traceback quotes whatever a library
    was given.

    Args:
        environment: variables; the process's own if None.
        folder: where `.env` is looked for; the working directory if None.
    """
    layers = [os.environ if environment is None else environment]
    with suppress(SettingsError):  # it cannot be read, so nothing has come out of it
        layers.append(read_dotenv(folder or Path()))
    names = {
        name
        for variable in VARIABLES
        if variable.is_secret or variable.name in _PRIVATE
        for name in (variable.name, *variable.aliases)
    }
    found = {layer.get(name, "").strip() for layer in layers for name in names}
    # R2's secret key may be made from the API token: its SHA-256.
    made = {hashlib.sha256(os.fsencode(value)).hexdigest() for value in found}
    return tuple(
        sorted(
            (value for value in found | made if len(value) >= _SHORTEST),
            key=len,
            reverse=True,
        )
    )
