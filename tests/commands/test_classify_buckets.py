"""`imgai classify r2://…`: as good as a folder."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import pictures
from tests.commands.running import Imgai
from tests.stubs.s3_stub import S3Stub
from tests.stubs.workers_ai import WorkersAIStub

DETR = "@cf/facebook/detr-resnet-50"


@pytest.fixture
def store() -> Iterator[S3Stub]:
    """Return a store with four pictures, a text and a folder marker."""
    with S3Stub().running() as stub:
        for number in range(4):
            stub.objects[f"2024/{number} é+%.jpg"] = picture(number)
        stub.objects["2024/notes.txt"] = b"no picture"
        stub.objects["2024/"] = b""
        yield stub


@pytest.fixture
def cloud(hosted: Imgai, store: S3Stub) -> Imgai:
    """Return the program with keys for the store."""
    hosted.environment |= {
        "R2_ENDPOINT_URL": store.url,
        "R2_ACCESS_KEY_ID": "an-access-key-id",
        "R2_SECRET_ACCESS_KEY": "a-secret-access-key",
    }
    return hosted


def picture(number: int) -> bytes:
    """Return a picture that differs from those of other numbers."""
    return pictures.encoded(pictures.scene(shift=40 * number))


def test_a_bucket_is_classified_searched_and_then_known(
    cloud: Imgai, store: S3Stub, workers_ai: WorkersAIStub
) -> None:
    """The second run lists, downloads nothing, asks nothing and says nothing."""
    first = cloud("classify", "r2://photos/2024/", "--json")
    assert first.exit_code == 0, first.err
    analysed = [one for one in first.lines if one["status"] == "analysed"]
    assert len(analysed) == 4
    assert all(one["uri"].startswith("r2://photos/2024/") for one in analysed)
    assert cloud("search", "sun", "--mode", "text", "--paths").out.count("r2://") == 4

    downloads, calls = len(store.gets), len(workers_ai.calls)
    second = cloud("classify", "r2://photos/2024/")
    assert (second.exit_code, second.out, second.err) == (0, "", "")
    assert (len(store.gets), len(workers_ai.calls)) == (downloads, calls)


def test_known_objects_cost_a_listing_call_a_page(cloud: Imgai, store: S3Stub) -> None:
    """Nothing else is asked of the store, which lists 1,000 on a page in earnest."""
    content = picture(9)
    store.page_size = 100
    store.objects = {f"{number:05}.jpg": content for number in range(235)}
    assert cloud("classify", "r2://photos").exit_code == 0
    before = len(store.lists)

    assert cloud("classify", "r2://photos").exit_code == 0

    assert len(store.lists) - before == 3


def test_the_same_picture_in_a_folder_and_a_bucket_is_asked_about_once(
    cloud: Imgai, workers_ai: WorkersAIStub, tmp_path: Path
) -> None:
    """Moving a library to a bucket costs nothing."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.jpg").write_bytes(picture(number))

    ran = cloud("classify", folder, "r2://photos", "--json", "--all")

    assert ran.exit_code == 0, ran.err
    assert len(workers_ai.calls_of(DETR)) == 4
    assert sum(one["status"] == "known" for one in ran.lines) == 4


def test_an_object_that_is_gone_leaves_the_search(cloud: Imgai, store: S3Stub) -> None:
    """After a complete listing."""
    cloud("classify", "r2://photos")
    del store.objects["2024/2 é+%.jpg"]

    assert cloud("classify", "r2://photos").exit_code == 0

    assert cloud.rows("SELECT uri FROM image WHERE gone_at IS NOT NULL") == [
        ("r2://photos/2024/2%20%C3%A9%2B%25.jpg",)
    ]


def test_globs_and_limits_work_as_on_folders(cloud: Imgai) -> None:
    """--include, --exclude and --limit."""
    ran = cloud("classify", "r2://photos", "--exclude", "0*", "--limit", "2", "--json")

    assert ran.exit_code == 0, ran.err
    analysed = [one["uri"] for one in ran.lines if one["status"] == "analysed"]
    assert [re.search(r"/(\d)%20", uri)[1] for uri in sorted(analysed)] == ["1", "2"]  # type: ignore[index]


def test_one_token_is_enough(
    cloud: Imgai, store: S3Stub, workers_ai: WorkersAIStub
) -> None:
    """The key id is the token's id; the secret, its SHA-256, never travels."""
    cloud.environment.pop("R2_ACCESS_KEY_ID")
    cloud.environment.pop("R2_SECRET_ACCESS_KEY")

    assert cloud("classify", "r2://photos").exit_code == 0

    sent = store.asked[0].headers["authorization"]
    assert "Credential=ed17574386854bf78a67040be0a770b0/" in sent
    secret = hashlib.sha256(workers_ai.token.encode()).hexdigest()
    assert all(secret not in str(one) for one in store.asked)


def test_what_is_missing_is_said(cloud: Imgai, store: S3Stub) -> None:
    """66 for a bucket that is not there, 78 for keys that are not set."""
    assert cloud("classify", "r2://nothing").exit_code == 66
    cloud.environment = {"R2_ENDPOINT_URL": store.url}
    ran = cloud("classify", "r2://photos", "--json", "--backend", "local")
    assert ran.exit_code == 78
    assert "R2_ACCESS_KEY_ID" in ran.last_error["hint"] + ran.last_error["message"]


def test_a_bucket_that_cannot_be_listed_marks_nothing(
    cloud: Imgai, store: S3Stub
) -> None:
    """A listing that never came is no empty listing."""
    cloud("classify", "r2://photos")
    store.objects.clear()

    ran = cloud("classify", "r2://photos/2024/")

    assert ran.exit_code in {0, 66}
    assert cloud.rows("SELECT count(*) FROM image WHERE gone_at IS NOT NULL") == [(0,)]
