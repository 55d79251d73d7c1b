"""From the flags of `imgai classify` to a run, and from its report to an exit code."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import typer

from imgai.commands.classify_flags import Flags, options_of, settings_of
from imgai.commands.classify_run import ClassifyOptions, ClassifyRun
from imgai.commands.leaving import run_without_waiting
from imgai.commands.places import (
    Places,
    list_buckets,
    only_these,
    open_images,
    open_places,
)
from imgai.domain.estimate import Estimate
from imgai.domain.events import Event, Warned, WorkBegan
from imgai.domain.predictions import Backend
from imgai.errors import DatabaseBusy, ExitCode
from imgai.limits.stop import Stop
from imgai.models.neurons import DOLLARS_PER_NEURON
from imgai.prepare.memory import reuse_memory
from imgai.present.classify import Detail, Manner, presenter_for
from imgai.present.console import Output, is_terminal, standard_output
from imgai.present.plan import estimate_line, show_plan
from imgai.present.receipt import NOTHING_TO_RETRY
from imgai.present.text import safe
from imgai.settings.load import warn_about_dotenv
from imgai.settings.values import Settings
from imgai.sources.selection import Selection
from imgai.store.connection import reading
from imgai.store.failures import failed_uris
from imgai.store.lock import hold_database

_ASKED_ABOVE_DOLLARS = 1.0
_LOOK_AGAIN_S = 1.0  # while another classify holds the database


def classify_sources(flags: Flags) -> ExitCode:
    """Classify what the flags name, and return what the command exits with.

    Raises:
        ImgaiError: the run could not begin. What stopped it later has been told.
    """
    settings = settings_of(flags)
    output = standard_output()
    if not settings.is_enabled:
        output.say("imgai: ENABLE_AI_CLASSIFICATION is false: nothing was classified.")
        return ExitCode.OK
    options = options_of(flags, settings)
    if flags.sources == ("r2://",):
        for name in asyncio.run(list_buckets(settings)):
            output.result(name)
        return ExitCode.OK
    reuse_memory()
    return run_without_waiting(_classify(flags, options, settings, output))


async def _classify(
    flags: Flags, options: ClassifyOptions, settings: Settings, output: Output
) -> ExitCode:
    stop = Stop()
    async with _open_places(flags, options.selection, settings, stop) as places:
        if flags.dry_run:
            from imgai.commands.classify_plan import plan_run  # noqa: PLC0415

            plan = await plan_run(
                places.sources, (), options, settings, reads_files=True
            )
            show_plan(plan, output, DOLLARS_PER_NEURON, as_json=flags.as_json)
            if flags.retry_failed and not plan.survey.seen and not flags.quiet:
                output.say(NOTHING_TO_RETRY)
            return ExitCode.OK
        presenter = presenter_for(
            output, _manner(flags), DOLLARS_PER_NEURON, when_unheard=stop.ask
        )

        plans: list[Estimate] = []

        async def look_ahead() -> Estimate:
            if not plans:
                # Loaded when there is work, or somebody at a terminal.
                from imgai.commands.classify_plan import plan_run  # noqa: PLC0415

                plans.append(
                    await plan_run(
                        places.countable,
                        places.uncounted,
                        options,
                        settings,
                        reads_files=False,
                    )
                )
            return plans[0]

        async with _held(settings.database, flags, output):
            # A question comes before anything is drawn or begun. Where none can, the
            # plan is made for the first picture that wants work: an unchanged library
            # is walked once.
            is_watched = is_terminal(output.err)
            may_ask = is_watched and _may_be_asked(options.backend, flags)
            if may_ask and not _is_agreed(await look_ahead()):
                return ExitCode.OK
            # Without a terminal or a price nobody would read the plan.
            has_reader = is_watched or options.backend is Backend.WORKERS_AI
            run = ClassifyRun(
                places.sources,
                options,
                settings,
                _warning_of_dotenv(presenter.take),
                stop,
                look_ahead if has_reader else None,
            )
            with presenter:
                report = await run.run()
                presenter.finish(report)
    return report.exit_code


def _warning_of_dotenv(tell: Callable[[Event], None]) -> Callable[[Event], None]:
    """Tell of secrets that others can read; a run with nothing to do stays quiet."""

    def warn_and_tell(event: Event) -> None:
        if isinstance(event, WorkBegan) and (exposed := warn_about_dotenv(Path())):
            tell(Warned(exposed))
        tell(event)

    return warn_and_tell


@asynccontextmanager
async def _open_places(
    flags: Flags, selection: Selection, settings: Settings, stop: Stop
) -> AsyncIterator[Places]:
    """Open what is classified: the sources, or what of them failed before."""
    if not flags.sources and not flags.retry_failed:
        raise typer.BadParameter("a SOURCE is missing: a folder, r2://bucket, or -")
    failed: list[str] = []
    if flags.retry_failed:
        with reading(settings.database) as connection:
            failed = failed_uris(connection)
    if not flags.sources:
        async with open_images(failed, selection, settings, stop) as places:
            yield places
        return
    async with open_places(flags.sources, selection, settings, stop) as places:
        yield only_these(places, failed) if flags.retry_failed else places


def _may_be_asked(backend: Backend, flags: Flags) -> bool:
    """Return whether the run may cost something, and there is somebody to ask."""
    return backend is Backend.WORKERS_AI and not flags.yes and is_terminal(sys.stdin)


def _is_agreed(plan: Estimate) -> bool:
    """Ask the person at the terminal before a run that may cost more than a dollar."""
    dollars = (plan.neurons or 0.0) * DOLLARS_PER_NEURON
    is_cheap = plan.neurons is not None and dollars <= _ASKED_ABOVE_DOLLARS
    if not plan.survey.new or is_cheap:
        return True
    # asyncio holds Ctrl-C back while it runs; a question must end at once.
    held = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        question = estimate_line(plan, DOLLARS_PER_NEURON) + " Go on?"
        return typer.confirm(question, err=True)
    finally:
        signal.signal(signal.SIGINT, held)


@asynccontextmanager
async def _held(database: Path, flags: Flags, output: Output) -> AsyncIterator[None]:
    """Hold the database's lock; wait for it if the user said so."""
    with ExitStack() as stack:
        is_told = flags.quiet
        while True:
            try:
                stack.enter_context(hold_database(database))
            except DatabaseBusy as error:
                if not flags.wait:
                    raise
                if not is_told:
                    output.say(f"imgai: {safe(str(error))} Waiting for it.")
                    is_told = True
                await asyncio.sleep(_LOOK_AGAIN_S)
            else:
                break
        yield


def _manner(flags: Flags) -> Manner:
    detail = Detail.EVERY_IMAGE if flags.verbose else Detail.NORMAL
    return Manner(
        Detail.ERRORS if flags.quiet else detail,
        as_json=flags.as_json,
        tells_known=flags.show_all,
    )
