"""The detector: which of 80 kinds of thing are in a picture, and where.

SSDLite MobileNetV2, trained on COCO. Its candidates are not to be believed alone:
see `imgai.models.local.scene`.
"""

import numpy as np
from PIL import Image

from imgai.domain.predictions import Box, Detection
from imgai.models.local.coco import LABEL_OF_COLUMN
from imgai.models.local.session import Floats, Session
from imgai.models.local.weights import DETECTOR

_SIDE_PX = 300
_LOWEST_SCORE = 0.3
_MOST_OVERLAP = 0.5  # two boxes of one label that share more are one thing
_MOST_CANDIDATES = 20
_COLUMNS = np.array(list(LABEL_OF_COLUMN))
_NAMES = tuple(LABEL_OF_COLUMN.values())


class Detector:
    """Finds candidates for things in a picture."""

    def __init__(self) -> None:
        """Load the network.

        Raises:
            SettingsError: its file is missing or not the right one.
        """
        self._session = Session(DETECTOR)

    def detect(self, image: Image.Image) -> list[Detection]:
        """Return at most 20 candidates with a box, best first, each thing once.

        Args:
            image: RGB, of any size.
        """
        small = image.resize((_SIDE_PX, _SIDE_PX), Image.Resampling.BILINEAR)
        pixels = np.asarray(small, np.float32) * np.float32(2 / 255) - 1
        boxes, scores = self._session.run(
            ["boxes", "scores"], {"Preprocessor/sub": pixels[np.newaxis]}
        )
        # (1917, 4) as y_min, x_min, y_max, x_max; (1917, 80)
        corners = boxes.reshape(-1, 4).clip(0, 1)
        return _distinct(corners, scores[0][:, _COLUMNS])


def _distinct(corners: Floats, scores: Floats) -> list[Detection]:
    """Keep the best of the boxes that show the same thing (non-maximum suppression)."""
    best = scores.max(axis=1)
    likely = np.flatnonzero(best >= _LOWEST_SCORE)
    found: list[Detection] = []
    for row in likely[np.argsort(-best[likely], kind="stable")]:
        y_min, x_min, y_max, x_max = (float(edge) for edge in corners[row])
        if x_min >= x_max or y_min >= y_max:
            continue
        box = Box(x_min, y_min, x_max, y_max)
        label = _NAMES[int(scores[row].argmax())]
        if not any(
            other.label == label
            and other.box
            and overlap(other.box, box) > _MOST_OVERLAP
            for other in found
        ):
            found.append(Detection(label, min(float(best[row]), 1.0), box))
        if len(found) == _MOST_CANDIDATES:
            break
    return found


def area(box: Box) -> float:
    """Return the box's share of the picture, 0 to 1."""
    return (box.x_max - box.x_min) * (box.y_max - box.y_min)


def overlap(one: Box, other: Box) -> float:
    """Return intersection over union of two boxes, 0 to 1."""
    width = min(one.x_max, other.x_max) - max(one.x_min, other.x_min)
    height = min(one.y_max, other.y_max) - max(one.y_min, other.y_min)
    shared = max(width, 0.0) * max(height, 0.0)
    union = area(one) + area(other) - shared
    return shared / union if union > 0 else 0.0
