"""What libraries log, made fit to be shown."""

import logging
from collections.abc import Callable, Sequence

from imgai.present.console import Output
from imgai.present.text import safe, starred


class SafeLog(logging.Handler):
    """Says warnings of libraries on stderr as safe lines, without secrets.

    Python would print them as they are: asyncio's, for one, quote exceptions, and
    those of an HTTP library quote the request.

    Args:
        output: where to say them.
        secrets: returns what may not be shown; asked when there is something to say.
    """

    def __init__(self, output: Output, secrets: Callable[[], Sequence[str]]) -> None:
        super().__init__(logging.WARNING)
        self._output = output
        self._secrets = secrets

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        for line in starred(self.format(record), self._secrets()).splitlines():
            self._output.say(safe(line))
