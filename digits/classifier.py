"""Runs the network that train.py exported: a drawing in, a digit and how sure out."""

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, Literal

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from digits.calibrate import cool
from digits.inside import Inside
from digits.normalize import normalize
from digits.quiet import without_chatter

FORMAT = 2  # of the folder: raised when an older program could not read a newer model
BATCH = 64  # drawings a run: more at once gain nothing here and cost memory

Verdict = Literal["digit", "unsure", "blank"]


class ModelError(Exception):
    """The model can't be used. The message says why, and what to do."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the network makes of one drawing."""

    digit: int | None  # 0-9; None when nothing is drawn or the verdict is "unsure"
    probabilities: np.ndarray  # (10,) float32, of the ten digits; sums to 1
    confidence: float  # the largest of them; 0.1 when nothing is drawn
    verdict: Verdict
    pixels: np.ndarray  # (28, 28) uint8: what the network was shown
    inside: Inside | None = None  # what went on in the network, where that was asked for


class DigitClassifier:
    """Reads digits with an exported network; any number of threads may share one.

    "Unsure" is when the network's eleventh output says "none of these", or when no digit stands
    out. Certainty is calibrated by temperature scaling (Guo et al. 2017,
    https://arxiv.org/abs/1706.04599). Both limits and the temperature come from `card.json`.
    """

    def __init__(self, network: bytes, card: dict[str, Any]):
        """Takes the bytes of `digits.tflite` and the content of `card.json`; see `load`."""
        self.card = card
        self._network = network
        self._temperature = float(card["temperature"])
        self._most_none = float(card["thresholds"]["none"])
        self._least_confidence = float(card["thresholds"]["confidence"])
        # Normalising holds Python's own lock for most of its time: two threads at it at once are
        # slower than one. So one normalises while another runs the network, which lets it go.
        self._normalizing = Lock()
        # An interpreter is not thread-safe: whoever comes takes an idle one, or makes one more.
        # (One for each thread would be one for each stroke: Streamlit's threads are short-lived.)
        self._idle: SimpleQueue[Interpreter] = SimpleQueue()
        first = self._new_interpreter()
        outputs = first.get_signature_runner().get_output_details()
        self._outputs = {name: detail["index"] for name, detail in outputs.items()}
        self._idle.put(first)

    @property
    def has_inside(self) -> bool:
        """Whether one can look inside: the network of the book has nothing to be seen."""
        return "evidence" in self._outputs

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> "DigitClassifier":
        """Loads the model that train.py wrote.

        Args:
            folder: holds `digits.tflite` and `card.json`.

        Raises:
            ModelError: a file is missing or damaged, or from another version of this program.
        """
        folder = Path(folder)
        cure = f"Run `python train.py` to make a new one in “{folder}”."
        try:
            card = json.loads((folder / "card.json").read_text("utf-8"))
            network = (folder / "digits.tflite").read_bytes()
        except FileNotFoundError as error:
            raise ModelError(f"The model's file “{error.filename}” is missing. {cure}") from None
        except OSError as error:
            raise ModelError(f"The model can't be read: {error}. {cure}") from None
        except ValueError:
            raise ModelError(f"The model's card.json is damaged. {cure}") from None
        if not isinstance(card, dict) or card.get("format") != FORMAT:
            raise ModelError(f"The model is from another version of this program. {cure}")
        if card.get("sha256") != hashlib.sha256(network).hexdigest():
            raise ModelError(
                f"The model's digits.tflite is damaged, or belongs to another card.json. {cure}"
            )
        try:
            return cls(network, card)
        except (KeyError, TypeError, ValueError, RuntimeError):
            raise ModelError(f"The model is damaged. {cure}") from None

    def predict(self, image: np.ndarray | Image.Image, inside: bool = False) -> Prediction:
        """Reads one drawing.

        Args:
            image: as in `digits.normalize.normalize`.
            inside: also tell what went on in the network, if it `has_inside`.

        Raises:
            TypeError, ValueError: not an image; see `normalize`.
        """
        return self._read([image], inside)[0]

    def predict_batch(self, images: Iterable[np.ndarray | Image.Image]) -> list[Prediction]:
        """Reads drawings of any sizes, and answers in their order.

        More than `BATCH` are read on all processors, while `images` is gone through: it may be a
        generator of more than memory holds.
        """
        images = iter(images)
        parts = iter(lambda: list(islice(images, BATCH)), [])
        first, second = next(parts, []), next(parts, [])
        if not second:
            return self._read(first)
        processors = os.cpu_count() or 1
        found: list[Prediction] = []
        waiting: deque[Future[list[Prediction]]] = deque()
        with ThreadPoolExecutor(processors) as pool:
            for part in chain((first, second), parts):
                waiting.append(pool.submit(self._read, part))
                if len(waiting) > 2 * processors:
                    found += waiting.popleft().result()
            for answers in waiting:
                found += answers.result()
        return found

    def _read(
        self, images: list[np.ndarray | Image.Image], inside: bool = False
    ) -> list[Prediction]:
        if not images:
            return []
        pixels = []
        for image in images:
            with self._normalizing:
                pixels.append(normalize(image))
        names = self._outputs if inside and self.has_inside else ("probabilities",)
        outputs = self._run(np.stack(pixels), names)
        return [
            self._prediction(one, {name: output[place] for name, output in outputs.items()})
            for place, one in enumerate(pixels)
        ]

    def _run(self, pixels: np.ndarray, names: Iterable[str]) -> dict[str, np.ndarray]:
        try:
            interpreter = self._idle.get_nowait()
        except Empty:
            interpreter = self._new_interpreter()
        entry = interpreter.get_input_details()[0]
        shape = (len(pixels), *entry["shape"][1:])
        if tuple(entry["shape"]) != shape:
            interpreter.resize_tensor_input(entry["index"], shape)
            interpreter.allocate_tensors()
        interpreter.set_tensor(entry["index"], pixels.reshape(shape).astype(np.float32) / 255)
        interpreter.invoke()
        outputs = {name: interpreter.get_tensor(self._outputs[name]) for name in names}
        self._idle.put(interpreter)
        return outputs

    def _new_interpreter(self) -> Interpreter:
        with without_chatter():
            interpreter = Interpreter(model_content=self._network, num_threads=1)
            interpreter.allocate_tensors()
        return interpreter

    def _prediction(self, pixels: np.ndarray, outputs: dict[str, np.ndarray]) -> Prediction:
        if not pixels.any():
            return Prediction(None, np.full(10, 0.1, np.float32), 0.1, "blank", pixels)
        output = outputs["probabilities"]
        probabilities, none = (row[0] for row in cool(output[None], self._temperature))
        confidence = float(probabilities.max())
        sure = none <= self._most_none and confidence >= self._least_confidence
        return Prediction(
            digit=int(probabilities.argmax()) if sure else None,
            probabilities=probabilities,
            confidence=confidence,
            verdict="digit" if sure else "unsure",
            pixels=pixels,
            inside=_inside(outputs) if "evidence" in outputs else None,
        )


def _inside(outputs: dict[str, np.ndarray]) -> Inside:
    blocks = [outputs[name] for name in sorted(outputs) if name.startswith("block_")]
    return Inside(blocks, outputs["evidence"])
