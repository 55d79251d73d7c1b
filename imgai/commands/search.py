"""`imgai search`: find pictures by words, by meaning, by filters, by example."""

from typing import TYPE_CHECKING, Annotated

import typer

from imgai.commands.completing import complete_colour, complete_label, complete_query
from imgai.commands.minus_words import QueryCommand
from imgai.commands.options import (
    OUTPUT,
    AsJson,
    Database,
    Preview,
    Quiet,
    Verbose,
    host,
    number,
    settings_with,
)
from imgai.domain.matches import SearchMode

if TYPE_CHECKING:
    from imgai.present.search import MatchForm

COMMAND_CLASS = QueryCommand  # by which the words of a query are told from options

FINDING = "Finding"
ONLY = "Only pictures"
EXAMPLES = "By example"

Likes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[WEIGHT:]IMAGE",
        help="Similar to it, as with 0.5:pool.jpg; words weigh 1.",
        rich_help_panel=EXAMPLES,
        show_default=False,
    ),
]
Unlikes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[WEIGHT:]IMAGE",
        help="Unlike it.",
        rich_help_panel=EXAMPLES,
        show_default=False,
    ),
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        metavar="LABEL",
        help="With this label; several: with all.",
        rich_help_panel=ONLY,
        autocompletion=complete_label,
        show_default=False,
    ),
]
Colours = Annotated[
    list[str] | None,
    typer.Option(
        "--colour",
        "--color",
        metavar="COLOUR",
        help="A name or #rrggbb; 'teal>20%' by share.",
        rich_help_panel=ONLY,
        autocompletion=complete_colour,
        show_default=False,
    ),
]
After = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help="Taken then or later: 2024, 2024-05, 2024-05-31.",
        rich_help_panel=ONLY,
    ),
]
Before = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Taken earlier.", rich_help_panel=ONLY),
]
Under = Annotated[
    list[str] | None,
    typer.Option(
        "--under",
        metavar="FOLDER",
        help="In this folder: a path, a URI, or the name of one.",
        rich_help_panel=ONLY,
        show_default=False,
    ),
]
OnBackend = Annotated[
    str,
    typer.Option(
        "--backend",
        metavar="local|workers-ai",
        callback=host,
        help="What looks at an image that the database does not know.",
        rich_help_panel=EXAMPLES,
    ),
]


def search(
    query: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUERY...",
            help="Any words, and filters among them: `imgai help query`.",
            autocompletion=complete_query,
            show_default=False,
        ),
    ] = None,
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
            callback=number,
            help="Leave out what is less alike in meaning; a word's match is kept."
            " By default what the model was measured to need; -1 shows all.",
            rich_help_panel=FINDING,
            show_default=False,
        ),
    ] = None,
    label: Labels = None,
    colour: Colours = None,
    after: After = None,
    before: Before = None,
    under: Under = None,
    like: Likes = None,
    unlike: Unlikes = None,
    backend: OnBackend = "local",
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
    preview: Preview = False,
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Find pictures by the words of their labels and captions, and by meaning.

    Any text is a query. Both rankings are fused; --explain shows each. Filters are
    applied before ranking. The ranking of words that very many pictures have is
    approximate. An image given as an example may be any file; it is not stored.

    Example: imgai search 'ginger cat -dog colour:orange>20% after:2024-05'

    Exit codes: 0 also when nothing is found; 2 wrong flags, or a malformed filter; 65
    an example cannot be read; 66 it is not there; 69, 77 Workers AI cannot be asked
    about it; 74 the database cannot be read; 78 a setting is wrong.
    """
    # What a search that has been asked before does not need is not loaded: it is to
    # answer within 0.1 s, the start of Python included.
    from imgai.commands.searching import Asked, find_matches  # noqa: PLC0415
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.search import show_found  # noqa: PLC0415

    asked = Asked(
        query=" ".join(query or []),
        mode=mode,
        limit=limit,
        min_similarity=min_similarity,
        options=(
            *(("--label", one) for one in label or []),
            *(("--colour", one) for one in colour or []),
            *(("--after", one) for one in [after] if one is not None),
            *(("--before", one) for one in [before] if one is not None),
            *(("--under", one) for one in under or []),
        ),
        examples=(
            *((1.0, one) for one in like or []),
            *((-1.0, one) for one in unlike or []),
        ),
        backend=backend,
    )
    if not (query or asked.options or asked.examples):
        raise typer.BadParameter(
            "say what to look for: words, a filter, or --like IMAGE"
        )
    settings = settings_with(db)
    found = find_matches(asked, settings)
    form = _form(paths=paths, as_json=as_json, explains=explain or verbose)
    show_found(found, standard_output(), form, is_quiet=quiet)
    if preview and not (paths or as_json):
        from imgai.commands.previews import show_previews  # noqa: PLC0415

        images = [(one.uri, one.picture_hash) for one in found.matches]
        show_previews(images, settings.database, is_quiet=quiet)


def _form(*, paths: bool, as_json: bool, explains: bool) -> "MatchForm":
    from imgai.present.search import MatchForm  # noqa: PLC0415

    if as_json:
        return MatchForm.JSON
    if paths:
        return MatchForm.PATHS
    return MatchForm.EXPLAINED if explains else MatchForm.TABLE
