"""A run on a real terminal."""

import errno
import io
import os
import re

import pytest
from rich.console import Console

from imgai.domain.events import Warned
from imgai.domain.report import RunReport
from imgai.present.bar import BarProgress
from imgai.present.classify import Detail, Manner, presenter_for
from imgai.present.console import Output
from imgai.present.progress import NoProgress, ProgressLines, Tally
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


# What a run shows on terminals of so many columns: nothing in it is cut.
SHOWN = {
    120: "81 of 1,504 images · 2.7 pictures/s · 8 min 47 s left"
    " · 3,450 neurons, $0.04 · 2 failures",
    80: "81 of 1,504 images · 8 min 47 s left · $0.04 · 2 failures",
    60: "81 of 1,504 images · 8 min 47 s left · $0.04 · 2 failures",
    45: "5% · 8 min 47 s left · $0.04 · 2 failures",
    40: "5% · 8 min 47 s left · 2 failures",
    30: "5% · 2 failures",
    10: "5%",
}


@pytest.mark.parametrize("columns", SHOWN)
def test_a_narrow_terminal_is_told_less_and_never_half_of_a_word(columns: int) -> None:
    """Share, failures, and time left or money are the last to go."""
    tally = Tally(PRICE, lambda: 30.0, 0.0, neurons=3_450.0, expected=1_504)
    tally.counts.analysed, tally.counts.failed = 79, 2
    screen = io.StringIO()
    console = Console(file=screen, width=columns, force_terminal=True)

    with BarProgress(tally, console):
        pass

    shown = re.findall(
        r"[^\x1b\r\n]+", re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", screen.getvalue())
    )
    for line in shown:
        assert len(line.rstrip()) + len("^C") <= columns
        assert line.strip(" ━╸╺") == SHOWN[columns]
    assert shown
    assert any("━" in line for line in shown) == (columns >= 80)


def test_without_an_end_in_sight_the_count_is_the_last_to_go() -> None:
    """There is no share of what nobody has counted."""
    tally = Tally(PRICE, lambda: 30.0, 0.0, neurons=3_450.0)
    tally.counts.analysed = 81

    assert tally.sentences()[-1] == "81 images"


def test_what_is_said_is_folded_between_words() -> None:
    """An indented line stays indented; a path without spaces stays in one piece."""
    screen = io.StringIO()
    console = Console(file=screen, width=20, force_terminal=True)
    bar = BarProgress(Tally(PRICE, lambda: 0.0, 0.0), console)

    bar.say("  /photos/x.jpg: corrupt: no pixels")

    assert screen.getvalue().splitlines() == [
        "  /photos/x.jpg:",
        "  corrupt: no pixels",
    ]


class _Terminal(io.StringIO):
    """A terminal whose window may be closed."""

    is_closed_by_user = False

    def write(self, text: str) -> int:
        """Write, as long as there is a window."""
        if self.is_closed_by_user:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().write(text)


def test_a_terminal_that_is_closed_ends_no_run() -> None:
    """Started with nohup, it goes on; that nobody sees the bar is no bug of ours."""
    screen = _Terminal()
    console = Console(file=screen, width=80, force_terminal=True)
    bar = BarProgress(Tally(PRICE, lambda: 0.0, 0.0), console)

    with bar:
        screen.is_closed_by_user = True
        bar.say("A warning that nobody hears.")
    bar.say("A receipt that nobody sees.")

    assert "nobody" not in screen.getvalue()


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
