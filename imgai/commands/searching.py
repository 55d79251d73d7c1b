"""A search, wired: its filters, the database, and the models it may have to ask."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imgai.domain.matches import Example, Found, Search, SearchMode
from imgai.search.find import find_known
from imgai.settings.values import Settings
from imgai.store.connection import reading

if TYPE_CHECKING:
    from imgai.domain.filters import Filter

# Without one of these a query holds no filter, and is not taken apart: 8 ms.
_FILTER_SIGNS = frozenset(':"-')


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    query: str = ""
    mode: SearchMode = SearchMode.HYBRID
    limit: int = 20
    min_similarity: float | None = None
    options: tuple[tuple[str, str], ...] = ()  # filters: ("--label", "cat")
    examples: tuple[tuple[float, str], ...] = ()  # (1 or -1, "0.5:pool.jpg")
    backend: str = "local"  # for examples that the database does not know


def find_matches(asked: Asked, settings: Settings) -> Found:
    """Find pictures; ask a model for the query's embedding only if it is new.

    Raises:
        QueryError: a filter is malformed.
        StoreError: the database is not there, not ours, or cannot be read.
        ImageError: an example cannot be read.
        ImgaiError: an example is not there, or what should look at it cannot be had.
    """
    text, filters = _taken_apart(asked)
    with reading(settings.database) as connection:
        examples: tuple[Example, ...] = ()
        if asked.examples:
            from imgai.commands.examples import find_examples  # noqa: PLC0415

            examples = find_examples(connection, asked, settings)
        search = Search(
            text, asked.mode, asked.limit, asked.min_similarity, filters, examples
        )
        found = find_known(connection, search)
        if found is not None:
            return found
        import asyncio  # noqa: PLC0415  30 ms

        from imgai.commands.asking import ask_and_find  # noqa: PLC0415

        return asyncio.run(ask_and_find(connection, search, settings))


def _taken_apart(asked: Asked) -> "tuple[str, tuple[Filter, ...]]":
    if not asked.options and not _FILTER_SIGNS & set(asked.query):
        return asked.query, ()
    from imgai.domain.filter_values import option_condition  # noqa: PLC0415
    from imgai.domain.filters import Filter  # noqa: PLC0415
    from imgai.domain.query_language import parse_query  # noqa: PLC0415
    from imgai.search.filters import located  # noqa: PLC0415

    query = parse_query(asked.query)
    options = tuple(Filter(option_condition(*one)) for one in asked.options)
    return query.text, located((*query.filters, *options), Path.cwd())
