"""Catalogues and tokens, as Cloudflare's API answers about them."""

from collections.abc import Mapping

from tests.stubs.faults import Fault, enveloped

CATALOGUE = "mine/ai/models/search"
ACCOUNT_VERIFY = "mine/tokens/verify"
USER_VERIFY = "/client/v4/user/tokens/verify"


def result(held: object) -> Fault:
    """Return a successful answer."""
    return enveloped(
        200, {"result": held, "success": True, "errors": [], "messages": []}
    )


def listed(name: str, **properties: str) -> dict[str, object]:
    """Return a model's entry in the catalogue."""
    held = [{"property_id": key, "value": said} for key, said in properties.items()]
    return {"id": name, "name": name, "properties": held}


def token(status: str = "active", **more: str) -> Fault:
    """Return what the verify endpoint says of a token."""
    held: Mapping[str, str] = {"id": "ed17", "status": status, **more}
    return result(held)
