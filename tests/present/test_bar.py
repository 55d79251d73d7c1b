"""A run on a real terminal."""

import pytest

from imgai.domain.events import Warned
from imgai.domain.report import RunReport
from imgai.present.bar import BarProgress
from imgai.present.classify import Detail, Manner, presenter_for
from imgai.present.console import Output
from imgai.present.progress import NoProgress, ProgressLines
from tests.present.screens import in_memory, terminal
from tests.present.test_classify import BROKEN, CAT, KNOWN, PRICE


@pytest.fixture(autouse=True)
def _a_capable_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def test_the_bar_tells_pace_money_and_failures_and_leaves_the_receipt() -> None:
    """It is drawn on stderr, and gone when the receipt comes."""
    memory, told = in_memory()
    with terminal() as screen:
        presenter = presenter_for(Output(memory.out, screen.stream), Manner(), PRICE)
        report = RunReport(known=2, seen=4)
        with presenter:
            for event in (KNOWN, CAT, BROKEN, Warned("Careful.")):
                report.take(event)
                presenter.take(event)
            drawn = screen.read()
            presenter.finish(report)
        ended = screen.read()

    assert told.results == []
    assert "Warning: Careful." in drawn
    for part in ("4 images", "pictures/s", "12.5 neurons", "1 failure"):
        assert part in drawn + ended
    assert "1 image analysed" in ended
    assert "x.jpg" in ended


def test_a_known_end_shows_how_much_is_left() -> None:
    """Time left needs a total, which the listing alone can give."""
    memory, _ = in_memory()
    with terminal() as screen:
        presenter = presenter_for(Output(memory.out, screen.stream), Manner(), PRICE)
        with presenter:
            presenter.expect(10)
            presenter.take(CAT)
            presenter.finish(RunReport(analysed=1, seen=1))
        seen = screen.read()

    assert "1 of 10 images" in seen
    assert " left" in seen


def test_who_watches_gets_what_suits() -> None:
    """A bar where it can be drawn; none over lines on the same screen."""
    memory, _ = in_memory()
    with terminal() as screen:
        both = Output(screen.stream, screen.stream)
        piped = Output(memory.out, screen.stream)
        chosen = [
            type(presenter_for(output, manner, PRICE).progress)
            for output, manner in (
                (both, Manner()),
                (piped, Manner(as_json=True)),
                (both, Manner(as_json=True)),
                (both, Manner(Detail.ERRORS)),
                (memory, Manner()),
            )
        ]

    assert chosen == [BarProgress, BarProgress, NoProgress, NoProgress, ProgressLines]


def test_a_person_hears_that_nothing_was_new() -> None:
    """Silence is for cron; at a terminal it would look like a fault."""
    memory, _ = in_memory()
    with terminal() as screen:
        presenter = presenter_for(Output(memory.out, screen.stream), Manner(), PRICE)
        with presenter:
            presenter.finish(RunReport(seen=2, known=2))
        assert "0 images analysed, 2 known" in screen.read()
