"""Every deliberate error of imgai, and the exit code it ends with.

::

    ImgaiError
    ├── SettingsError          78  a setting is missing or wrong
    │   └── ModelRetired       78  a model is gone and nothing may replace it
    ├── AccessDenied           77  token or key refused
    ├── SourceNotFound         66  no such folder, bucket or prefix
    ├── SourceUnreadable       74  a listing broke off
    ├── StoreError             74  the database cannot be read or written
    ├── UsageError              2  the command line is wrong
    │   └── QueryError          2  a filter of a query is malformed
    ├── HostUnreachable        69  no call of the run was answered
    ├── TooManyFailures         3  --max-failure-rate
    ├── LimitReached           75  stopped early, the next run goes on
    │   ├── QuotaExhausted     75  the account's daily allocation is spent
    │   ├── BudgetExhausted    75  the user's own budget is spent
    │   ├── TimeLimitReached   75  --time-limit
    │   ├── HostDown           75  the host answered before, and stopped to
    │   ├── DatabaseBusy       75  another classify holds the database
    │   └── RunStopped         75  the run ended before this image's turn
    ├── TransientError         69  may pass: retried, then this image is given up
    │   ├── ModelUnavailable   69
    │   ├── RateLimited        69
    │   └── BadAnswer          69
    └── ImageError             65  this image is given up, the run goes on
        ├── UnreadableImage    65
        ├── OversizedImage     65
        ├── UnavailableImage   65  gone or changing; may be back
        ├── RejectedImage      65
        └── NotAnImage         65  passed over, not counted as failed

Two questions decide the type of a new one. May the same call work later?
`TransientError`. Is it about one image only? `ImageError`.
"""

from datetime import datetime
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """What a command's exit status means; the numbers follow sysexits.h."""

    OK = 0
    USAGE = 2
    SOME_FAILED = 3
    UNREADABLE_IMAGE = 65
    NO_SOURCE = 66
    UNREACHABLE = 69
    BUG = 70
    IO_ERROR = 74
    TRY_LATER = 75
    ACCESS_DENIED = 77
    SETTINGS = 78
    INTERRUPTED = 130
    TERMINATED = 143


class Reason(StrEnum):
    """Why an image has no answer, in the word that JSON and the database keep."""

    CORRUPT = "corrupt"
    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    UNREADABLE = "unreadable"
    VANISHED = "vanished"
    CHANGED = "changed"
    NOT_AN_IMAGE = "not-an-image"
    NOT_REGULAR = "not-regular"
    UNSUPPORTED_FORMAT = "unsupported-format"
    CAMERA_RAW = "camera-raw"
    HIDDEN = "hidden"
    EXCLUDED = "excluded"
    COOLING_DOWN = "cooling-down"
    KNOWN_BROKEN = "known-broken"
    TRIED_OFTEN = "tried-often"
    REJECTED = "rejected"
    BAD_ANSWER = "bad-answer"
    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "rate-limited"


class ImgaiError(Exception):
    """The base of every error imgai raises on purpose.

    Attributes:
        hint: what the person can do about it; may be empty.
        retry_at: when it is worth coming back, in UTC; None if unknown.
        exit_code: what a command that ends with this error exits with.
    """

    exit_code: ExitCode = ExitCode.BUG

    def __init__(
        self, message: str, *, hint: str = "", retry_at: datetime | None = None
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.retry_at = retry_at


class SettingsError(ImgaiError):
    """A setting is missing or holds what it may not hold. Stops the run."""

    exit_code = ExitCode.SETTINGS


class ModelRetired(SettingsError):
    """The host no longer offers this model to this account, or never did."""


class AccessDenied(ImgaiError):
    """The token or key was refused. Stops the run."""

    exit_code = ExitCode.ACCESS_DENIED


class SourceNotFound(ImgaiError):
    """There is no such file, folder, bucket or prefix."""

    exit_code = ExitCode.NO_SOURCE


class SourceUnreadable(ImgaiError):
    """A listing broke off; what was listed before holds."""

    exit_code = ExitCode.IO_ERROR


class StoreError(ImgaiError):
    """The database cannot be read or written. Stops the run."""

    exit_code = ExitCode.IO_ERROR


class UsageError(ImgaiError):
    """The command line cannot be understood."""

    exit_code = ExitCode.USAGE


class QueryError(UsageError):
    """A filter of a search query is malformed."""


class HostUnreachable(ImgaiError):
    """Workers AI or R2 cannot be reached: nothing has been answered. Stops the run."""

    exit_code = ExitCode.UNREACHABLE


class TooManyFailures(ImgaiError):
    """More images failed than the user allowed. Stops the run."""

    exit_code = ExitCode.SOME_FAILED


class LimitReached(ImgaiError):
    """The run stops early and the next one goes on from here."""

    exit_code = ExitCode.TRY_LATER


class QuotaExhausted(LimitReached):
    """The account's daily allocation is spent, until 00:00 UTC."""


class BudgetExhausted(LimitReached):
    """The budget the user set is spent."""


class TimeLimitReached(LimitReached):
    """The run has taken as long as the user allowed."""


class HostDown(LimitReached):
    """The host answered earlier in the run, and has not for minutes."""


class DatabaseBusy(LimitReached):
    """Another `classify` holds the database."""


class RunStopped(LimitReached):
    """The run is stopping: this image is left for the next one."""


class TransientError(ImgaiError):
    """The same call may succeed later.

    Attributes:
        retry_after_s: how long the host asked to wait; None if it did not say.
        reason: the word that is recorded when the image is given up for it.
    """

    exit_code = ExitCode.UNREACHABLE
    reason = Reason.UNAVAILABLE

    def __init__(
        self, message: str, *, hint: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class ModelUnavailable(TransientError):
    """The host did not answer, or answered that it could not.

    Attributes:
        perhaps_billed: it was sent in full, so the host may have done the work.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        retry_after_s: float | None = None,
        perhaps_billed: bool = False,
    ) -> None:
        super().__init__(message, hint=hint, retry_after_s=retry_after_s)
        self.perhaps_billed = perhaps_billed


class RateLimited(TransientError):
    """Too many requests in too short a time.

    Attributes:
        pauses_everything: the limit is not one model's: every call has to wait.
    """

    reason = Reason.RATE_LIMITED

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        pauses_everything: bool = False,
    ) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.pauses_everything = pauses_everything


class BadAnswer(TransientError):
    """The host answered, and what it said is no answer. Never stored."""

    reason = Reason.BAD_ANSWER


class ImageError(ImgaiError):
    """This one image cannot be handled; others can.

    Attributes:
        reason: the word that JSON and the database keep for it.
        is_permanent: the unchanged image will fail again, so it is not tried again.
    """

    exit_code = ExitCode.UNREADABLE_IMAGE
    is_permanent = True

    def __init__(
        self, message: str, *, reason: Reason = Reason.CORRUPT, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class UnreadableImage(ImageError):
    """The file is an image by its first bytes, and broken."""


class UnavailableImage(ImageError):
    """The image vanished or changed between listing and reading; it may be back."""

    is_permanent = False


class OversizedImage(ImageError):
    """Decoding it would take more memory than imgai grants one image."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, reason=Reason.TOO_LARGE, hint=hint)


class RejectedImage(ImageError):
    """The host refused this input, and would refuse it again."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, reason=Reason.REJECTED, hint=hint)


class NotAnImage(ImageError):
    """Not an image, or none that imgai reads: passed over, not failed."""

    def __init__(
        self, message: str, *, reason: Reason = Reason.NOT_AN_IMAGE, hint: str = ""
    ) -> None:
        super().__init__(message, reason=reason, hint=hint)
