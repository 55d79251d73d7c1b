"""What is found out about Workers AI, against a stub on a real socket."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from imgai.commands.checks.workers_ai import check_clock, check_workers_ai
from imgai.domain.checks import Check, Family, Health
from imgai.errors import ExitCode
from imgai.models.catalogue import read_catalogue
from imgai.transport.cloudflare import Account, ApiAnswer, CloudflareApi
from tests.commands.checks.listings import (
    ACCOUNT_VERIFY,
    CATALOGUE,
    USER_VERIFY,
    token,
)
from tests.stubs import faults
from tests.stubs.faults import Fault, refusal
from tests.stubs.hosted_models import ALL
from tests.stubs.workers_ai import WorkersAIStub

pytestmark = pytest.mark.anyio

NO_ROUTE = refusal(404, 7003, "Could not route to this")


@asynccontextmanager
async def connected(
    stub: WorkersAIStub, sent: str = ""
) -> AsyncIterator[CloudflareApi]:
    account = Account(stub.account_id, sent or stub.token, stub.url)
    async with aclosing(CloudflareApi(account)) as api:
        yield api


async def checks_of(
    stub: WorkersAIStub, sent: str = "", patience_s: float = 20.0
) -> dict[str, Check]:
    """Return what is found, by name."""
    async with connected(stub, sent) as api:
        found = await check_workers_ai(api, [], lambda: datetime.now(UTC), patience_s)
    return {check.name: check for check in found}


async def test_a_good_token_and_a_living_host_cost_nothing(
    workers_ai: WorkersAIStub,
) -> None:
    """Only GET requests are made: no model is asked for anything."""
    found = await checks_of(workers_ai)

    assert [check.status for check in found.values()] == [Health.OK] * 3
    assert set(found) == {"token", "host", "clock"}
    assert {method for method, _ in workers_ai.requests} == {"GET"}
    assert workers_ai.calls == []


async def test_a_refused_token_is_77(workers_ai: WorkersAIStub) -> None:
    """Said once, though both questions were refused in the same words."""
    found = await checks_of(workers_ai, "cfut_" + "9" * 40)

    assert found["token"].exit_code is ExitCode.ACCESS_DENIED
    assert "host" not in found


async def test_a_users_token_is_asked_of_the_user(workers_ai: WorkersAIStub) -> None:
    """An account does not know its users' tokens."""
    workers_ai.routes[ACCOUNT_VERIFY] = refusal(401, 1000, "Invalid API Token")

    found = await checks_of(workers_ai)

    assert found["token"].status is Health.OK
    assert ("GET", USER_VERIFY) in workers_ai.requests


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (token("disabled"), "disabled"),
        (token("expired"), "expired"),
        (token(expires_on="2020-01-01T00:00:00Z"), "expired on 2020-01-01"),
        (token(not_before="2999-01-01T00:00:00Z"), "not valid before 2999"),
    ],
)
async def test_a_token_that_is_known_and_not_valid_is_77(
    workers_ai: WorkersAIStub, answer: Fault, word: str
) -> None:
    """The reason is named, and the remedy is a new token."""
    workers_ai.routes[ACCOUNT_VERIFY] = answer

    check = (await checks_of(workers_ai))["token"]

    assert check.exit_code is ExitCode.ACCESS_DENIED
    assert word in check.found
    assert "CLOUDFLARE_API_TOKEN" in check.remedy


async def test_a_token_that_expires_within_days_is_a_warning(
    workers_ai: WorkersAIStub,
) -> None:
    """Nightly runs should not be what finds it out."""
    soon = datetime.now(UTC) + timedelta(days=3)
    workers_ai.routes[ACCOUNT_VERIFY] = token(expires_on=soon.isoformat())

    check = (await checks_of(workers_ai))["token"]

    assert check.status is Health.WARN
    assert check.remedy


async def test_a_token_without_the_permission_is_valid_and_still_77(
    workers_ai: WorkersAIStub,
) -> None:
    """The difference is what to do: not a new token, but one more permission."""
    workers_ai.routes[CATALOGUE] = faults.token_refused(403)

    found = await checks_of(workers_ai)

    assert found["token"].status is Health.OK
    assert found["host"].exit_code is ExitCode.ACCESS_DENIED
    assert "permission" in found["host"].remedy


async def test_a_wrong_account_id_is_78(workers_ai: WorkersAIStub) -> None:
    """The user knows the token; the account is none."""
    workers_ai.routes |= {ACCOUNT_VERIFY: NO_ROUTE, CATALOGUE: NO_ROUTE}

    found = await checks_of(workers_ai)

    assert found["token"].status is Health.OK
    assert found["host"].exit_code is ExitCode.SETTINGS
    assert "CLOUDFLARE_ACCOUNT_ID" in found["host"].remedy


async def test_a_host_without_a_catalogue_is_a_warning(
    workers_ai: WorkersAIStub,
) -> None:
    """Other servers behind CLOUDFLARE_API_BASE_URL may have none, and work."""
    workers_ai.routes[CATALOGUE] = NO_ROUTE

    assert (await checks_of(workers_ai))["host"].status is Health.WARN


async def test_a_host_that_is_down_is_69(workers_ai: WorkersAIStub) -> None:
    """Both questions were in vain: so would a run be."""
    down = faults.html(502)
    workers_ai.routes |= {ACCOUNT_VERIFY: down, USER_VERIFY: down, CATALOGUE: down}

    found = await checks_of(workers_ai)

    assert found["token"].exit_code is ExitCode.UNREACHABLE


async def test_a_catalogue_that_is_down_alone_is_a_warning(
    workers_ai: WorkersAIStub,
) -> None:
    """Models may answer all the same."""
    workers_ai.routes[CATALOGUE] = faults.html(502)

    assert (await checks_of(workers_ai))["host"].status is Health.WARN


async def test_a_host_that_never_answers_is_not_waited_for(
    workers_ai: WorkersAIStub,
) -> None:
    """Doctor is to answer within seconds, whatever it asks."""
    silent = faults.silent()
    workers_ai.routes |= {ACCOUNT_VERIFY: silent, CATALOGUE: silent}

    found = await checks_of(workers_ai, patience_s=0.1)

    assert found["token"].exit_code is ExitCode.UNREACHABLE
    assert "0.1 s" in found["token"].found


async def test_the_whole_catalogue_is_read_however_short_its_pages(
    workers_ai: WorkersAIStub,
) -> None:
    """The end is a page that holds nothing new, not one that is not full."""
    async with connected(workers_ai) as api:
        assert set(await read_catalogue(api)) == set(ALL)


@pytest.mark.parametrize(
    ("minutes", "status"),
    [(0, Health.OK), (0.9, Health.OK), (20, Health.WARN), (-20, Health.WARN)],
)
async def test_a_clock_that_is_off_is_a_warning(minutes: float, status: Health) -> None:
    """R2 refuses signatures that are 15 minutes off."""
    said = datetime(2026, 11, 22, 12, tzinfo=UTC)
    answer = ApiAnswer({}, {"date": "Sun, 22 Nov 2026 12:00:00 GMT"})

    (check,) = check_clock(answer, said + timedelta(minutes=minutes))

    assert check.status is status
    assert check.family is Family.MACHINE


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
async def test_a_host_without_a_date_says_nothing_about_the_clock(
    headers: dict[str, str],
) -> None:
    """Then there is nothing to compare with."""
    answer = replace(ApiAnswer({}, {}), headers=headers)

    assert check_clock(answer, datetime(2026, 11, 22, tzinfo=UTC)) == []
