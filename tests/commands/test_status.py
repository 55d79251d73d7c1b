"""`imgai status`, as a person runs it."""

from datetime import UTC, datetime

import pytest

from imgai.domain.images import SourceImage
from imgai.domain.journal import Call
from imgai.domain.predictions import Task
from imgai.domain.relevance import NO_FLOOR, Calibration
from imgai.errors import Reason
from imgai.store.calls import begin_call
from imgai.store.failures import Failure, add_failure
from imgai.store.floors import keep_calibration
from tests.commands.running import Imgai
from tests.store.library import AT, changing, make_library


@pytest.fixture(autouse=True)
def library(imgai: Imgai) -> None:
    """Give the program a database of three pictures, a failure and a lost call."""
    make_library(imgai.database)
    image = SourceImage("file:///photos/x%1B.jpg", 1, 1, None)
    reason = Reason.CORRUPT
    failure = Failure(image, reason, "no pixels", is_permanent=True, is_skip=False)
    call = Call("c", Task.LABELS, "m", datetime.now(UTC), (), 8.0)
    with changing(imgai.database) as connection:
        add_failure(connection, "run", failure, AT)
        begin_call(connection, "run", call)


def test_a_person_sees_how_the_library_stands(imgai: Imgai) -> None:
    """What there is, what is missing, failed or gone, what it cost, and where."""
    ran = imgai("status")

    assert (ran.exit_code, ran.err) == (0, "")
    for part in (
        str(imgai.database),
        "3 images of 2 pictures; 1 gone",
        "labels: 1 from local, 1 from workers-ai, 1 missing from workers-ai",
        "1 corrupt; imgai status --failed",
        "today (UTC) 8 neurons of 10,000 that are free",
        "1 call perhaps billed without an answer",
        "caption: @cf/google/gemma (workers-ai), 2 pictures",
        "compared each within itself",
    ):
        assert part in ran.out


def test_a_model_that_tells_too_little_apart_is_said_to(imgai: Imgai) -> None:
    """Its floor is none, and -1.00 would be no similarity to tell."""
    with changing(imgai.database) as connection:
        (space_id,) = connection.execute("SELECT max(id) FROM vector_space").fetchone()
        keep_calibration(connection, space_id, Calibration(NO_FLOOR, 0.01, 1.0), AT)

    told = imgai("status").out

    assert "tells too little apart, so every search finds the best\n" in told
    assert "-1.00" not in told


def test_a_program_gets_one_object(imgai: Imgai) -> None:
    """Counts as numbers, dollars at list price."""
    (held,) = imgai("status", "--json").lines

    assert held["database"] == str(imgai.database)
    assert (held["images"], held["pictures"], held["gone"]) == (3, 2, 1)
    assert held["tasks"]["labels"] == {"missing": 1, "local": 1, "workers-ai": 1}
    assert held["today"]["free_neurons"] == 10_000
    assert held["today"]["neurons"] == 8.0
    assert held["ever"]["dollars"] == pytest.approx(8 * 0.011 / 1000)
    assert held["failed"] == {"corrupt": 1}
    assert len(held["spaces"]) == 2


def test_settings_decide_what_is_missing(imgai: Imgai) -> None:
    """What nobody wants is not missing."""
    imgai.environment = {
        "ENABLE_AI_CAPTIONS": "false",
        "ENABLE_AI_NSFW_DETECTION": "true",
    }
    (held,) = imgai("status", "--json").lines

    assert list(held["tasks"]) == ["labels", "embedding", "nsfw"]
    assert held["tasks"]["nsfw"]["missing"] == 2


def test_failures_are_listed_on_request(imgai: Imgai) -> None:
    """The receipt names twenty; here are all, each with its reason."""
    ran = imgai("status", "--failed")
    (held,) = imgai("status", "--failed", "--json").lines

    assert ran.out.startswith(r"/photos/x\x1b.jpg: corrupt: no pixels (not tried")
    assert (held["uri"], held["reason"]) == ("file:///photos/x%1B.jpg", "corrupt")
