"""What a run says at the end, and the exit code that follows from it."""

from collections import Counter
from dataclasses import dataclass, field

from imgai.domain.events import (
    Event,
    ImageAnalysed,
    ImageFailed,
    ImagePassed,
    ImagesKnown,
    ImagesListed,
    RunStopping,
)
from imgai.domain.throughput import Throughput
from imgai.errors import ExitCode, ImgaiError, Reason

# Reasons that say: the host gave no answer that could be used.
_UNREACHABLE = frozenset({Reason.UNAVAILABLE, Reason.RATE_LIMITED, Reason.BAD_ANSWER})
# How many failed images are named at the end; all are in the database.
NAMED_FAILURES = 20


@dataclass(slots=True)
class Spent:
    """What the paid calls of a run came to."""

    calls: int = 0
    calls_answered: int = 0
    retries: int = 0
    neurons: float = 0.0
    neurons_estimated: float = 0.0  # of those, by the price table
    unpriced_calls: int = 0  # of a model without a price, and no word from the host
    perhaps_billed: int = 0


@dataclass(slots=True)
class RunReport:
    """The counts of a run. Alone decides the exit code.

    At the end `seen` is `known + analysed + skipped + failed + pending`.
    """

    seen: int = 0
    known: int = 0
    analysed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    failures: list[ImageFailed] = field(default_factory=list)
    failed_reasons: Counter[str] = field(default_factory=Counter)
    marked_gone: int = 0
    spent: Spent = field(default_factory=Spent)
    stopped_by: ImgaiError | None = None
    interrupted_by: ExitCode | None = None
    failures_unreachable: int = 0  # failed because the host did not answer
    only_failed: bool = False  # it looks at nothing but what failed before
    elapsed_s: float = 0.0
    throughput: Throughput = field(default_factory=Throughput)

    @property
    def pending(self) -> int:
        """Images seen and left for the next run."""
        done = self.known + self.analysed + self.failed + self.skipped.total()
        return max(0, self.seen - done)

    @property
    def is_cut_short(self) -> bool:
        """Whether the run ended before its work did."""
        return self.stopped_by is not None or self.interrupted_by is not None

    def take(self, event: Event) -> None:
        """Count an event."""
        match event:
            case ImageAnalysed():
                self.analysed += 1
            case ImagesListed(count=count):
                self.seen += count
            case ImagesKnown(uris=uris):
                self.known += len(uris)
            case ImagePassed(reason=reason):
                self.skipped[reason] += 1
            case ImageFailed(reason=reason):
                self.failed += 1
                self.failed_reasons[reason] += 1
                self.failures_unreachable += reason in _UNREACHABLE
                if len(self.failures) < NAMED_FAILURES:
                    self.failures.append(event)
            case RunStopping(error=error):
                self.stopped_by = self.stopped_by or error
            case _:
                pass

    @property
    def exit_code(self) -> ExitCode:
        """What `classify` exits with.

        A signal comes first, then what stopped the run, then failed images. When
        every call failed for want of an answer, the host could not be reached.
        """
        if self.interrupted_by is not None:
            return self.interrupted_by
        if self.stopped_by is not None:
            return self.stopped_by.exit_code
        if self.failed:
            spent = self.spent
            nobody_answered = spent.calls > 0 and spent.calls_answered == 0
            if nobody_answered and self.failures_unreachable == self.failed:
                return ExitCode.UNREACHABLE
            return ExitCode.SOME_FAILED
        return ExitCode.OK

    @property
    def is_quiet(self) -> bool:
        """Whether nothing happened that a person should hear of."""
        return not (
            self.analysed or self.failed or self.marked_gone or self.is_cut_short
        )
