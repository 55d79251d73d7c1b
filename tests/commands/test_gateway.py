"""Model calls through an AI Gateway."""

from pathlib import Path

from tests.commands.running import Imgai
from tests.stubs.workers_ai import WorkersAIStub


def test_every_call_goes_through_the_gateway_which_keeps_no_picture(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """The log of a gateway would hold the pictures, were it not told otherwise."""
    ran = hosted("classify", photos, "--gateway", "nightly")

    assert ran.exit_code == 0, ran.err
    assert workers_ai.calls
    for call in workers_ai.calls:
        assert call.headers["cf-aig-gateway-id"] == "nightly"
        assert call.headers["cf-aig-collect-log-payload"] == "false"


def test_the_gateway_may_keep_pictures_when_it_is_asked_for(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """A variable says so."""
    hosted(
        "classify",
        photos,
        CLOUDFLARE_AI_GATEWAY="nightly",
        CLOUDFLARE_AI_GATEWAY_KEEPS_IMAGES="true",
    )

    assert workers_ai.calls
    for call in workers_ai.calls:
        assert "cf-aig-collect-log-payload" not in call.headers
