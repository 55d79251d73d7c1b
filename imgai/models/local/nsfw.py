"""The NSFW score of a picture. Yahoo's open_nsfw."""

import numpy as np
from PIL import Image

from imgai.domain.predictions import NsfwScore
from imgai.models.local.session import Session
from imgai.models.local.weights import NSFW

_SIDE_PX = 256
_CROP_PX = 224
_MEAN_BGR = np.array([104, 117, 123], np.float32)  # of its training pictures


class NsfwModel:
    """Scores pictures. May be used from many threads at once."""

    def __init__(self) -> None:
        """Load the network.

        Raises:
            SettingsError: its file is missing or not the right one.
        """
        self._session = Session(NSFW)

    def score(self, image: Image.Image) -> NsfwScore:
        """Return how likely an RGB picture is pornographic, 0 to 1."""
        size = (_SIDE_PX, _SIDE_PX)
        small = np.asarray(image.resize(size, Image.Resampling.BILINEAR), np.float32)
        edge = (_SIDE_PX - _CROP_PX) // 2
        centre = small[edge : edge + _CROP_PX, edge : edge + _CROP_PX]
        blue_first = centre[:, :, ::-1] - _MEAN_BGR
        scores = self._session.run(["4195"], {"input_0": blue_first[np.newaxis]})[0]
        return NsfwScore(min(max(float(scores[0, 1]), 0.0), 1.0))
