"""Any BERT that was exported to ONNX, as an embedder of texts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]  # it ships no types

from imgai.domain.predictions import VectorSpace
from imgai.models.local.tokenizer import WordPiece, read_vocabulary
from tests.benchmarks.judged import Floats

_LONGEST = 512  # tokens; what a BERT reads


class OnnxTexts:
    """Embeds texts by a network in a file."""

    def __init__(self, network: Path, vocabulary: Path, pooling: str) -> None:
        """Load both.

        Args:
            network: with the output `last_hidden_state`.
            vocabulary: of uncased WordPiece tokens, one a line.
            pooling: "cls", the first token's vector, or "mean", that of all.
        """
        self._session = ort.InferenceSession(str(network))
        self._inputs = {one.name for one in self._session.get_inputs()}
        self._tokenizer = WordPiece(read_vocabulary(vocabulary.read_bytes()))
        self._pooling = pooling
        self.space = VectorSpace(network.stem, pooling, self.encode(["x"]).shape[1])

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return the texts' embeddings, a row each, of length 1."""
        return np.stack([self._encode_one(text) for text in texts])

    def _encode_one(self, text: str) -> Floats:
        ids = np.array([self._tokenizer.encode(text, _LONGEST)], np.int64)
        inputs = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        given = {name: value for name, value in inputs.items() if name in self._inputs}
        (tokens,) = self._session.run(["last_hidden_state"], given)
        pooled = tokens[0][0] if self._pooling == "cls" else tokens[0].mean(axis=0)
        unit: Floats = np.asarray(pooled / np.linalg.norm(pooled), np.float32)
        return unit
