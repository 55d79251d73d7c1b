"""What is believed, and what may be coloured."""

import numpy as np
import pytest

from imgai.domain.predictions import Box, Detection
from imgai.models.local.coco import AGREEING, COLOURABLE, LABELS, PERSON
from imgai.models.local.detector import overlap
from imgai.models.local.imagenet import PEOPLE, UNSPEAKABLE_OF_PEOPLE
from imgai.models.local.scene import is_believed, may_be_coloured, without_insults
from imgai.models.local.session import Floats

MIDDLE = Box(0.25, 0.25, 0.75, 0.75)
DOLPHIN_LIKE, KINGFISHER_LIKE = 148, 95  # killer whale, jacamar


def sure_of(number: int) -> Floats:
    """Return probabilities of a classifier that is nearly sure of one class."""
    probabilities = np.full(1000, 0.1 / 999, np.float32)
    probabilities[number] = 0.9
    return probabilities


def test_a_bird_is_believed_only_where_the_classifier_sees_one() -> None:
    """The detector takes dolphins for birds at 0.98; alone it is not to be used."""
    bird = Detection("bird", 0.98, MIDDLE)
    assert not is_believed(bird, [sure_of(DOLPHIN_LIKE)])
    assert is_believed(bird, [sure_of(KINGFISHER_LIKE)])
    assert is_believed(bird, [sure_of(DOLPHIN_LIKE), sure_of(KINGFISHER_LIKE)])


def test_a_giraffe_is_believed_where_nothing_else_is_sure() -> None:
    """ImageNet has no giraffe: there the detector must be sure and unopposed."""
    unsure = np.full(1000, 0.001, np.float32)
    assert is_believed(Detection("giraffe", 0.9, MIDDLE), [unsure])
    assert not is_believed(Detection("giraffe", 0.9, MIDDLE), [sure_of(DOLPHIN_LIKE)])
    assert not is_believed(Detection("giraffe", 0.6, MIDDLE), [unsure])


def test_people_are_believed_by_the_detector_alone() -> None:
    """ImageNet hardly knows people."""
    assert is_believed(Detection(PERSON, 0.6, MIDDLE), [sure_of(DOLPHIN_LIKE)])
    assert not is_believed(Detection(PERSON, 0.4, MIDDLE), [sure_of(DOLPHIN_LIKE)])


@pytest.mark.parametrize("label", LABELS)
def test_nothing_that_may_be_a_person_is_coloured(label: str) -> None:
    """However unsure the person is, and whatever the thing is taken for."""
    somebody = Detection(PERSON, 0.3, MIDDLE)
    assert not may_be_coloured(Detection(label, 0.99, MIDDLE), [somebody])


def test_people_are_never_coloured_and_animals_are() -> None:
    """Alone in the picture, too."""
    assert not may_be_coloured(Detection(PERSON, 0.99, MIDDLE), [])
    assert may_be_coloured(Detection("cat", 0.99, MIDDLE), [])
    assert PERSON not in COLOURABLE


def test_no_class_that_is_people_passes_for_an_animal_or_thing_with_a_colour() -> None:
    """Else a colour could come in by the thing's narrower name."""
    assert all(not AGREEING.get(label, frozenset()) & PEOPLE for label in COLOURABLE)


def test_overlap_is_a_share() -> None:
    """0 for boxes apart, 1 for the same box, a third for two that share half."""
    left = Box(0, 0, 0.5, 1)
    assert overlap(left, Box(0.5, 0, 1, 1)) == 0
    assert overlap(left, left) == 1
    assert overlap(left, Box(0.25, 0, 0.75, 1)) == pytest.approx(1 / 3)


@pytest.mark.parametrize("number", sorted(UNSPEAKABLE_OF_PEOPLE))
def test_beside_anything_like_a_person_there_is_no_ape(number: int) -> None:
    """A small classifier errs, and this error insults; the zoo keeps its gorillas."""
    somebody = Detection(PERSON, 0.3, MIDDLE)
    assert without_insults(sure_of(number), [somebody])[number] == 0
    assert without_insults(sure_of(number), [])[number] == sure_of(number)[number]
