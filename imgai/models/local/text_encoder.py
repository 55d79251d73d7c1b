"""The text encoder: sentences in, unit vectors out. all-MiniLM-L6-v2, int8."""

from collections.abc import Sequence

import numpy as np

from imgai.models.local.session import Floats, Session
from imgai.models.local.tokenizer import WordPiece, read_vocabulary
from imgai.models.local.weights import TEXT_ENCODER, VOCABULARY

DIMS = 384
MODEL = "all-MiniLM-L6-v2"


class TextEncoder:
    """Embeds texts. May be used from many threads at once."""

    def __init__(self) -> None:
        """Load the network and its vocabulary.

        Raises:
            SettingsError: a file is missing or not the right one.
        """
        self._session = Session(TEXT_ENCODER, loads_fast=True)
        self._tokenizer = WordPiece(read_vocabulary(VOCABULARY.read()))

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return the embeddings of texts, shape (n, 384), every row of length 1.

        The mean over the tokens, as the model was trained. Each text runs alone: the
        network's activations are quantised over the whole batch, so that in company
        a text would get a slightly different vector.

        Args:
            texts: at least one; what is over 256 tokens of a text is not read.
        """
        return np.stack([self._encode_one(text) for text in texts])

    def _encode_one(self, text: str) -> Floats:
        """Return the embedding of one text, shape (384,)."""
        ids = np.array([self._tokenizer.encode(text)], np.int64)
        tokens = self._session.run(
            ["last_hidden_state"],
            {
                "input_ids": ids,
                "attention_mask": np.ones_like(ids),
                "token_type_ids": np.zeros_like(ids),
            },
        )[0][0]
        mean = tokens.mean(axis=0, dtype=np.float32)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)
