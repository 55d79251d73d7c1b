"""Walks a folder: every file below it once, in a stable order, whatever lies there."""

import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from imgai.domain.images import PassedOver, SourceImage
from imgai.errors import Reason
from imgai.sources.base import Listed
from imgai.sources.location import folder_uri, quote_name
from imgai.sources.names import is_hidden_name
from imgai.sources.opening import (
    CAN_OPEN_FOLDERS,
    mtime_ns_of,
    open_folder,
    reason_for,
)
from imgai.sources.selection import EVERYTHING, Selection, reason_to_pass_over

_Status = Callable[[str], os.stat_result]  # of a name in a folder, links followed


class _Ancestor(NamedTuple):
    """One of the folders that a folder lies in, as the file system knows it."""

    device: int
    inode: int
    above: "_Ancestor | None"


class _Folder(NamedTuple):
    path: str  # as the file system takes it
    uri: str  # ends with a slash
    below: str  # its path below the source: "", or ending with a slash
    lies_in: _Ancestor | None = None  # None: it is the source itself


class _OpenFolder(NamedTuple):
    entries: Iterator["os.DirEntry[str]"]
    identity: os.stat_result
    status_of: _Status


class FolderWalk:
    """One walk through a folder and all below it.

    Files come sorted by name, folder by folder, a folder's own before those of its
    subfolders. A link to a file is listed under the link's own name, and what it
    points to is read; links to folders are passed over, so no links make a loop, and
    a folder that is mounted inside itself is entered once. Hidden folders are
    reported, not entered. What cannot be read is reported, and the walk goes on.

    There is no recursion and one open folder at a time, so depth has no limit.
    Memory holds the names of one folder and of the folders still to come.

    Attributes:
        is_complete: whether nothing was left out so far.
    """

    def __init__(self, path: str, selection: Selection = EVERYTHING) -> None:
        self.is_complete = True
        self._root = _Folder(path, folder_uri(path), "")
        self._selection = selection
        self._is_selected = selection.path_test()

    def __iter__(self) -> Generator[Listed, None, None]:
        """Walk: each thing met is yielded once.

        Raises:
            OSError: the source itself cannot be opened.
        """
        waiting = [self._root]
        while waiting:
            folder = waiting.pop()
            subfolders: list[_Folder] = []
            try:
                with _opened(folder) as opened:
                    yield from self._list(folder, opened, subfolders)
            except OSError as error:
                if folder is self._root:
                    raise
                yield self._unreadable_folder(folder, error)
            waiting.extend(reversed(subfolders))

    def _list(
        self, folder: _Folder, opened: _OpenFolder, subfolders: list[_Folder]
    ) -> Iterator[Listed]:
        here = _Ancestor(opened.identity.st_dev, opened.identity.st_ino, folder.lies_in)
        if _is_loop(here):
            yield PassedOver(folder.uri, Reason.NOT_REGULAR)
            return
        names: list[str] = []
        folder_names: list[str] = []
        for entry in opened.entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            (folder_names if is_folder else names).append(entry.name)
        names.sort()
        yield from self._list_files(folder, names, opened.status_of)
        folder_names.sort()
        for name in folder_names:
            uri = f"{folder.uri}{quote_name(name)}/"
            if is_hidden_name(name):
                yield PassedOver(uri, Reason.HIDDEN)
                continue
            path = os.path.join(folder.path, name)  # noqa: PTH118  strings: see above
            subfolders.append(_Folder(path, uri, f"{folder.below}{name}/", here))

    def _list_files(
        self, folder: _Folder, names: Iterable[str], status_of: _Status
    ) -> Iterator[Listed]:
        # Looked up once, not for each of a million names.
        takes = None if self._selection.shard is None else self._selection.takes
        is_selected, is_regular = self._is_selected, stat.S_ISREG
        for name in names:
            uri = folder.uri + quote_name(name)
            if takes is not None and not takes(uri):
                self.is_complete = False
                continue
            why = reason_to_pass_over(name, folder.below + name, is_selected)
            if why is not None:
                yield PassedOver(uri, why)
                continue
            try:
                status = status_of(name)
            except OSError as error:
                yield self._unreadable_file(uri, error)
                continue
            if is_regular(status.st_mode):
                yield SourceImage(uri, status.st_size, mtime_ns_of(status), None)
            else:
                yield PassedOver(uri, Reason.NOT_REGULAR)

    def _unreadable_file(self, uri: str, error: OSError) -> PassedOver:
        reason = reason_for(error)
        if reason is Reason.UNREADABLE:
            self.is_complete = False
        return PassedOver(uri, reason)

    def _unreadable_folder(self, folder: _Folder, error: OSError) -> PassedOver:
        if self._selection.excludes_all_below(folder.below):
            return PassedOver(folder.uri, Reason.EXCLUDED)
        self.is_complete = False
        return PassedOver(folder.uri, reason_for(error))


def _is_loop(here: _Ancestor) -> bool:
    above = here.above
    while above is not None:
        if (above.device, above.inode) == (here.device, here.inode):
            return True
        above = above.above
    return False


@contextmanager
def _opened(folder: _Folder) -> Iterator[_OpenFolder]:
    if not CAN_OPEN_FOLDERS:
        with os.scandir(folder.path) as entries:
            identity = os.stat(folder.path)  # noqa: PTH116  strings: many pass here

            def status_of(name: str) -> os.stat_result:
                return os.stat(os.path.join(folder.path, name))  # noqa: PTH116, PTH118

            yield _OpenFolder(entries, identity, status_of)
            return
    # By descriptor a name is looked up in its folder alone: no path grows too long,
    # and none is walked again from the root for each of its files.
    here = open_folder(folder.path, follows_link=folder.lies_in is None)
    try:
        with os.scandir(here) as entries:
            yield _OpenFolder(
                entries, os.fstat(here), lambda name: os.stat(name, dir_fd=here)
            )
    finally:
        os.close(here)
