"""One task, several models: who takes over, when, and who is at fault."""

import asyncio

import pytest

from imgai.domain.events import Event, ModelReplaced
from imgai.domain.images import PreparedImage
from imgai.domain.predictions import Caption, Task, VectorSpace
from imgai.errors import ImgaiError, ModelRetired, ModelUnavailable, RejectedImage
from imgai.models.succession import NoticingEmbedder, Succession, TextSuccession
from tests.fakes import FakeImageModel
from tests.models.prepared import prepared_image
from tests.search.searching import Embedder

pytestmark = pytest.mark.anyio

CAPTION = frozenset({Task.CAPTION})
GONE, NO = ModelRetired("410: retired"), RejectedImage("400: bad input")


def image(number: int) -> PreparedImage:
    return prepared_image((number, 0, 0))


class Lined:
    """Models in a line, each with its script of errors, and the events they cause."""

    def __init__(self, *scripts: list[BaseException | None]) -> None:
        self.models = [
            FakeImageModel({Task.CAPTION: Caption("a cat")}, name=name, script=script)
            for name, script in zip("abc", scripts, strict=False)
        ]
        self.events: list[Event] = []
        self.succession = Succession(
            Task.CAPTION,
            [(one.name, one) for one in self.models],
            ["a", "x", "y"],
            self.events.append,
        )

    async def caption(self, number: int = 0) -> str | BaseException:
        """Return the name of the model that captioned a picture, or the error."""
        try:
            (one,) = await self.succession.predict(image(number), CAPTION)
        except (ModelRetired, RejectedImage, ModelUnavailable) as error:
            return error
        return one.model

    @property
    def asked(self) -> list[int]:
        """How often each model was asked."""
        return [len(model.asked) for model in self.models]


async def test_a_living_model_is_asked_alone() -> None:
    """The others cost nothing."""
    line = Lined([], [])

    assert [await line.caption(number) for number in range(4)] == ["a"] * 4
    assert (line.asked, line.events) == ([4, 0], [])


async def test_a_retired_model_gives_way_with_one_word() -> None:
    """For the rest of the run, and however many pictures were on their way."""
    line = Lined([GONE] * 9, [])
    await asyncio.gather(*(line.caption(number) for number in range(5)))

    assert await line.caption(5) == "b"
    assert line.events == [ModelReplaced("a", "b", "410: retired")]
    assert line.asked == [1, 6]


async def test_a_model_that_retires_in_mid_run_gives_way() -> None:
    """Its earlier answers stand."""
    line = Lined([None, GONE], [])

    assert [await line.caption(number) for number in range(3)] == ["a", "b", "b"]


async def test_a_named_model_is_not_replaced() -> None:
    """The user chose it: the run ends, and names the alternatives."""
    line = Lined([GONE])

    error = await line.caption()

    assert isinstance(error, ModelRetired)
    assert error.exit_code == 78
    assert "AI_CAPTION_MODEL" in error.hint
    assert "auto or to one of: x, y." in error.hint
    assert line.events == []


async def test_when_all_are_gone_the_run_ends() -> None:
    """Each has been tried once."""
    line = Lined([GONE], [GONE], [GONE])

    assert isinstance(await line.caption(), ModelRetired)
    assert line.asked == [1, 1, 1]


async def test_a_model_that_refuses_its_first_pictures_gives_way() -> None:
    """No picture is marked for it: the next model has taken each."""
    line = Lined([NO] * 9, [])

    named = await asyncio.gather(*(line.caption(number) for number in range(8)))

    assert named == ["b"] * 8
    assert [type(event) for event in line.events] == [ModelReplaced]
    assert line.asked == [3, 8]


async def test_a_truly_bad_picture_is_refused() -> None:
    """All refuse it: it is at fault, and no model is replaced for it."""
    refusal = RejectedImage("no")
    line = Lined([NO, refusal], [None, NO])

    assert await line.caption() == "b"
    assert await line.caption(1) is refusal
    assert await line.caption(2) == "a"
    assert refusal.is_permanent
    assert line.events == []


async def test_nothing_is_refused_for_good_before_any_model_has_answered() -> None:
    """Whatever stands in between may refuse all that is asked, whoever is asked."""
    refusal = RejectedImage("no such gateway")
    line = Lined([refusal], [NO], [GONE])

    assert await line.caption() is refusal
    assert not refusal.is_permanent


async def test_a_model_whose_successors_are_gone_is_judged_alone() -> None:
    """It refuses everything: its pictures are not marked, and the run ends."""
    refusals = [RejectedImage("no") for _ in range(3)]
    line = Lined([*refusals], [GONE] * 9, [GONE] * 9)

    ends = [await line.caption(number) for number in range(3)]

    assert ends[:2] == refusals[:2]
    assert isinstance(ends[2], ModelRetired)
    assert not any(refusal.is_permanent for refusal in refusals)
    assert [type(event) for event in line.events] == [ModelReplaced] * 2


async def test_three_bad_pictures_at_the_beginning_replace_nobody() -> None:
    """Every model refuses them: that proves nothing against the first."""
    line = Lined([NO] * 3, [NO] * 3)

    ends = [await line.caption(number) for number in range(4)]

    assert ends == [NO, NO, NO, "a"]
    assert line.events == []


async def test_who_has_answered_is_never_replaced_for_refusing() -> None:
    """From then on a refusal is the picture's, at once and without a second opinion."""
    line = Lined([None, NO, NO, NO, NO], [])

    ends = [await line.caption(number) for number in range(6)]

    assert ends == ["a", NO, NO, NO, NO, "a"]
    assert (line.asked, line.events) == ([6, 0], [])


async def test_a_named_model_that_refuses_everything_ends_the_run() -> None:
    """After three pictures; none of them is marked for good."""
    refusals = [RejectedImage("no") for _ in range(3)]
    line = Lined([*refusals])

    ends = [await line.caption(number) for number in range(3)]

    assert [type(end) for end in ends] == [RejectedImage, RejectedImage, ModelRetired]
    assert str(ends[2]) == "a cannot be used: it refused its first pictures: no"
    assert not refusals[0].is_permanent


async def test_what_may_pass_replaces_nobody() -> None:
    """A busy model is still the first choice."""
    busy = ModelUnavailable("busy")
    line = Lined([busy, busy], [])

    assert [await line.caption(number) for number in range(3)] == [busy, busy, "a"]
    assert line.asked == [3, 0]


class LinedTexts:
    """Embedders in a line, some of them retired, and what is told of them."""

    def __init__(self, *errors: ImgaiError | None) -> None:
        self.embedders = [
            Embedder({}, VectorSpace(name, "cls", 3), error=error)
            for name, error in zip("abc", errors, strict=False)
        ]
        self.events: list[Event] = []
        self.retired: list[str] = []
        self.succession = TextSuccession(
            [NoticingEmbedder(one, self._retire) for one in self.embedders],
            ["a", "x"],
            self.events.append,
        )

    async def _retire(self, space: VectorSpace) -> None:
        self.retired.append(space.model)

    async def embed(self) -> str:
        """Return the name of the model that embedded a text."""
        (embedded,) = await self.succession.embed(["a cat"])
        return embedded.space.model


async def test_a_living_text_model_is_asked_alone() -> None:
    """Its space is that of the line."""
    line = LinedTexts(None, None)

    assert [await line.embed(), await line.embed()] == ["a", "a"]
    assert (line.succession.space.model, line.events, line.retired) == ("a", [], [])


async def test_a_retired_text_model_gives_way_and_is_told_of() -> None:
    """With one word, however many requests were on their way."""
    line = LinedTexts(GONE, GONE, None)

    found = await asyncio.gather(*(line.embed() for _ in range(5)))

    assert found == ["c"] * 5
    assert line.events == [
        ModelReplaced("a", "b", "410: retired"),
        ModelReplaced("b", "c", "410: retired"),
    ]
    assert set(line.retired) == {"a", "b"}
    assert line.succession.space.model == "c"


async def test_the_last_text_model_is_not_replaced() -> None:
    """The error says what else there is."""
    with pytest.raises(ModelRetired) as caught:
        await LinedTexts(GONE).embed()

    assert caught.value.hint == "Set AI_EMBEDDING_MODEL to auto or to one of: x."


async def test_a_text_model_that_is_busy_keeps_its_place() -> None:
    """Only a model that is gone gives way: its vectors would be lost."""
    line = LinedTexts(ModelUnavailable("503"), None)

    with pytest.raises(ModelUnavailable):
        await line.embed()
    assert (line.events, line.retired) == ([], [])
