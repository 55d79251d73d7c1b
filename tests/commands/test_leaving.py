"""What an event loop tells of, and what it keeps to itself."""

import asyncio

import pytest

from imgai.commands.leaving import run_without_waiting


async def _go_wrong(error: Exception) -> str:
    def fail() -> None:
        raise error

    asyncio.get_running_loop().call_soon(fail)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return "done"


def test_an_answer_that_nobody_takes_after_ctrl_c_is_no_news(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The thread was let go of; a traceback would frighten for nothing."""
    done = run_without_waiting(_go_wrong(asyncio.InvalidStateError("invalid state")))

    assert (done, caplog.text) == ("done", "")


def test_any_other_error_in_a_callback_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is a bug that somebody should hear of."""
    done = run_without_waiting(_go_wrong(ValueError("a bug")))

    assert done == "done"
    assert "a bug" in caplog.text
