"""The door to onnxruntime: how every local model is loaded and run."""

import os
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from imgai.models.local.weights import WeightsFile

# From 1.32 on it reports its use to its maker: an id and a queue of events appear in
# the user's cache folder as soon as it is imported. Local models are to be local.
# https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime as ort  # type: ignore[import-untyped]  # it ships no types

Floats: TypeAlias = NDArray[np.float32]
Integers: TypeAlias = NDArray[np.int64]


class Session:
    """One loaded network. May be run from many threads at once."""

    def __init__(self, weights: WeightsFile, *, loads_fast: bool = False) -> None:
        """Load and check a network.

        Args:
            weights: its file.
            loads_fast: leave its graph as it is. What is run once or twice is sooner
                done so: the text encoder loads in 20 ms instead of 600, and embeds a
                query in 20 ms instead of 3.

        Raises:
            SettingsError: its file is missing or not the right one.
        """
        options = ort.SessionOptions()
        # Two pictures at a time on a thread each are faster than one picture on
        # two threads, and threads that spin while idle take the core from others.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if loads_fast:
            options.graph_optimization_level = (
                ort.GraphOptimizationLevel.ORT_DISABLE_ALL
            )
        options.log_severity_level = 3  # errors; warnings are not for our users
        self._session = ort.InferenceSession(
            weights.read(), options, providers=["CPUExecutionProvider"]
        )

    def run(
        self, outputs: Sequence[str], inputs: Mapping[str, Floats | Integers]
    ) -> list[Floats]:
        """Return the named outputs for these inputs, each of shape (batch, …)."""
        return [
            np.asarray(output, np.float32)
            for output in self._session.run(list(outputs), dict(inputs))
        ]
