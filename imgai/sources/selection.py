"""Which of the things a source lists are to be classified, told by name alone."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from imgai.domain.shards import Shard
from imgai.errors import Reason
from imgai.sources.globs import compile_globs
from imgai.sources.names import NameKind, is_hidden_name, kind_of_name


@dataclass(frozen=True, slots=True)
class Selection:
    """What of a source is wanted: by glob, and by shard.

    A glob without a slash speaks of one name, a file's or a folder's, anywhere:
    ``*.png``, ``thumbs``. One with a slash speaks of the whole path below the
    source: ``raw/**``, ``**/thumbs/*``, ``/top.jpg``; ``*`` and ``?`` do not cross
    a slash, ``**`` does, and ``raw/`` means ``raw/**``. Case does not matter, since
    cameras write .JPG. What both include and exclude name is excluded.
    """

    include: tuple[str, ...] = ()  # empty: everything
    exclude: tuple[str, ...] = ()
    shard: Shard | None = None

    def __post_init__(self) -> None:
        for glob in (*self.include, *self.exclude):
            compile_globs([glob])  # raises ValueError, here and not in the middle

    def path_test(self) -> Callable[[str], bool] | None:
        """Return a test of paths below the source; None if every path passes."""
        if not (self.include or self.exclude):
            return None
        included = compile_globs(self.include or ("*",)).fullmatch
        excluded = compile_globs(self.exclude).fullmatch
        return lambda path: bool(included(path)) and not excluded(path)

    def excludes_all_below(self, folder: str) -> bool:
        """Return whether nothing in a folder can be wanted, at whatever depth.

        Args:
            folder: its path below the source, ending with a slash.
        """
        # Stands for any name in any subfolder: no glob names it but by a wildcard.
        return bool(compile_globs(self.exclude).fullmatch(f"{folder}\0/\0"))

    def wants_of(self, source_uri: str) -> Callable[[str], bool]:
        """Return a test of URIs: whether a listing of the source would ask for one.

        What it would pass over as excluded was not looked for, so it is not missed.

        Args:
            source_uri: what all its URIs begin with; globs see what comes behind its
                last slash.
        """
        is_selected = self.path_test()
        if is_selected is None:
            return self.takes
        base = source_uri[: source_uri.rindex("/") + 1]

        def wants(uri: str) -> bool:
            path = unquote(uri.removeprefix(base), errors="surrogateescape")
            return self.takes(uri) and is_selected(path)

        return wants

    def takes(self, uri: str) -> bool:
        """Return whether its shard takes this URI."""
        return self.shard is None or self.shard.has(uri)


EVERYTHING = Selection()


def reason_to_pass_over(
    name: str, path: str, is_selected: Callable[[str], bool] | None
) -> Reason | None:
    """Return why a file is not to be read, told by its name; None if it is to be.

    Args:
        name: the last part of its path.
        path: its path below the source, for `is_selected`.
        is_selected: see `Selection.path_test`.
    """
    if is_hidden_name(name):
        return Reason.HIDDEN
    match kind_of_name(name):
        case NameKind.CANDIDATE:  # first, since most are
            is_wanted = is_selected is None or is_selected(path)
            return None if is_wanted else Reason.EXCLUDED
        case NameKind.OTHER:
            return Reason.NOT_AN_IMAGE
        case NameKind.RAW:
            return Reason.CAMERA_RAW
