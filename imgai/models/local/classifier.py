"""The classifier: how likely each of ImageNet's thousand classes is.

EfficientNet-Lite0.
"""

import numpy as np
from PIL import Image

from imgai.domain.predictions import Box
from imgai.models.local.session import Floats, Session
from imgai.models.local.weights import CLASSIFIER

_SIDE_PX = 224
_CROP = _SIDE_PX / (_SIDE_PX + 32)  # the share of the shorter side it was trained on


class Classifier:
    """Says what a picture, or a part of it, shows as a whole."""

    def __init__(self) -> None:
        """Load the network.

        Raises:
            SettingsError: its file is missing or not the right one.
        """
        self._session = Session(CLASSIFIER)

    def classify(self, image: Image.Image) -> Floats:
        """Return the probabilities of the classes, shape (1000,), summing to 1.

        They are the mean of two views: the centre, which the network was trained on,
        and the whole picture squashed to a square, which misses nothing.

        Args:
            image: RGB, of any size.
        """
        width, height = image.size
        side = min(width, height) * _CROP
        left, top = (width - side) / 2, (height - side) / 2
        centre = (left, top, left + side, top + side)
        views = np.stack([_view(image, centre), _view(image, (0, 0, width, height))])
        return np.asarray(self._probabilities(views).mean(axis=0), np.float32)

    def classify_part(self, image: Image.Image, box: Box) -> Floats:
        """Return the probabilities for what a box shows, shape (1000,)."""
        width, height = image.size
        edges = (
            box.x_min * width,
            box.y_min * height,
            box.x_max * width,
            box.y_max * height,
        )
        part = _view(image, edges)[np.newaxis]
        return np.asarray(self._probabilities(part)[0], np.float32)

    def _probabilities(self, views: Floats) -> Floats:
        """Return shape (n, 1000) for views of shape (n, 3, 224, 224)."""
        return self._session.run(["probs"], {"image": views})[0]


def _view(image: Image.Image, edges: tuple[float, float, float, float]) -> Floats:
    """Return a rectangle of the image as the network takes it: (3, 224, 224)."""
    view = image.resize((_SIDE_PX, _SIDE_PX), Image.Resampling.BICUBIC, box=edges)
    pixels = (np.asarray(view, np.float32) - np.float32(127)) / np.float32(128)
    return pixels.transpose(2, 0, 1)
