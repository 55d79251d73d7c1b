"""Makes the program's own processes misbehave, by a module that Python loads first.

Python imports `sitecustomize` before anything else, and a folder in PYTHONPATH reaches
the program and every process it starts. What goes wrong there goes wrong for real: in
another process, at a place that no test could reach from outside.
"""

import os
from pathlib import Path

from tests.commands.running import PROJECT

# Appended to a TIFF, they tell the decoder's child what to do.
DIE, EAT, HANG = b"<please die>", b"<please eat>", b"<please hang>"

_DECODER = f"""
import sys

if "imgai.prepare.child" in sys.orig_argv:
    import os
    import re
    import signal

    from imgai.prepare import copy

    make_copy = copy.make_copy

    def misbehave(content, *others):
        if content.endswith({DIE!r}):
            os.kill(os.getpid(), signal.SIGSEGV)
        if content.endswith({EAT!r}):
            hoard = []
            while True:  # more at once than it may have: refused before it is filled
                hoard.append(bytearray(1_000_000_000))
        if content.endswith({HANG!r}):
            re.match("(a+)+$", "a" * 60 + "b")  # in C, and never lets go
        return make_copy(content, *others)

    copy.make_copy = misbehave
"""

_RAISING = """
import importlib.util
import sys

MODULE, PATH = {module!r}, {path!r}


class Forced(Exception):
    pass


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != MODULE:
            return None
        sys.meta_path.remove(Finder)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            *owners, last = PATH.split(".")
            owner = module
            for part in owners:
                owner = getattr(owner, part)

            def fail(*arguments, **named):
                raise Forced(f"forced with {{arguments!r}} {{named!r}}")

            setattr(owner, last, fail)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Finder)
"""


def misbehaving_decoder(folder: Path) -> dict[str, str]:
    """Return the environment in which the decoder's child obeys `DIE` and the like."""
    return _environment(folder, _DECODER)


def raising(folder: Path, module: str, path: str) -> dict[str, str]:
    """Return the environment in which a function raises what nobody expects.

    Args:
        folder: to put the means into.
        module: where the function is: "imgai.store.writer".
        path: its place there: "Writer.write".
    """
    return _environment(folder, _RAISING.format(module=module, path=path))


def _environment(folder: Path, code: str) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(code, encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(folder), str(PROJECT)])}
