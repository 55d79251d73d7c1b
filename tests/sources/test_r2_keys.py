"""One token is enough: R2's keys are derived from it."""

import hashlib
from collections.abc import Callable

import pytest

from imgai.errors import AccessDenied, ModelUnavailable, SettingsError
from imgai.sources.r2_keys import S3Keys, derive_keys, r2_endpoint

TOKEN = "cfut_a-token-of-a-test"  # noqa: S105  made up
SECRET = hashlib.sha256(TOKEN.encode()).hexdigest()
VERIFIED = {"id": "ed17574386854bf78a67040be0a770b0", "status": "active"}

pytestmark = pytest.mark.anyio


class Cloudflare:
    """Answers for paths as told, refuses all others, and remembers what was asked."""

    def __init__(
        self,
        answers: dict[str, object],
        refusal: Callable[[str], Exception] = AccessDenied,
    ) -> None:
        self.answers = answers
        self.refusal = refusal
        self.asked: list[str] = []

    async def __call__(self, path: str) -> object:
        """Return the result for a path."""
        self.asked.append(path)
        if path not in self.answers:
            raise self.refusal("Invalid API Token")
        return self.answers[path]


async def test_an_accounts_token_is_asked_about_at_the_account() -> None:
    """The key is the token's id, the secret the SHA-256 of its value."""
    cloudflare = Cloudflare({"accounts/acc/tokens/verify": VERIFIED})

    keys = await derive_keys("acc", TOKEN, cloudflare)

    assert keys == S3Keys(str(VERIFIED["id"]), SECRET)
    assert cloudflare.asked == ["accounts/acc/tokens/verify"]


@pytest.mark.parametrize("refusal", [AccessDenied, SettingsError])
async def test_a_users_token_is_asked_about_at_the_user(
    refusal: Callable[[str], Exception],
) -> None:
    """The account does not know it, in whatever words it says so."""
    cloudflare = Cloudflare({"user/tokens/verify": VERIFIED}, refusal)

    keys = await derive_keys("acc", TOKEN, cloudflare)

    assert keys == S3Keys(str(VERIFIED["id"]), SECRET)


async def test_a_token_that_nobody_knows_is_refused() -> None:
    """With the remedy, and without the token."""
    with pytest.raises(AccessDenied) as caught:
        await derive_keys("acc", TOKEN, Cloudflare({}))

    assert "R2" in caught.value.hint
    assert TOKEN not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "result",
    [{**VERIFIED, "status": "expired"}, {"status": "active"}, {"id": 7}, None, []],
)
async def test_a_token_of_no_use_is_refused(result: object) -> None:
    """Disabled, expired, or an answer of another shape."""
    cloudflare = Cloudflare({"accounts/acc/tokens/verify": result})
    with pytest.raises(AccessDenied):
        await derive_keys("acc", TOKEN, cloudflare)


async def test_an_answer_that_does_not_come_is_no_refusal() -> None:
    """Another endpoint would not know better; the call may be repeated."""
    with pytest.raises(ModelUnavailable):
        await derive_keys("acc", TOKEN, Cloudflare({}, ModelUnavailable))


async def test_keys_do_not_show_in_their_representation() -> None:
    """A traceback or a log may hold it."""
    shown = repr(S3Keys("the-id", "the-secret", "the-session"))
    assert "the-" not in shown


@pytest.mark.parametrize(
    ("jurisdiction", "host"),
    [
        ("", "acc.r2.cloudflarestorage.com"),
        ("eu", "acc.eu.r2.cloudflarestorage.com"),
        ("fedramp", "acc.fedramp.r2.cloudflarestorage.com"),
    ],
)
def test_a_jurisdiction_has_an_endpoint_of_its_own(
    jurisdiction: str, host: str
) -> None:
    """Its buckets are nowhere else."""
    assert r2_endpoint("acc", jurisdiction) == f"https://{host}"


def test_an_account_id_that_is_none_is_refused() -> None:
    """It would become part of a host's name."""
    with pytest.raises(SettingsError):
        r2_endpoint("evil.example/")
