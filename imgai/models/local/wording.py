"""A scene in words: its labels, and the caption composed from them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from imgai.domain.predictions import Caption, CaptionSource, Detection, Labels
from imgai.models.local.coco import AGREEING, CONTENTS, NAMED_BY_CLASS
from imgai.models.local.grammar import Noun, listing, phrase, sentence
from imgai.models.local.imagenet import Classes
from imgai.models.local.scene import Scene, Thing

_LEAST_SCORE = 0.01  # what is below is noise, in every answer of the program
_LEAST_GROUP = 0.3  # twenty small doubts about terriers do not make a dog
_SURE = 0.75  # of a class, to be stated as a fact in a caption
_LIKELY = 0.5  # to be stated with a "perhaps"
_SURE_GROUP = 0.6
_MOST_NOUNS = 4


@dataclass(frozen=True, slots=True)
class Wording:
    """Turns scenes into words, with the classes' names."""

    classes: Classes

    def labels(self, scene: Scene) -> Labels:
        """Return things with their boxes and what the whole picture shows, best first.

        Detections that were not believed are no labels. A label of the whole
        picture has no box; where a thing has the same name and a better score, it
        is left out.
        """
        boxed = [
            Detection(thing.label, thing.score, thing.box) for thing in scene.things
        ]
        best = {found.label: found.score for found in reversed(boxed)}
        whole: dict[str, float] = {}
        for number in np.flatnonzero(scene.probabilities >= _LEAST_SCORE):
            name = self.classes.names[number]
            whole[name] = max(whole.get(name, 0), float(scene.probabilities[number]))
        for group, probability in self._groups(scene).items():
            whole[group] = max(whole.get(group, 0), probability)
        kept = [
            Detection(label, min(score, 1.0))
            for label, score in whole.items()
            if score > best.get(label, 0)
        ]
        return Labels(tuple(sorted(boxed + kept, key=lambda found: -found.score)))

    def caption(self, scene: Scene) -> Caption:
        """Return one sentence that names what is seen, and never guesses further.

        No doing, no place, no relation: the networks know none. Where nothing is
        recognised it names the picture's colours.
        """
        nouns = self._nouns(scene)
        if nouns:
            text = listing([phrase(noun) for noun in nouns])
            if scene.is_monochrome:
                text += " in black and white"
        elif scene.is_monochrome:
            text = "a picture in black and white"
        elif not scene.colours:
            text = "a picture in many colours"
        else:
            text = f"a picture mostly in {listing(scene.colours)}"
        return Caption(sentence(text), CaptionSource.COMPOSED)

    def _groups(self, scene: Scene) -> dict[str, float]:
        """Return the groups that are likely, with the sum of their classes."""
        sums = {
            group: float(scene.probabilities[list(numbers)].sum())
            for group, numbers in self.classes.groups.items()
        }
        return {group: total for group, total in sums.items() if total >= _LEAST_GROUP}

    def _nouns(self, scene: Scene) -> list[Noun]:
        """Return what to name, the most conspicuous first, each label once."""
        alike: dict[str, list[Thing]] = {}
        for thing in sorted(scene.things, key=_conspicuousness, reverse=True):
            alike.setdefault(thing.label, []).append(thing)
        nouns = [self._noun(things) for things in alike.values()][:_MOST_NOUNS]
        unboxed = self._unboxed(scene)
        if unboxed and all(unboxed.name != noun.name for noun in nouns):
            nouns.append(unboxed)
        if len(nouns) > 1:  # "perhaps" would seem to be said of all of them
            nouns = [replace(noun, perhaps="") for noun in nouns]
        return [noun for noun in nouns if noun.name or noun.perhaps]

    def _noun(self, things: Sequence[Thing]) -> Noun:
        """Return the noun for things of one label, the chief one first."""
        chief, *others = things
        colours = chief.colours
        if any(other.colours[:1] != colours[:1] for other in others):
            colours = ()
        count = len(things)
        if others or chief.class_number is None or chief.label not in NAMED_BY_CLASS:
            return Noun(chief.label, count, colours)
        kind = self.classes.names[chief.class_number]
        if chief.class_score >= _SURE:
            return Noun(kind, count, colours)
        perhaps = kind if chief.class_score >= _LIKELY else ""
        return Noun(chief.label, count, colours, perhaps)

    def _unboxed(self, scene: Scene) -> Noun | None:
        """Return what the whole picture shows beside the things, if anything."""
        rest = scene.probabilities.copy()
        for thing in scene.things:
            rest[list(AGREEING.get(thing.label, frozenset()) - CONTENTS)] = 0
        best = int(rest.argmax())
        name = self.classes.names[best]
        if rest[best] >= _SURE:
            return Noun(name)
        perhaps = name if rest[best] >= _LIKELY else ""
        sums = {
            group: float(rest[list(numbers)].sum())
            for group, numbers in self.classes.groups.items()
        }
        group = max(sums, key=sums.__getitem__)
        if sums[group] >= _SURE_GROUP:
            return Noun(group, perhaps=perhaps)
        if not perhaps and sums[group] >= _LIKELY:
            perhaps = group
        return Noun("", perhaps=perhaps) if perhaps else None


def _conspicuousness(thing: Thing) -> float:
    """Larger and surer things come first."""
    width = thing.box.x_max - thing.box.x_min
    height = thing.box.y_max - thing.box.y_min
    return float(thing.score * (width * height) ** 0.5)
