"""`imgai search`: find pictures by words, by meaning, or both."""

from typing import Annotated

import typer

from imgai.commands.options import (
    OUTPUT,
    AsJson,
    Database,
    Quiet,
    Verbose,
    settings_with,
)
from imgai.domain.matches import SearchMode

FINDING = "Finding"


def search(
    query: Annotated[list[str], typer.Argument(metavar="QUERY...", help="Any words.")],
    mode: Annotated[
        SearchMode,
        typer.Option(
            help="By words (text), by meaning (semantic), or both.",
            rich_help_panel=FINDING,
        ),
    ] = SearchMode.HYBRID,
    limit: Annotated[
        int,
        typer.Option(
            "--limit",
            "-n",
            min=1,
            max=10_000,
            help="At most so many pictures.",
            rich_help_panel=FINDING,
        ),
    ] = 20,
    min_similarity: Annotated[
        float | None,
        typer.Option(
            min=-1.0,
            max=1.0,
            help="Leave out what is less alike in meaning; a word's match is kept.",
            rich_help_panel=FINDING,
        ),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Show what each match rests on: words, similarity, ranks.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    paths: Annotated[
        bool,
        typer.Option(
            "--paths", help="Only paths, one a line, for pipes.", rich_help_panel=OUTPUT
        ),
    ] = False,
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Find pictures by the words of their labels and captions, and by meaning.

    Any text is a valid query. Both rankings are fused; --explain shows each. The
    ranking of words that very many pictures have is approximate.

    Example: imgai search "ginger cat"

    Exit codes: 0 also when nothing is found; 2 wrong flags; 74 the database cannot be
    read; 78 a setting is wrong.
    """
    # What a search that has been asked before does not need is not loaded: it is to
    # answer within 0.1 s, the start of Python included.
    from imgai.commands.searching import find_matches  # noqa: PLC0415
    from imgai.domain.matches import Search  # noqa: PLC0415
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.search import MatchForm, show_found  # noqa: PLC0415

    form = MatchForm.EXPLAINED if explain or verbose else MatchForm.TABLE
    if paths:
        form = MatchForm.PATHS
    if as_json:
        form = MatchForm.JSON
    wanted = Search(" ".join(query), mode, limit, min_similarity)
    found = find_matches(wanted, settings_with(db))
    show_found(found, standard_output(), form, is_quiet=quiet)
