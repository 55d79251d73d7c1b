"""What a server said, made fit to be shown: short, on one line, without secrets."""

import re
from dataclasses import dataclass, field

LONGEST_QUOTE = 200
# Cloudflare's own prefixes: user, account and OAuth tokens, and the global key.
_TOKEN = re.compile(r"cf(?:ut|at|k|oa?t?)_[A-Za-z0-9_-]{8,}")
_STARRED = "***"


@dataclass(frozen=True, slots=True)
class Redactor:
    """Takes secrets out of texts before they reach a message.

    Attributes:
        secrets: tokens, account ids and keys in use; never shown.
    """

    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __call__(self, text: str) -> str:
        """Return at most 200 characters of a text, on one line, secrets starred."""
        # Before cutting: half a token is still half a secret.
        for secret in self.secrets:
            if secret:
                text = text.replace(secret, _STARRED)
        text = _TOKEN.sub(_STARRED, text)
        shown = (character if character.isprintable() else " " for character in text)
        text = " ".join("".join(shown).split())
        return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"
