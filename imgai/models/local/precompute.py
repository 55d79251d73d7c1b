"""Makes `weights/label_embeddings.npy`: python -m imgai.models.local.precompute.

To be run when the classes' words, the colours or the text encoder change; then the
file's new SHA-256, which it logs, belongs into `weights.py`.
"""

import hashlib
import io
import logging

import numpy as np

from imgai.models.local.imagenet import read_classes
from imgai.models.local.semantics import embedded_texts
from imgai.models.local.text_encoder import TextEncoder
from imgai.models.local.weights import LABEL_EMBEDDINGS, SHIPPED


def label_embeddings() -> bytes:
    """Return the embeddings of all labels as a .npy file of float16, about 40 s."""
    rows = TextEncoder().encode(embedded_texts(read_classes()))
    content = io.BytesIO()
    np.save(content, rows.astype(np.float16), allow_pickle=False)
    return content.getvalue()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    made = label_embeddings()
    (SHIPPED / LABEL_EMBEDDINGS.name).write_bytes(made)
    logging.getLogger(__name__).info("sha256 %s", hashlib.sha256(made).hexdigest())
