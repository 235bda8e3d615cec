"""Runs the network that train.py exported: a drawing in, a digit and how sure out."""

import hashlib
import json
import os
import re
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, islice
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
from PIL import Image

from digits.calibration import apply_temperature
from digits.explain.inside import Inside
from digits.network import ModelError, Network
from digits.normalize import centre, find_writing, pixels_of, shrink
from digits.numbers.reader import UNKNOWN, WIDEST, Reading, Symbol, is_plain, read_ink

FORMAT = 2  # of the folder: raised when an older program could not read a newer model
_HERE = Path(__file__).parent
# The shipped model: inside the package where that was installed from a wheel, beside it elsewhere.
SHIPPED = _HERE / "model" if (_HERE / "model").is_dir() else _HERE.parent / "model"
ROWS = "rows.tflite"  # the network that reads rows
BATCH = 64  # drawings a run: more at once gain nothing here and cost memory

Verdict = Literal["digit", "unsure", "blank"]


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the network makes of one drawing."""

    digit: int | None  # 0-9; None when nothing is drawn or the verdict is "unsure"
    probabilities: np.ndarray  # (10,) float32, of the ten digits; sums to 1
    confidence: float  # the largest of them; 0.1 when nothing is drawn
    none: float  # 0-1, the probability of "none of these"; 0 when nothing is drawn
    verdict: Verdict
    pixels: np.ndarray  # (28, 28) uint8: what the network was shown
    inside: Inside | None = None  # what went on in the network, where that was asked for

    @property
    def bars(self) -> np.ndarray:
        """The eleven probabilities as one distribution, as they are shown side by side.

        Returns:
            float32 (11,), summing to 1: `probabilities` times (1 - `none`), then `none`.
        """
        return np.append(self.probabilities * (1 - self.none), self.none).astype(np.float32)


class DigitClassifier:
    """Reads digits with an exported network; any number of threads may share one.

    "Unsure" is when the network's eleventh output says "none of these", or when no digit stands
    out. Certainty is calibrated by temperature scaling (Guo et al. 2017,
    https://arxiv.org/abs/1706.04599). Both limits and the temperature come from `card.json`.
    """

    def __init__(self, network: bytes, card: dict[str, Any]):
        """Takes the bytes of `digits.tflite` and the content of `card.json`; see `load`."""
        self.card = card
        self._temperature = float(card["temperature"])
        self._most_none = float(card["thresholds"]["none"])
        self._least_confidence = float(card["thresholds"]["confidence"])
        # Normalising holds the GIL for most of its time: two threads at it at once are slower than
        # one. So one normalises while another runs the network, which releases the GIL.
        self._normalizing = Lock()
        self._network = Network(network)

    @property
    def has_inside(self) -> bool:
        """Whether one can look inside: the network of the book has nothing to be seen."""
        return "evidence" in self._network.outputs

    @classmethod
    def load(cls, folder: str | os.PathLike[str] = SHIPPED) -> "DigitClassifier":
        """Loads the model that train.py wrote.

        Args:
            folder: holds `digits.tflite` and `card.json`; by default the model that ships.

        Raises:
            ModelError: a file is missing or damaged, or from another version of this program; or
                LiteRT, which runs the network, can't be loaded.
        """
        folder = Path(folder)
        cure = _cure(folder)
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

    def read(self, image: np.ndarray | Image.Image, inside: bool = False) -> Reading:
        """Reads all that is written: one digit, a number, rows of numbers.

        One digit alone gets just the `Prediction` that `predict` gives.

        Args:
            image: as in `digits.normalize.normalize`.
            inside: also tell what went on in the network for each symbol, if it `has_inside`.

        Raises:
            TypeError, ValueError: not an image; see `normalize`.
        """
        with self._normalizing:
            writing = find_writing(image)
            if writing is None:
                return Reading("", [])
            pixels = centre(writing.digit)
        ink = writing.ink
        whole = None
        if ink.shape[1] <= WIDEST * ink.shape[0]:
            (whole,) = self._predictions(pixels[None], [writing.digit] if inside else None)
            plain = whole.digit is not None and is_plain(ink, whole.confidence, whole.none)
        lines = [] if whole and plain else read_ink(ink, self._look, self._scan)
        found = [symbol for line in lines for symbol in line.symbols]
        if len(found) < 2:
            if whole is None:
                (whole,) = self._predictions(pixels[None], [writing.digit] if inside else None)
            text = UNKNOWN if whole.digit is None else str(whole.digit)
            return Reading(text, [Symbol(writing.place((0, 0, *ink.shape[::-1])), whole)])
        said = [self._prediction(s.pixels, s.outputs[:10], float(s.outputs[10])) for s in found]
        if inside and self.has_inside:
            cuts = [
                ink[symbol.box[1] : symbol.box[3], symbol.box[0] : symbol.box[2]]
                for symbol in found
            ]
            looked = self._predictions(np.stack([symbol.pixels for symbol in found]), cuts)
            said = [replace(one, inside=its.inside) for one, its in zip(said, looked, strict=True)]
        symbols = []
        for symbol, prediction in zip(found, said, strict=True):
            verdict: Verdict = "unsure" if symbol.digit is None else "digit"
            prediction = replace(prediction, digit=symbol.digit, verdict=verdict)
            symbols.append(Symbol(writing.place(symbol.box), prediction, symbol.certainty))
        return Reading("\n".join(line.text for line in lines), symbols)

    def _look(self, pixels: np.ndarray) -> np.ndarray:
        """What the network says of pictures, calibrated: see `digits.numbers.reader.Look`."""
        outputs = self._network.run(pixels, ("probabilities",))["probabilities"]
        digits, none = apply_temperature(outputs, self._temperature)
        return np.column_stack([digits, none]).astype(np.float32)

    def _scan(self, strip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the network for rows says of a strip: see `digits.numbers.reader.Scan`."""
        said = _network_for_rows().run(strip[None], ("classes", "edges"))
        return said["classes"][0], said["edges"][0]

    def _read(
        self, images: list[np.ndarray | Image.Image], inside: bool = False
    ) -> list[Prediction]:
        if not images:
            return []
        pixels = []
        inks: list[np.ndarray | None] = []
        for image in images:
            with self._normalizing:
                writing = find_writing(image)
                pixels.append(pixels_of(writing))
            if inside:
                inks.append(None if writing is None else writing.digit)
        return self._predictions(np.stack(pixels), inks if inside else None)

    def _predictions(
        self, pixels: np.ndarray, inks: Sequence[np.ndarray | None] | None = None
    ) -> list[Prediction]:
        """What the network makes of pictures, uint8 (n, 28, 28).

        Args:
            inks: what each was made of; then it is also told what went on inside.
        """
        looking = inks is not None and self.has_inside
        outputs = self._network.run(
            pixels, self._network.outputs if looking else ("probabilities",)
        )
        probabilities, none = apply_temperature(outputs["probabilities"], self._temperature)
        found = [
            self._prediction(*one) for one in zip(pixels, probabilities, none.tolist(), strict=True)
        ]
        if inks is None or not looking:
            return found
        return [
            prediction
            if ink is None or prediction.verdict == "blank"
            else replace(prediction, inside=_inside(outputs, place, ink))
            for place, (prediction, ink) in enumerate(zip(found, inks, strict=True))
        ]

    def _prediction(self, pixels: np.ndarray, probabilities: np.ndarray, none: float) -> Prediction:
        if not pixels.any():
            return Prediction(None, np.full(10, 0.1, np.float32), 0.1, 0.0, "blank", pixels)
        digit = int(probabilities.argmax())
        confidence = float(probabilities[digit])
        sure = none <= self._most_none and confidence >= self._least_confidence
        return Prediction(
            digit=digit if sure else None,
            probabilities=probabilities,
            confidence=confidence,
            none=none,
            verdict="digit" if sure else "unsure",
            pixels=pixels,
        )


@cache
def _network_for_rows() -> Network:
    """Made by `training.rows`, and the same with each model. Loaded with the first number."""
    try:
        return Network((SHIPPED / ROWS).read_bytes())
    except OSError as error:
        raise ModelError(
            f"The model's file “{error.filename}” can't be read. {_cure(SHIPPED)}"
        ) from None


def _inside(outputs: dict[str, np.ndarray], place: int, ink: np.ndarray) -> Inside:
    names = [name for name in outputs if name.startswith("block_")]
    names.sort(key=lambda name: int(name.removeprefix("block_")))
    blocks = [outputs[name][place] for name in names]
    return Inside(blocks, outputs["evidence"][place], shrink(ink))


def _cure(folder: Path) -> str:
    """What to do where there is no model that can be used."""
    if folder.resolve() == SHIPPED.resolve():
        if SHIPPED.parent == _HERE:
            return "Install the package anew; the model comes with it."
        return f"Run `python train.py` to make a new one in “{folder}”."
    name = str(folder)
    quoted = name if re.fullmatch(r"[\w./\\:~-]+", name) else f'"{name}"'
    return f"Run `python train.py --out {quoted}` to make a new one there."
