"""`imgai reindex`: derive everything again from the stored answers."""

from imgai.commands.options import AsJson, Database, Quiet, Verbose, settings_with


def reindex(
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,  # noqa: ARG001  every command takes it
) -> None:
    """Derive labels, captions, full text and vector codes from the stored answers.

    To be run after a change of AI_MAX_LABELS or AI_MIN_CLASSIFICATION_SCORE. Costs no
    call.

    Example: AI_MIN_CLASSIFICATION_SCORE=0.3 imgai reindex

    Exit codes: 0 done; 74 there is no database, or it cannot be written; 75 a classify
    holds the database; 78 a setting is wrong.
    """
    # Heavy imports belong here: `--help` is to be instant.
    from imgai.domain.derive import LabelRules  # noqa: PLC0415
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.upkeep import show_derived, told_progress  # noqa: PLC0415
    from imgai.store.upkeep import derive_everything  # noqa: PLC0415

    settings, output = settings_with(db), standard_output()
    rules = LabelRules(settings.max_labels, settings.min_score)
    with told_progress(output, "pictures", is_quiet=quiet) as tell:
        pictures = derive_everything(settings.database, rules, tell)
    if as_json or not quiet:
        show_derived(pictures, output, as_json=as_json)
