"""Who was billed for which numbered picture: read off the stub's own ledger."""

import base64
import io
import json
import re
from collections import Counter
from collections.abc import Iterable

from PIL import Image

from tests.commands.numbered import read_number
from tests.commands.running import Imgai
from tests.stubs.hosted_models import BGE, GEMMA
from tests.stubs.workers_ai import Call, WorkersAIStub

Bills = Counter[tuple[str, int]]  # by model and the picture's number
_NUMBER = re.compile(r"number (\d+)")


def bills_of(stub: WorkersAIStub) -> Bills:
    """Return how often each model was paid for an answer about each picture."""
    bills: Bills = Counter()
    for call in stub.calls:
        if call.is_answered:
            bills.update((call.model, number) for number in _numbers(call))
    return bills


def double_bills(bills: Bills) -> Bills:
    """Return what was paid for more than once, and how often too often."""
    return Counter({key: count - 1 for key, count in bills.items() if count > 1})


def listed_bills(imgai: Imgai) -> Bills:
    """Return what the database lists as perhaps billed without an answer."""
    return Counter(
        (model, int(uri.rpartition("/")[2].removesuffix(".jpg")))
        for model, uri in imgai.rows(
            "SELECT model, uri FROM call"
            " JOIN call_picture ON call_picture.call = call.id"
            " JOIN image USING (picture_hash) WHERE outcome = 'perhaps-billed'"
        )
    )


def _numbers(call: Call) -> Iterable[int]:
    if call.model == BGE:
        texts = json.loads(call.content)["text"]
        return [int(number) for text in texts for number in _NUMBER.findall(text)]
    content = call.content
    if call.model == GEMMA:
        question = json.loads(content)["messages"][0]["content"]
        content = base64.b64decode(question[1]["image_url"]["url"].partition(",")[2])
    with Image.open(io.BytesIO(content)) as picture:
        return [read_number(picture)]
