"""`imgai search cat -dog`: a word with a minus is a word, and no cluster of flags.

What could be meant as an option stays one, so that a slip of the finger is refused
and not searched for: `--lable`, `-x`, and `-json` with one dash too few. Where a word
looks like that, it goes into quotes with the others: 'cat -json'.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from typer.core import TyperCommand

_REST = "--"  # what follows is no option, whatever it looks like
_SHORTEST = 3  # characters: a minus and two letters


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a command, as they are typed."""

    flags: frozenset[str]  # "-q", "--quiet"
    valued: frozenset[str]  # "-n", "--limit": the next argument is their value

    def is_word(self, argument: str) -> bool:
        """Return whether an argument is no option, nor one that is misspelt."""
        if not argument.startswith("-") or argument == "-":
            return True
        if argument.startswith(_REST) or len(argument) < _SHORTEST:
            return False
        return f"-{argument}" not in self.flags | self.valued and not self._is_cluster(
            argument
        )

    def _is_cluster(self, argument: str) -> bool:
        """Return whether this is short options in one: -qv, -n5, -qn5; or -qx."""
        letters = argument[1:]
        flags = "".join(one[1] for one in self.flags if not one.startswith(_REST))
        rest = letters.lstrip(flags)
        takes_value = f"-{rest[:1]}" in self.valued
        # A letter more or less is rather a slip than a word.
        if len(rest) <= 1:
            return rest != letters or takes_value
        return takes_value and (len(letters) < _SHORTEST or not rest[1:].isalpha())

    def words_last(self, arguments: Sequence[str]) -> list[str]:
        """Return the arguments, the words behind all options and their values."""
        options: list[str] = []
        words: list[str] = []
        left = iter(arguments)
        for argument in left:
            if argument == _REST:
                words += left
            elif self.is_word(argument):
                words.append(argument)
            else:
                options.append(argument)
                if argument in self.valued:
                    value = next(left, None)
                    if value is None:  # it lacks: the parser says so
                        return list(arguments)
                    options.append(value)
        return [*options, _REST, *words] if words else options


class QueryCommand(TyperCommand):
    """A command whose argument is a query."""

    # Any, since typer does not tell the world the classes of its parser.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line, words with a minus among it."""
        flags: set[str] = set()
        valued: set[str] = set()
        for parameter in self.get_params(ctx):
            names = {*parameter.opts, *parameter.secondary_opts}
            names = {name for name in names if name.startswith("-")}
            is_flag = bool(getattr(parameter, "is_flag", False))
            (flags if is_flag else valued).update(names)
        options = Options(frozenset(flags), frozenset(valued))
        return super().parse_args(ctx, options.words_last(args))
