"""From SOURCE arguments to sources that can be listed and read."""

import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from imgai.errors import SourceNotFound
from imgai.settings.values import Settings
from imgai.sources.base import Source
from imgai.sources.local import LocalFiles, open_path, paths_listed
from imgai.sources.location import (
    AllBuckets,
    BucketLocation,
    FileLocation,
    ListOnStdin,
    parse_location,
    uri_to_path,
)
from imgai.sources.selection import Selection, Shard


def parse_selection(
    include: Sequence[str], exclude: Sequence[str], shard: str | None
) -> Selection:
    """Return what of the sources is wanted.

    Raises:
        BadParameter: a glob or the shard is malformed.
    """
    try:
        return Selection(
            tuple(include), tuple(exclude), Shard.parse(shard) if shard else None
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def open_sources(
    arguments: Sequence[str], selection: Selection, settings: Settings
) -> list[Source]:
    """Return the sources that the command line names, in its order.

    Raises:
        SourceNotFound: one of them is not there.
        SourceUnreadable: it is there, and cannot be looked at.
        SettingsError: a bucket is named and its keys are not set.
    """
    cwd = Path.cwd()
    sources: list[Source] = []
    for argument in arguments:
        match parse_location(argument, cwd):
            case FileLocation(path=path):
                sources.append(open_path(path, selection))
            case ListOnStdin():
                sources.append(_list_on_stdin(cwd, selection))
            case BucketLocation() | AllBuckets():
                del settings
                raise SourceNotFound("Buckets cannot be read yet.")
    return sources


def _list_on_stdin(cwd: Path, selection: Selection) -> Source:
    stdin = sys.stdin
    if stdin is None:
        raise SourceNotFound("The list was to come on stdin, which is closed.")
    return LocalFiles(paths_listed(stdin.buffer, cwd), selection)


def sources_of_uris(uris: Sequence[str], selection: Selection) -> list[Source]:
    """Return sources that list just these images, wherever they are."""
    paths = [Path(uri_to_path(uri)) for uri in uris if uri.startswith("file:")]
    return [LocalFiles(paths, selection)] if paths else []
