"""`imgai status`: how the database stands."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from imgai.commands.options import (
    OUTPUT,
    AsJson,
    Database,
    Quiet,
    Verbose,
    settings_with,
)

if TYPE_CHECKING:
    import sqlite3

    from imgai.domain.predictions import Backend, Task
    from imgai.settings.values import Settings

Failed = Annotated[
    bool,
    typer.Option(
        "--failed",
        help="List the images that failed, with their reasons, and nothing else.",
        rich_help_panel=OUTPUT,
    ),
]


def status(
    failed: Failed = False,
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,  # noqa: ARG001  every command takes it
    verbose: Verbose = False,  # noqa: ARG001  every command takes it
) -> None:
    """Show what is known, missing, failed or gone, and what it has cost.

    Missing is what the settings ask for and the backend in use has not answered.

    Example: imgai status

    Exit codes: 0 shown; 74 there is no database, or it cannot be read; 78 a setting
    is wrong.
    """
    # Heavy imports belong here: `--help` is to be instant.
    from imgai.models.neurons import (  # noqa: PLC0415
        DOLLARS_PER_NEURON,
        FREE_NEURONS_A_DAY,
    )
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.status import show_failures, show_status  # noqa: PLC0415
    from imgai.store.holding import reading_one_moment  # noqa: PLC0415
    from imgai.store.records import read_failed  # noqa: PLC0415
    from imgai.store.reports import read_status  # noqa: PLC0415

    settings, output = settings_with(db), standard_output()
    with reading_one_moment(settings.database) as connection:
        if failed:
            show_failures(read_failed(connection), output, as_json=as_json)
            return
        found = read_status(
            connection,
            settings.database,
            _wanted(settings),
            _backend(connection, settings),
            datetime.now(UTC),
        )
    show_status(found, output, DOLLARS_PER_NEURON, FREE_NEURONS_A_DAY, as_json=as_json)


def _wanted(settings: "Settings") -> "list[Task]":
    from imgai.domain.predictions import Task  # noqa: PLC0415

    wants: Mapping[Task, bool] = {
        Task.LABELS: True,
        Task.CAPTION: settings.wants_captions,
        Task.EMBEDDING: settings.wants_embeddings,
        Task.NSFW: settings.wants_nsfw,
    }
    return [task for task in Task if wants[task]]


def _backend(connection: "sqlite3.Connection", settings: "Settings") -> "Backend":
    """Return the backend whose answers count: a run would use it, or ask for it."""
    from imgai.domain.predictions import Backend  # noqa: PLC0415
    from imgai.store.predictions import holds_backend  # noqa: PLC0415

    if settings.cloudflare.is_complete:
        return Backend.WORKERS_AI
    if holds_backend(connection, Backend.WORKERS_AI):
        return Backend.WORKERS_AI
    return Backend.LOCAL
