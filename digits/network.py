"""Runs exported networks on LiteRT, for any number of threads."""

from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter


BATCH_SIZE = 64  # pictures; larger batches are no faster


class ModelError(Exception):
    """The model can't be used. The message contains the reason and the remedy."""


class Network:
    """An exported network; any number of threads may share it.

    Args:
        content: the bytes of a .tflite file.

    Raises:
        ModelError: the content is not a network, or there is no LiteRT for this system or this
            processor.
    """

    def __init__(self, content: bytes):
        self._content = content
        # Interpreters are not thread-safe: each run takes an idle one, or makes a new one. Keeping
        # one per thread would not help: Streamlit's threads live for one stroke.
        self._idle: SimpleQueue[Interpreter] = SimpleQueue()
        try:
            first = self._new_interpreter()
            outputs = first.get_signature_runner().get_output_details()
        except (ValueError, RuntimeError):
            raise ModelError(
                "A network of the model is damaged. Restore the model, or make a new one."
            ) from None
        self.outputs = {name: detail["index"] for name, detail in outputs.items()}
        self._idle.put(first)

    def run(self, pixels: np.ndarray, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Run the network on n > 0 pictures, `BATCH_SIZE` at a time to save memory.

        Args:
            pixels: uint8 (n, ...), in the shape of the network's input, with or without channels.
            names: of the outputs to return.

        Returns:
            The outputs by name, float32 (n, ...).
        """
        parts = [
            self._run(pixels[start : start + BATCH_SIZE], names)
            for start in range(0, len(pixels), BATCH_SIZE)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _run(self, pixels: np.ndarray, names: Iterable[str]) -> dict[str, np.ndarray]:
        try:
            interpreter = self._idle.get_nowait()
        except Empty:
            interpreter = self._new_interpreter()
        entry = interpreter.get_input_details()[0]
        shape = pixels.shape + (1,) * (len(entry["shape"]) - pixels.ndim)
        if tuple(entry["shape"]) != shape:
            interpreter.resize_tensor_input(entry["index"], shape)
            interpreter.allocate_tensors()
        interpreter.set_tensor(entry["index"], pixels.reshape(shape).astype(np.float32) / 255)
        interpreter.invoke()
        outputs = {name: interpreter.get_tensor(self.outputs[name]) for name in names}
        self._idle.put(interpreter)
        return outputs

    def _new_interpreter(self) -> "Interpreter":
        interpreter = _litert()(model_content=self._content, num_threads=1)
        interpreter.allocate_tensors()
        return interpreter


def _litert() -> "Callable[..., Interpreter]":
    """Import LiteRT's interpreter.

    Raises:
        ModelError: there is none for this system or this processor.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except Exception as error:  # a broken library may raise anything
        raise ModelError(
            "LiteRT, which runs the network, can't be loaded. Run "
            "`pip install --force-reinstall ai-edge-litert`. It exists for Linux, for macOS on "
            "Apple silicon and for Windows on x86-64."
        ) from error
    return Interpreter
