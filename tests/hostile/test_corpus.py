"""The hostile corpus, where one is at hand, through the command line.

See `tests.prepare.test_corpus` for what it is and where it is looked for.
"""

import json
from pathlib import Path

import pytest

from imgai.sources.location import path_to_uri
from tests.commands.fixtures import UNHURRIED
from tests.commands.running import Imgai
from tests.hostile.measured import measured
from tests.prepare.test_corpus import CORPUS, allowed
from tests.stubs.workers_ai import WorkersAIStub

_MB = 2**20
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CORPUS / "MANIFEST.jsonl").is_file(),
        reason="no corpus: name its folder in IMGAI_CORPUS",
    ),
]


def outcomes(imgai: Imgai, lines: list[dict[str, object]]) -> dict[str, str]:
    """Return what became of each file, in the corpus's words."""
    rows = imgai.rows(
        "SELECT uri, truncated FROM image JOIN picture USING (picture_hash)"
    )
    seen = {uri: "truncated" if is_cut else "analyse" for uri, is_cut in rows}
    given_up = {
        str(line["uri"]): f"skip:{line['reason']}"
        for line in lines
        if line["status"] in {"failed", "skipped"}
    }
    return seen | given_up


@pytest.mark.parametrize(("is_hosted", "most_mb"), [(True, 512), (False, 900)])
def test_every_file_has_the_outcome_it_must_have(
    imgai: Imgai,
    workers_ai: WorkersAIStub,
    is_hosted: bool,  # noqa: FBT001 - pytest passes it by name
    most_mb: int,
) -> None:
    """No hang, no crash, bounded memory, and the named reason for each, in one run."""
    if is_hosted:
        imgai.environment = {**workers_ai.environment(), **UNHURRIED}

    came = measured(imgai, "classify", CORPUS / "files", "--json")

    assert came.ran.exit_code == 3, came.ran.err
    assert came.peak_bytes < most_mb * _MB
    became = outcomes(imgai, came.ran.lines)
    manifest = (CORPUS / "MANIFEST.jsonl").read_text(encoding="utf-8").splitlines()
    wrong = {}
    for row in map(json.loads, manifest):
        uri = path_to_uri(Path(CORPUS / "files" / row["file"]).absolute())
        outcome = became.get(uri, "no word of it")
        if outcome not in allowed(row["must"]):
            wrong[row["file"]] = f"{outcome}, must be {row['must']}"
    assert wrong == {}
