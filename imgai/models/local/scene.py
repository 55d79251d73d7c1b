"""What detector and classifier together see in a picture.

Labels, caption and embedding are all made from one `Scene`, so each network runs
once a picture however many tasks are asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from imgai.domain.predictions import Box, Detection
from imgai.models.local.classifier import Classifier
from imgai.models.local.coco import AGREEING, ANIMALS, COLOURABLE, PERSON
from imgai.models.local.colouring import colours_of, is_monochrome, picture_colours
from imgai.models.local.detector import Detector
from imgai.models.local.imagenet import PEOPLE, UNSPEAKABLE_OF_PEOPLE
from imgai.models.local.session import Floats

# Chosen on 318 photographs: precision of the labels went from 0.38 to 0.81.
_LEAST_PERSON = 0.5  # the detector knows people well, the classifier does not
_LEAST_ANIMAL = 0.4
_LEAST_THING = 0.5
_ANIMAL_AGREEMENT = 0.15
_THING_AGREEMENT = 0.1
_LEAST_ALONE = 0.85  # where ImageNet has nothing of the kind, as for giraffes
_MOST_DOUBT = 0.4  # and the classifier is not sure of something else
_LIKE_A_PERSON = 0.2
_MOST_PARTS = 3  # boxes looked at closely, 9 ms each


@dataclass(frozen=True, slots=True)
class Thing:
    """A detection that the classifier agrees with."""

    label: str  # as COCO spells it
    score: float  # the detector's
    box: Box
    colours: tuple[str, ...]  # at most 2, largest first; none for people
    class_number: int | None  # the likeliest class of the kind, "tabby cat"
    class_score: float  # its probability, 0 to 1


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is seen in one picture."""

    things: tuple[Thing, ...]  # best first
    probabilities: Floats  # of ImageNet's classes, shape (1000,), each 0 to 1
    colours: tuple[str, ...]  # of the whole picture, 1 or 2, largest first
    is_monochrome: bool


class Eyes:
    """Detector and classifier together. May be used from many threads at once."""

    def __init__(self) -> None:
        """Load both networks.

        Raises:
            SettingsError: a file is missing or not the right one.
        """
        self._detector = Detector()
        self._classifier = Classifier()

    def look(self, image: Image.Image) -> Scene:
        """Return what is in an RGB picture."""
        candidates = self._detector.detect(image)
        whole = without_insults(self._classifier.classify(image), candidates)
        is_grey = is_monochrome(image)
        people = [found for found in candidates if found.label == PERSON]
        things: list[Thing] = []
        parts_left = _MOST_PARTS
        for found in candidates:
            box = found.box or Box(0, 0, 1, 1)
            views = [whole]
            if parts_left and _needs_closer_look(found, whole):
                parts_left -= 1
                views.append(self._classifier.classify_part(image, box))
            if not is_believed(found, views):
                continue
            has_colours = not is_grey and may_be_coloured(found, people)
            colours = colours_of(image, box, found.label) if has_colours else ()
            number, score = _likeliest_class(found.label, views)
            things.append(Thing(found.label, found.score, box, colours, number, score))
        return Scene(tuple(things), whole, picture_colours(image), is_grey)


def without_insults(probabilities: Floats, candidates: Sequence[Detection]) -> Floats:
    """Return probabilities in which no person passes for an ape, monkey or pig.

    Args:
        probabilities: of the whole picture, shape (1000,).
        candidates: of the detector; one person among them, however unsure, is enough.
    """
    has_person = any(found.label == PERSON for found in candidates)
    if not has_person and probabilities[list(PEOPLE)].sum() < _LIKE_A_PERSON:
        return probabilities
    decent = probabilities.copy()
    decent[list(UNSPEAKABLE_OF_PEOPLE)] = 0
    return decent


def is_believed(found: Detection, views: Sequence[Floats]) -> bool:
    """Return whether the classifier agrees with a candidate of the detector.

    Args:
        found: the candidate.
        views: the classifier's probabilities, each of shape (1000,), of the whole
            picture first, and of the box if it was looked at.
    """
    if found.label == PERSON:
        return found.score >= _LEAST_PERSON
    agreeing = AGREEING.get(found.label)
    if agreeing is None:
        surest = max(float(view.max()) for view in views)
        return found.score >= _LEAST_ALONE and surest < _MOST_DOUBT
    agreement = max(float(view[list(agreeing)].sum()) for view in views)
    if found.label in ANIMALS:
        return found.score >= _LEAST_ANIMAL and agreement >= _ANIMAL_AGREEMENT
    return found.score >= _LEAST_THING and agreement >= _THING_AGREEMENT


def may_be_coloured(found: Detection, people: Sequence[Detection]) -> bool:
    """Return whether a colour may be said of it: never of what may be a person.

    A thing whose middle lies on somebody, however unsure, gets none either: it may
    be the person, taken for something else, or what is seen may be their skin.
    """
    box = found.box
    if found.label not in COLOURABLE or box is None:
        return False
    x, y = (box.x_min + box.x_max) / 2, (box.y_min + box.y_max) / 2
    return not any(
        other.box
        and other.box.x_min <= x <= other.box.x_max
        and other.box.y_min <= y <= other.box.y_max
        for other in people
    )


def _needs_closer_look(found: Detection, whole: Floats) -> bool:
    """A box is looked at alone only if the whole picture does not settle it."""
    return (
        found.label != PERSON
        and found.score >= _LEAST_ANIMAL
        and not (found.label in AGREEING and is_believed(found, [whole]))
    )


def _likeliest_class(label: str, views: Sequence[Floats]) -> tuple[int | None, float]:
    """Return the class of the label's kind that a view is surest of, and how sure."""
    agreeing = sorted(AGREEING.get(label, ()))
    if not agreeing:
        return None, 0.0
    probabilities = np.max([view[agreeing] for view in views], axis=0)
    place = int(probabilities.argmax())
    return agreeing[place], float(probabilities[place])
