"""Searching, comparing and completing, as a person runs them, on the example photos."""

from pathlib import Path

import pytest
from PIL import Image

from imgai.commands.catalogue import COMMANDS
from tests.commands.running import PHOTOS, Imgai, copy_photos
from tests.readme import README
from tests.stubs.workers_ai import WorkersAIStub

pytest.importorskip("onnxruntime", reason="only imgai[local] brings the local models")

CAT, KITTEN, COFFEE = "IMG_0412.png", "IMG_0418.jpg", "IMG_0420.png"


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Imgai:
    """Return the program with all example photos classified on this machine."""
    home = tmp_path_factory.mktemp("finding")
    imgai = Imgai(home)
    assert imgai("classify", copy_photos(home / "photos")).exit_code == 0
    return imgai


def names(imgai: Imgai, *arguments: str | Path) -> list[str]:
    """Return the names of the files that a command finds, best first."""
    ran = imgai(*arguments, "--paths")
    assert ran.exit_code == 0, ran.err
    return [line.rpartition("/")[2] for line in ran.out.splitlines()]


@pytest.mark.parametrize(
    ("query", "right"),
    [
        ("ginger cat", {CAT}),
        ("bird", {"DSC_1204.jpg", "IMG_0702.jpg"}),
        ("castle", {"P2030871.jpg"}),
        ("musicians", {"IMG_0850.jpg", "IMG_0863.jpg"}),
        ("hot drink", {COFFEE}),
        ("bridge", {"P2030902.jpg"}),
    ],
)
def test_what_a_photo_shows_is_found_first(
    examples: Imgai, query: str, right: set[str]
) -> None:
    """And nothing that has nothing to do with it."""
    found = names(examples, "search", query)

    assert found[0] in right
    assert len(found) <= 3


def test_readme_shows_what_a_search_prints(examples: Imgai) -> None:
    """The first thing that a reader compares."""
    printed = examples("search", "ginger", "cat").out

    assert f"$ imgai search ginger cat\n{printed}" in README.read_text("utf-8")


@pytest.mark.parametrize("query", ["submarine", "invoice", "volleyball match"])
def test_what_no_photo_shows_is_not_found(examples: Imgai, query: str) -> None:
    """Everything has a nearest picture: --min-similarity -1 shows it."""
    ran = examples("search", query)

    assert (ran.exit_code, ran.out) == (0, "")
    assert "Nothing found." in ran.err
    assert names(examples, "search", query, "--min-similarity", "-1")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["label:cat"], {CAT, KITTEN}),
        (["label:cat -format:png"], {KITTEN}),
        (["--label", "cat"], {CAT, KITTEN}),
        (["cat", "--label", "cat", "--under", "photos"], {CAT, KITTEN}),
        (["cat", "--label", "dog"], set()),
        (["label:cat under:elsewhere"], set()),
        (["format:webp"], {"DSC_1250.webp", "IMG_0611.webp"}),
        (["label:cup has:caption score:>0.3"], {COFFEE}),
        (["label:cat", "--after", "2000", "--before", "2100"], {CAT, KITTEN}),
        (["label:cat", "--before", "1900"], set()),
    ],
)
def test_options_and_filters_narrow_a_search(
    examples: Imgai, arguments: list[str], found: set[str]
) -> None:
    """They are the same, and may be mixed."""
    assert set(names(examples, "search", *arguments)) == found


def test_a_malformed_filter_exits_2_naming_the_character(examples: Imgai) -> None:
    """In a query, and in an option."""
    ran = examples("search", "cat after:2024-13", "--json")
    option = examples("search", "cat", "--colour", "octarine")

    assert (ran.exit_code, ran.out) == (2, "")
    assert ran.last_error["error"] == "QueryError"
    assert "breaks at character 16 ('1')" in ran.last_error["message"]
    assert option.exit_code == 2
    assert "--colour octarine breaks at character 10" in option.err


def test_nothing_asked_exits_2(examples: Imgai) -> None:
    """An empty query finds the newest; none at all is a mistake."""
    assert examples("search").exit_code == 2
    assert len(names(examples, "search", "", "-n", "3")) == 3


def test_an_image_is_an_example(examples: Imgai, tmp_path: Path) -> None:
    """Known or not; weighed; with words or alone; and nothing is stored."""
    unknown = tmp_path / "cat.jpg"
    with Image.open(PHOTOS / KITTEN) as image:
        image.convert("RGB").resize((300, 240)).save(unknown)
    before = examples.rows("SELECT count(*) FROM picture")

    assert names(examples, "search", "--like", unknown, "-n", "2")[0] == KITTEN
    assert names(examples, "search", "--like", f"photos/{CAT}", "-n", "1") == [KITTEN]
    weighed = ("search", "bird", "--like", f"0.2:photos/{CAT}", "-n", "2")
    assert names(examples, *weighed)[0] in {"DSC_1204.jpg", "IMG_0702.jpg"}
    unlike = ("search", "animal", "--unlike", f"photos/{CAT}")
    assert KITTEN not in names(examples, *unlike, "-n", "5")
    assert examples.rows("SELECT count(*) FROM picture") == before


def test_an_example_that_is_not_there_exits_66(examples: Imgai) -> None:
    """One that is broken 65; one for a search by words alone 2."""
    broken = examples.home / "broken.jpg"
    broken.write_bytes((PHOTOS / KITTEN).read_bytes()[:300])

    assert examples("search", "--like", "no.jpg").exit_code == 66
    assert examples("similar", "no.jpg").exit_code == 66
    assert examples("similar", broken).exit_code == 65
    assert examples("search", "--like", broken, "--mode", "text").exit_code == 2


def test_similar_shows_versions_then_the_same_subject(
    examples: Imgai, tmp_path: Path
) -> None:
    """A smaller copy that the database does not know finds its original."""
    small = tmp_path / "small.jpg"
    with Image.open(PHOTOS / CAT) as image:
        image.convert("RGB").resize((200, 133)).save(small, quality=50)

    first, second, *_ = examples("similar", small, "--json").lines

    assert first["uri"].endswith(CAT)
    assert (first["kind"], second["kind"]) == ("near-duplicate", "same-subject")
    assert first["distance"] <= 4
    assert second["uri"].endswith(KITTEN)
    shown = examples("similar", f"photos/{CAT}").out
    assert "same subject" in shown
    assert KITTEN in shown
    assert CAT not in shown


def test_dupes_lists_copies_and_versions(imgai: Imgai, tmp_path: Path) -> None:
    """Kinds apart, best first; nothing on disk changes."""
    photos = copy_photos(tmp_path / "photos", KITTEN, CAT)
    (photos / "copy.jpg").write_bytes((photos / KITTEN).read_bytes())
    with Image.open(photos / KITTEN) as image:
        half = image.convert("RGB").reduce(2)
        half.save(photos / "small.webp", quality=60)
    assert imgai("classify", photos, "--no-embeddings").exit_code == 0
    files = sorted(photos.iterdir())

    same, near = imgai("dupes", "--json").lines
    shown = imgai("dupes")

    assert (same["kind"], near["kind"]) == ("same-file", "near-duplicate")
    assert len(same["images"]) == len(near["images"]) == 2
    assert near["images"][1]["uri"].endswith("small.webp")
    assert {"pixels", "bytes", "format"} <= set(near["differences"])
    assert "★" in shown.out
    assert "Same file: 1 group" in shown.err
    assert imgai("dupes", "--kind", "same-picture").err == "No duplicates.\n"
    assert sorted(photos.iterdir()) == files


def test_workers_ai_looks_at_an_example_if_asked(
    hosted: Imgai, photos: Path, workers_ai: WorkersAIStub, tmp_path: Path
) -> None:
    """Labels, caption and their embedding: what they cost is all that is kept."""
    assert hosted("classify", photos).exit_code == 0
    unknown = tmp_path / "new.jpg"
    Image.new("RGB", (80, 60), (200, 30, 30)).save(unknown)
    of_pictures = "SELECT (SELECT count(*) FROM picture), count(*) FROM call_picture"
    before = hosted.rows(of_pictures)

    ran = hosted("similar", unknown, "--backend", "workers-ai", "--json")
    local = hosted("similar", unknown, "--backend", "local")

    assert ran.exit_code == 0, ran.err
    assert ran.err in {"", "Nothing like it was found.\n"}
    assert "only compared by how it looks" in local.err
    assert hosted.rows(of_pictures) == before
    (spent,) = hosted("status", "--json").lines
    assert spent["today"]["neurons"] == pytest.approx(workers_ai.neurons)
    assert spent["today"]["calls"] == len(workers_ai.calls)


@pytest.mark.parametrize("command", [("similar",), ("search", "--like")])
def test_an_example_that_is_no_image_is_named(
    examples: Imgai, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Of several examples, the one that is meant."""
    (tmp_path / "notes.jpg").write_text("not a picture")

    ran = examples(*command, tmp_path / "notes.jpg")

    assert ran.exit_code == 65
    assert f"{tmp_path}/notes.jpg: its first bytes are no image's." in ran.err


def test_help_explains_the_query_language(imgai: Imgai) -> None:
    """Without a database; a command's own help is a topic too."""
    page = imgai("help", "query").out

    for part in ("label:cat", "colour:teal>20%", "is:failed", "lime green", "heic"):
        assert part in page
    assert max(map(len, page.splitlines())) <= 80
    assert "Usage: imgai dupes" in imgai("help", "dupes").out
    assert imgai("help").out == imgai("--help").out
    assert imgai("help", "nonsense").exit_code == 2


def test_without_a_command_the_commands_are_listed(imgai: Imgai) -> None:
    """It is no mistake to be told of, though nothing was done."""
    ran = imgai()

    assert (ran.exit_code, ran.out, ran.err) == (2, imgai("--help").out, "")


def test_a_misspelt_command_is_told_what_is_like_it(imgai: Imgai) -> None:
    """What is like none is not guessed at."""
    near, far = imgai("serch", "cat"), imgai("xyzzy")

    assert (near.exit_code, far.exit_code) == (2, 2)
    assert "Did you mean `imgai search`?" in near.err
    assert "Did you mean" not in far.err


def test_every_command_is_in_the_catalogue(imgai: Imgai) -> None:
    """Each is listed, and loads."""
    shown = imgai("--help").out

    for name in COMMANDS:
        assert f"\n  {name} " in shown
        assert imgai(name, "--help").exit_code == 0


def completed(imgai: Imgai, line: str) -> list[str]:
    """Return what bash is offered at the end of a line."""
    words = line.split(" ")
    ran = imgai(
        _IMGAI_COMPLETE="complete_bash",
        COMP_WORDS=line,
        COMP_CWORD=str(len(words) - 1),
    )
    return ran.out.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("imgai sim", ["similar"]),
        ("imgai search label:ca", ["label:cat", "label:castle"]),
        ("imgai search label : ca", ["cat", "castle"]),  # as bash takes it apart
        ("imgai search colour:lime", ["colour:lime-green"]),
        ("imgai search has:c", ["has:caption"]),
        ("imgai search cap", []),
        ("imgai search --label shee", ["sheep"]),
        ("imgai search --colour tea", ["teal"]),
        ("imgai help que", ["query"]),
    ],
)
def test_tab_completes_commands_labels_and_colours(
    examples: Imgai, line: str, offered: list[str]
) -> None:
    """Labels are those of the database, the most frequent first."""
    assert completed(examples, line) == offered


def test_tab_offers_nothing_where_there_is_no_database(imgai: Imgai) -> None:
    """And writes nothing into the line that is being typed."""
    assert completed(imgai, "imgai search label:ca") == []
