"""A corpus of hostile and odd files, where one is at hand.

It is a folder with `MANIFEST.jsonl` (one object a line: `file`, and `must`, what a
robust classifier does with it) and `files/`, named by IMGAI_CORPUS or lying beside the
checkout as `shared/corpus`.
"""

import asyncio
import json
import os
from pathlib import Path

import pytest

from imgai.errors import ImageError
from imgai.prepare.identity import identify
from imgai.prepare.preparer import Preparer

CORPUS = Path(
    os.environ.get("IMGAI_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")
)
DEADLINE_S = 5
# Broken files of formats that imgai does not read: the corpus says "not-an-image", and
# only decoding them would tell. They are passed over all the same.
SAME_TO_US = {"skip:not-an-image": {"skip:unsupported-format", "skip:camera-raw"}}


async def outcome(preparer: Preparer, content: bytes) -> str:
    """Return what happens to a file, in the corpus's words."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            prepared = await preparer.prepare(content, identify(content))
    except ImageError as error:
        return f"skip:{error.reason}"
    return "truncated" if prepared.picture.is_truncated else "analyse"


def allowed(must: str) -> set[str]:
    """Return the outcomes that a row of the manifest allows."""
    if must.startswith("skip:corrupt or analyse flagged truncated"):
        return {"skip:corrupt", "truncated"}
    word = must.split(" (", maxsplit=1)[0]
    return {word} | SAME_TO_US.get(word, set())


@pytest.mark.skipif(
    not (CORPUS / "MANIFEST.jsonl").is_file(),
    reason="no corpus: name its folder in IMGAI_CORPUS",
)
@pytest.mark.anyio
async def test_every_file_of_the_corpus_has_the_outcome_it_must_have() -> None:
    """No hang, no crash, and the named reason for each."""
    lines = (CORPUS / "MANIFEST.jsonl").read_text(encoding="utf-8").splitlines()
    wrong: dict[str, str] = {}
    async with Preparer() as preparer:
        for row in map(json.loads, lines):
            content = (CORPUS / "files" / row["file"]).read_bytes()
            came = await outcome(preparer, content)
            if came not in allowed(row["must"]):
                wrong[row["file"]] = f"{came}, must be {row['must']}"
    assert wrong == {}
