"""Texts that a hosted model embeds, against a stub over real HTTP."""

import asyncio
import json

import pytest

from imgai.domain.predictions import Task
from imgai.errors import RejectedImage
from imgai.models.base import EmbeddedText, Host
from imgai.models.gathered import GatheringEmbedder
from imgai.models.profiles import find_profile
from imgai.models.workers_ai import HostedTextEmbedder
from tests.stubs import faults, hosted_models
from tests.stubs.workers_ai import WorkersAIStub

BGE = find_profile(Task.EMBEDDING, hosted_models.BGE)


@pytest.mark.anyio
async def test_texts_come_back_as_vectors_in_their_order(
    workers_ai: WorkersAIStub, host: Host
) -> None:
    """A hundred texts are one request, each paying its share."""
    texts = [f"picture number {number}" for number in range(100)]
    embedder = HostedTextEmbedder(host, BGE)

    together = await embedder.embed(texts, [f"hash {text}" for text in texts])
    (alone,) = await embedder.embed([texts[42]])

    assert len(workers_ai.calls) == 2
    assert together[42].vector == alone.vector
    assert together[0].space == embedder.space
    assert embedder.space.key == f"{hosted_models.BGE}/cls"
    assert sum(each.neurons for each in together) == pytest.approx(36)
    assert all(each.is_measured for each in together)


@pytest.mark.anyio
async def test_many_long_texts_are_too_much_where_each_alone_is_not(
    workers_ai: WorkersAIStub, host: Host
) -> None:
    """Whoever gathered them asks in halves; every one has its vector."""
    workers_ai.reply(faults.bad_input())
    gathering = GatheringEmbedder(HostedTextEmbedder(host, BGE))

    async def embed(text: str) -> EmbeddedText:
        with gathering.company():
            await asyncio.sleep(0)
            return await gathering.embed(text, f"hash {text}")

    embedded = await asyncio.gather(*map(embed, "abc"))

    assert all(one.vector for one in embedded)
    sizes = [len(json.loads(call.content)["text"]) for call in workers_ai.calls]
    assert sizes == [3, 1, 2]


@pytest.mark.parametrize("texts", [["a"], ["a", "b"]])
@pytest.mark.anyio
async def test_what_is_refused_is_not_asked_for_again(
    workers_ai: WorkersAIStub, host: Host, texts: list[str]
) -> None:
    """A short text alone is at fault; of several, whoever gathered them knows more."""
    workers_ai.reply_always(faults.bad_input())

    with pytest.raises(RejectedImage):
        await HostedTextEmbedder(host, BGE).embed(texts)
    assert len(workers_ai.calls) == 1


@pytest.mark.anyio
async def test_a_long_text_refused_alone_is_asked_for_by_its_beginning(
    workers_ai: WorkersAIStub, host: Host
) -> None:
    """Some scripts take a token a character: one such text must not fail a batch."""
    workers_ai.reply(faults.bad_input(), faults.bad_input())
    text = "\u732b" * 900

    (embedded,) = await HostedTextEmbedder(host, BGE).embed([text], ["hash"])

    sizes = [len(json.loads(call.content)["text"][0]) for call in workers_ai.calls]
    assert sizes == [900, 450, 225]
    assert embedded.vector is not None


@pytest.mark.anyio
async def test_long_and_broken_texts_are_made_fit(
    workers_ai: WorkersAIStub, host: Host
) -> None:
    """A query may be a whole page, or hold bytes of the shell that are no UTF-8."""
    texts = ["word " * 10_000, "caf\udce9", "x" * 100_000]

    vectors = await HostedTextEmbedder(host, BGE).embed(texts)

    assert len(vectors) == 3
    assert len(workers_ai.calls) == 1
