"""Streams that are closed, full, left by their reader, or of a small alphabet."""

import io
import os
import subprocess
import sys

import pytest

from imgai.errors import StoreError
from imgai.present.console import Output, can_write, is_terminal, rich_console
from tests.present.screens import in_memory, terminal


def run_python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run some Python that presents to its real streams."""
    return subprocess.run(
        ["/bin/sh", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHON": sys.executable, **variables},
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110  a device
def test_results_that_cannot_be_written_are_an_error_of_ours() -> None:
    """A full disk behind `> file` ends the command with 74, not a traceback."""
    stream = open("/dev/full", "w", encoding="utf-8")  # noqa: SIM115, PTH123
    try:
        with pytest.raises(StoreError, match="No space left"):
            Output(stream, io.StringIO()).result("a line")
    finally:
        with pytest.raises(OSError, match="No space left"):
            stream.close()


def test_words_that_nobody_can_hear_stop_nothing() -> None:
    """A closed stderr is no reason to lose a paid answer."""
    err = io.StringIO()
    err.close()

    Output(io.StringIO(), err).say("a word")

    assert not is_terminal(err)


def test_closed_streams_lead_nowhere() -> None:
    """Daemons start programs with no stdout at all."""
    code = (
        '"$PYTHON" -c "from imgai.present.console import standard_output as s;'
        " o = s(); o.result('x'); o.say('y')\" >&- 2>&-"
    )
    assert run_python(code).returncode == 0


def test_what_a_locale_cannot_write_is_escaped() -> None:
    """Under LANG=C a name in Greek is no reason to crash."""
    code = (
        '"$PYTHON" -c "from imgai.present.console import standard_output as s;'
        " s().result(chr(0x3b1) + 'x')\""
    )
    run = run_python(code, PYTHONIOENCODING="ascii")
    assert (run.returncode, run.stdout) == (0, "\\u03b1x\n")


def test_colours_are_for_terminals_and_for_those_who_want_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """NO_COLOR is honoured; a file or pipe gets none; dumb terminals none."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    output, _ = in_memory()
    with terminal() as screen:
        assert is_terminal(screen.stream)
        assert rich_console(screen.stream).color_system is not None
        assert rich_console(output.out).color_system is None
        monkeypatch.setenv("NO_COLOR", "1")
        assert rich_console(screen.stream).no_color
        monkeypatch.setenv("TERM", "dumb")
        assert not is_terminal(screen.stream)


def test_nobody_is_at_a_stream_that_was_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python has None for stdin then, and a run would ask there whether to go on."""
    monkeypatch.setattr(sys, "stdin", None)

    assert not is_terminal(sys.stdin)


def test_a_stream_says_which_signs_it_can_write() -> None:
    """A bar of question marks tells nothing."""
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")

    assert not can_write(ascii_only, "■")
    assert can_write(io.StringIO(), "■")
