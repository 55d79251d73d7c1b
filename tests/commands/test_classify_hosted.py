"""`imgai classify` with Workers AI: what is asked, how often, and what is kept."""

import os
import shutil
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.commands.running import Imgai, copy_photos
from tests.stubs import faults
from tests.stubs.workers_ai import WorkersAIStub

DETR = "@cf/facebook/detr-resnet-50"
GEMMA = "@cf/google/gemma-4-26b-a4b-it"
MOONDREAM = "@cf/moondream/moondream3.1-9B-A2B"
LLAVA = "@cf/llava-hf/llava-1.5-7b-hf"
UFORM = "@cf/unum/uform-gen2-qwen-500m"
BGE = "@cf/baai/bge-base-en-v1.5"


def age(folder: Path) -> None:
    """Make every file an hour old: a younger one's time would not be trusted yet."""
    long_ago = time.time() - 3600
    for path in folder.iterdir():
        os.utime(path, (long_ago, long_ago))


def test_every_picture_gets_labels_a_caption_colours_and_an_embedding(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """The main job: one line a picture, everything in the database."""
    ran = hosted("classify", photos, "--json")

    assert ran.exit_code == 0, ran.err
    assert [line["status"] for line in ran.lines] == ["analysed"] * 4
    for line in ran.lines:
        assert line["labels"]
        assert line["caption"]
        assert line["caption_source"] == "model"
        assert 1 <= len(line["colours"]) <= 6
        assert set(line["models"]) == {DETR, GEMMA, BGE}
        assert line["neurons"] > 0
    assert hosted.rows("SELECT count(*) FROM image_ai") == [(4,)]
    assert hosted.rows("SELECT count(*) FROM embedding") == [(4,)]
    assert len(workers_ai.calls_of(DETR)) == len(workers_ai.calls_of(GEMMA)) == 4


@pytest.mark.parametrize("model", ["nobody/knows-it", UFORM])
def test_a_model_that_cannot_be_asked_is_refused_before_anything_runs(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path, model: str
) -> None:
    """One nobody knows, or a retired one; no database is made, and nobody asked."""
    ran = hosted("classify", photos, AI_CAPTION_MODEL=model)

    assert ran.exit_code == 78, ran.err
    assert model in ran.err
    assert not hosted.database.exists()
    assert workers_ai.calls == []


def test_the_embeddings_of_many_pictures_share_requests(
    hosted: Imgai, workers_ai: WorkersAIStub, tmp_path: Path
) -> None:
    """Texts are gathered: pictures in work together cost fewer requests than texts."""
    workers_ai.latency_s = 0.05
    hosted("classify", copy_photos(tmp_path / "all"))

    assert hosted.rows("SELECT count(*) FROM embedding") == [(17,)]
    assert len(workers_ai.calls_of(BGE)) < 17


def test_a_second_run_makes_no_call_and_says_nothing(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """Nightly runs over an unchanged library are free, and cron sends no mail."""
    hosted("classify", photos)
    before = len(workers_ai.requests)

    ran = hosted("classify", photos)

    assert (ran.exit_code, ran.out, ran.err) == (0, "", "")
    assert len(workers_ai.requests) == before


def test_a_rename_a_copy_and_other_metadata_cost_nothing(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """They are the same picture: the identity does not look at names or metadata."""
    hosted("classify", photos)
    before = len(workers_ai.requests)
    (photos / "IMG_0418.jpg").rename(photos / "kitten.jpg")
    shutil.copy(photos / "IMG_0412.png", photos / "copy.png")
    for name in ("kitten.jpg", "IMG_0611.webp"):
        content = (photos / name).read_bytes()
        (photos / f"edited-{name}").write_bytes(with_description(content))

    ran = hosted("classify", photos, "--json", "--all")

    assert ran.exit_code == 0, ran.err
    assert {line["status"] for line in ran.lines} == {"known"}
    assert len(ran.lines) == 7
    assert len(workers_ai.requests) == before


def with_description(content: bytes) -> bytes:
    """Return a JPEG or WebP with an XMP description it did not have."""
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>a description</x:xmpmeta>"
    if content[:2] == b"\xff\xd8":
        body = b"http://ns.adobe.com/xap/1.0/\0" + xmp
        length = (len(body) + 2).to_bytes(2, "big")
        return content[:2] + b"\xff\xe1" + length + body + content[2:]
    chunk = b"XMP " + len(xmp).to_bytes(4, "little") + xmp + b"\0" * (len(xmp) % 2)
    riff = content[8:] + chunk
    return b"RIFF" + len(riff).to_bytes(4, "little") + riff


def test_the_same_picture_twice_in_one_run_is_asked_about_once(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """The second waits for the first, then has its answers."""
    for number in range(6):
        shutil.copy(photos / "IMG_0412.png", photos / f"copy{number}.png")

    ran = hosted("classify", photos, "--json", "--all")

    assert (
        sorted(line["status"] for line in ran.lines) == ["analysed"] * 4 + ["known"] * 6
    )
    assert len(workers_ai.calls_of(DETR)) == 4


def test_a_changed_threshold_and_reindex_change_the_labels_without_a_call(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """Predictions are kept as they came; thresholds only decide what is shown."""
    hosted("classify", photos)
    before = len(workers_ai.requests)
    first = hosted.rows("SELECT labels_json FROM image_ai ORDER BY id")

    ran = hosted("reindex", AI_MIN_CLASSIFICATION_SCORE="0.9")

    assert ran.exit_code == 0, ran.err
    assert hosted.rows("SELECT labels_json FROM image_ai ORDER BY id") != first
    assert len(workers_ai.requests) == before


def test_reanalyze_asks_only_where_the_answer_is_older_than_the_cooldown(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """Within 28 days nothing is asked; a cooldown of nothing asks everything."""
    hosted("classify", photos)
    before = len(workers_ai.calls)

    cooling = hosted("classify", photos, "--reanalyze", "--json")
    assert {line["reason"] for line in cooling.lines} == {"cooling-down"}
    assert len(workers_ai.calls) == before

    again = hosted("classify", photos, "--reanalyze", "--cooldown", "0d", "--json")
    assert {line["status"] for line in again.lines} == {"analysed"}
    assert len(workers_ai.calls_of(DETR)) == 8


def test_force_asks_about_everything_again(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """Whatever the cooldown says."""
    hosted("classify", photos)
    ran = hosted("classify", photos, "--force", "--json")

    assert {line["status"] for line in ran.lines} == {"analysed"}
    assert len(workers_ai.calls_of(DETR)) == 8


def test_a_retired_captioner_gives_way_to_the_next_with_one_warning(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """A 410 in a run costs one call, and no picture."""
    workers_ai.retired.add(GEMMA)

    ran = hosted("classify", photos, "--json")

    assert ran.exit_code == 0, ran.err
    assert all(MOONDREAM in line["models"] for line in ran.lines)
    assert ran.err.count(f"{GEMMA} gives way") == 1
    assert len(workers_ai.calls_of(GEMMA)) == 1


def test_a_model_that_refuses_its_first_pictures_gives_way_and_marks_none(
    hosted: Imgai, workers_ai: WorkersAIStub, tmp_path: Path
) -> None:
    """Bad input from every picture is the model's fault, not the pictures'."""
    workers_ai.reply_always(faults.bad_input(), model=GEMMA)

    ran = hosted("classify", copy_photos(tmp_path / "all"), "--json")

    assert ran.exit_code == 0, ran.err
    analysed = [line for line in ran.lines if line["status"] == "analysed"]
    assert len(analysed) == 17
    assert all(MOONDREAM in line["models"] for line in analysed)
    assert len(workers_ai.calls_of(GEMMA)) <= 3


def test_a_retired_model_that_was_named_ends_the_run_with_alternatives(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """What a user chose is not replaced behind his back."""
    ran = hosted("classify", photos, AI_CAPTION_MODEL=UFORM)
    assert ran.exit_code == 78
    assert GEMMA in ran.err

    workers_ai.retired.add(LLAVA)
    ran = hosted("classify", photos, "--json", AI_CAPTION_MODEL=LLAVA)
    assert ran.exit_code == 78
    assert ran.last_error["error"] == "ModelRetired"
    assert GEMMA in ran.last_error["hint"]


def test_a_wrong_token_costs_one_call(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """The first call goes alone, whichever model it asks."""
    ran = hosted("classify", photos, "--json", CLOUDFLARE_API_TOKEN="cfut_" + "x" * 40)

    assert ran.exit_code == 77
    assert ran.last_error["exit_code"] == 77
    assert len(workers_ai.requests) == 1


def test_the_copy_that_is_sent_is_small_upright_and_bare(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """384 px wide, no EXIF, no GPS: what a model sees carries no metadata."""
    hosted("classify", photos)

    for call in workers_ai.calls_of(DETR):
        with Image.open(BytesIO(call.content)) as sent:
            assert sent.format == "JPEG"
            assert sent.width <= 384
            assert not sent.getexif()
            assert "icc_profile" not in sent.info


@pytest.mark.parametrize("flag", ["--no-captions", "--no-embeddings"])
def test_what_is_switched_off_is_not_asked_and_comes_when_it_is_switched_on(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path, flag: str
) -> None:
    """Only what is missing is asked later: labels are not paid for twice."""
    age(photos)
    hosted("classify", photos, flag)
    off = GEMMA if flag == "--no-captions" else BGE
    assert not workers_ai.calls_of(off)

    ran = hosted("classify", photos)

    assert ran.exit_code == 0, ran.err
    assert workers_ai.calls_of(off)
    assert len(workers_ai.calls_of(DETR)) == 4


def test_a_local_library_is_upgraded_and_never_the_other_way_round(
    imgai: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """Local answers never stand in the way of better ones, nor do they replace them."""
    assert imgai("classify", photos).exit_code == 0
    imgai.environment = workers_ai.environment()
    assert imgai("classify", photos).exit_code == 0
    assert len(workers_ai.calls_of(DETR)) == 4
    assert {row[0] for row in imgai.rows("SELECT caption_source FROM image_ai")} == {
        "model"
    }

    imgai.environment = {}
    refused = imgai("classify", photos)
    assert refused.exit_code == 78
    before = imgai.rows("SELECT count(*) FROM prediction")
    assert imgai("classify", photos, "--backend", "local").exit_code == 0
    assert imgai.rows("SELECT count(*) FROM prediction") == before
