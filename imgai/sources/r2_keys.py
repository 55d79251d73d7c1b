"""The S3 keys of an R2 account, and where its S3 API is."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from imgai.errors import AccessDenied, SettingsError

# Asks Cloudflare's API for a path and returns the result inside its envelope.
GetResult = Callable[[str], Awaitable[Any]]

_ACCOUNT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REMEDY = (
    "Give the token the permission Workers R2 Storage: Read, or set"
    " R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY."
)


@dataclass(frozen=True, slots=True)
class S3Keys:
    """What requests to an S3-compatible store are signed with."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def r2_endpoint(account_id: str, jurisdiction: str = "") -> str:
    """Return the URL of an account's S3 API.

    Args:
        account_id: 32 hexadecimal digits.
        jurisdiction: "" for buckets without one, "eu" or "fedramp": a jurisdiction's
            buckets are only there.

    Source: https://developers.cloudflare.com/r2/api/tokens/
    """
    if not _ACCOUNT_ID.fullmatch(account_id):
        raise SettingsError("CLOUDFLARE_ACCOUNT_ID holds what no account id has.")
    place = f".{jurisdiction}" if jurisdiction else ""
    return f"https://{account_id}{place}.r2.cloudflarestorage.com"


async def derive_keys(account_id: str, token: str, get_result: GetResult) -> S3Keys:
    """Return the S3 keys that belong to an API token.

    The access key id is the token's id, the secret the SHA-256 of its value. An
    account's token is known to the account alone and a user's to the user, so both
    are asked, and the first that knows it answers.

    Args:
        account_id: whose R2.
        token: its value, whole, with its prefix.
        get_result: raises `ImgaiError` when it is refused.

    Raises:
        AccessDenied: neither knows the token, or it is disabled or expired.
        TransientError: Cloudflare did not answer.

    Source: https://developers.cloudflare.com/r2/api/tokens/
    """
    try:
        result = await get_result(f"accounts/{account_id}/tokens/verify")
    except (AccessDenied, SettingsError):  # SettingsError: no such path for it
        result = await _verified_for_user(get_result)
    found = result if isinstance(result, Mapping) else {}
    token_id, status = found.get("id"), found.get("status", "active")
    if not isinstance(token_id, str) or not token_id:
        raise AccessDenied("Cloudflare did not say which token this is.", hint=_REMEDY)
    if status != "active":
        raise AccessDenied("The API token is disabled or expired.", hint=_REMEDY)
    return S3Keys(token_id, hashlib.sha256(token.encode()).hexdigest())


async def _verified_for_user(get_result: GetResult) -> object:
    try:
        return await get_result("user/tokens/verify")
    except (AccessDenied, SettingsError) as error:
        raise AccessDenied(
            "Cloudflare knows the API token neither as the account's nor as a user's.",
            hint=_REMEDY,
        ) from error
