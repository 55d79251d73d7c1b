"""`imgai classify`: look at every picture of a source once."""

import typer

from imgai.commands.classify_options import (
    Backend,
    Budget,
    Captions,
    Cooldown,
    DryRun,
    Embeddings,
    Engine,
    Exclude,
    Force,
    Gateway,
    Include,
    Limit,
    MarkGone,
    MaxFailureRate,
    MaxLabels,
    MinScore,
    Nsfw,
    RayAddress,
    Reanalyze,
    RetryFailed,
    Shard,
    ShowAll,
    Sources,
    TimeLimit,
    Timeout,
    Wait,
    Width,
    Workers,
    Yes,
)
from imgai.commands.options import AsJson, Database, Quiet, Verbose


def classify(
    sources: Sources = None,
    include: Include = None,
    exclude: Exclude = None,
    limit: Limit = None,
    shard: Shard = None,
    retry_failed: RetryFailed = False,
    reanalyze: Reanalyze = False,
    force: Force = False,
    cooldown: Cooldown = None,
    mark_gone: MarkGone = False,
    backend: Backend = "auto",
    captions: Captions = None,
    embeddings: Embeddings = None,
    nsfw: Nsfw = None,
    width: Width = None,
    max_labels: MaxLabels = None,
    min_score: MinScore = None,
    timeout: Timeout = None,
    gateway: Gateway = None,
    budget: Budget = None,
    time_limit: TimeLimit = None,
    max_failure_rate: MaxFailureRate = None,
    workers: Workers = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = False,
    engine: Engine = "local",
    ray_address: RayAddress = None,
    db: Database = None,
    as_json: AsJson = False,
    show_all: ShowAll = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Look at every picture once: labels, a caption, colours and an embedding.

    Pictures that have their answers are not asked about again.

    Example: imgai classify ./photos

    Exit codes: 0 done, or nothing to do; 2 wrong flags; 3 some images failed; 66 no
    such source; 69 nothing can be reached; 74 database or listing broken; 75 stopped
    early, goes on next time; 77 token refused; 78 a setting is missing or wrong; 130,
    143 interrupted.
    """
    # The heavy imports are there: `--help` is to be instant.
    from imgai.commands.classify_flags import Flags  # noqa: PLC0415
    from imgai.commands.classify_setup import classify_sources  # noqa: PLC0415

    flags = Flags(
        sources=tuple(sources or ()),
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        limit=limit,
        shard=shard,
        retry_failed=retry_failed,
        reanalyze=reanalyze,
        force=force,
        cooldown=cooldown,
        mark_gone=mark_gone,
        backend=backend,
        captions=captions,
        embeddings=embeddings,
        nsfw=nsfw,
        width=width,
        max_labels=max_labels,
        min_score=min_score,
        timeout=timeout,
        gateway=gateway,
        budget=budget,
        time_limit=time_limit,
        max_failure_rate=max_failure_rate,
        workers=workers,
        wait=wait,
        yes=yes,
        dry_run=dry_run,
        engine=engine,
        ray_address=ray_address,
        db=db,
        as_json=as_json,
        show_all=show_all,
        quiet=quiet,
        verbose=verbose,
    )
    raise typer.Exit(classify_sources(flags))
