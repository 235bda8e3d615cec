"""Runs the exported network: takes a drawing, returns a digit and its confidence."""

import os
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from threading import Lock

import numpy as np

from digits.calibration import apply_temperature
from digits.card import LAYOUT, NETWORK, Card, CardError, Pool, read_model
from digits.ink import find_ink
from digits.ink.components import label
from digits.network import BATCH_SIZE, ModelError, Network
from digits.normalize import BLANK, centre
from digits.numbers.layout import HEADS, MIN_INK, LocatedSymbol, find_symbols
from digits.numbers.reader import read_ink
from digits.types import DIGITS, UNKNOWN, AnyImage, Ink, Inside, Prediction, Reading, Source, Symbol

_HERE = Path(__file__).parent
# The shipped model is inside the package if it was installed from a wheel, otherwise beside it.
SHIPPED = _HERE / "model" if (_HERE / "model").is_dir() else _HERE.parent / "model"
# For `is_single_digit`; ratios are width to height of all ink.
MAX_CLEAR_RATIO = 0.95  # up to here, ink with a probability of MIN_CLEAR is a single digit
MAX_NARROW_RATIO = 0.6  # up to here, so is ink that is a single component
MIN_CLEAR = 0.97  # the minimum probability of a clear digit
MAX_DUST = 0.1  # of all ink: a single symbol has the rest
MIN_COMPONENT = 0.08  # of the largest component's longer side: anything smaller is dust


class DigitClassifier:
    """Reads digits with an exported network; any number of threads may share an instance.

    The verdict is "unsure" if "none of these", the network's eleventh output, is more likely than
    `thresholds.none`, or the likeliest digit less likely than `thresholds.confidence`. These and
    the temperature come from `card.json`. Probabilities are calibrated by temperature scaling (Guo
    et al. 2017, https://arxiv.org/abs/1706.04599).
    """

    def __init__(self, card: Card, files: Mapping[str, bytes]):
        """Take the contents of NETWORK and LAYOUT by name; LAYOUT defaults to the shipped one.

        Raises:
            ModelError: the network is damaged, or LiteRT can't be loaded.
        """
        self.card = card
        self._files = files
        # Normalizing holds the GIL most of the time, so two threads would be slower than one. One
        # thread normalizes while others run the network, which releases the GIL.
        self._normalizing = Lock()
        self._network = Network(files[NETWORK])

    @property
    def has_inside(self) -> bool:
        """Whether the model returns its activations; a dense network does not."""
        return "evidence" in self._network.outputs

    @classmethod
    def load(cls, folder: str | os.PathLike[str] = SHIPPED) -> "DigitClassifier":
        """Load a model that train.py exported.

        Args:
            folder: contains `digits.tflite` and `card.json`; by default the shipped model.

        Raises:
            ModelError: a file is missing, damaged or from another version of this program; or
                LiteRT, which runs the network, can't be loaded.
        """
        folder = Path(folder)
        remedy = _remedy(folder)
        try:
            card, files = read_model(folder, (NETWORK, LAYOUT))
        except FileNotFoundError as error:
            raise ModelError(f"The model's file “{error.filename}” is missing. {remedy}") from None
        except OSError as error:
            raise ModelError(f"The model can't be read: {error}. {remedy}") from None
        except CardError as error:
            reason = str(error)
            raise ModelError(f"{reason[0].upper()}{reason[1:]}. {remedy}") from None
        try:
            return cls(card, files)
        except (KeyError, TypeError, ValueError, RuntimeError):
            raise ModelError(f"The model is damaged. {remedy}") from None

    def predict(self, image: AnyImage, inside: bool = False, source: Source = "any") -> Prediction:
        """Classify one digit.

        Args:
            image, source: as in `digits.ink.find_ink`.
            inside: also return the activations, if the model `has_inside`.

        Raises:
            TypeError, ValueError: not an image; see `digits.ink.find_ink`.
        """
        return self._classify([image], source, inside)[0]

    def predict_batch(self, images: Iterable[AnyImage], source: Source = "any") -> list[Prediction]:
        """Classify one digit in each image, in the order of the images.

        Images are classified on all processors while `images` is iterated, so a generator may yield
        more images than memory holds. The predictions have no `ink`.

        Args:
            images: as in `digits.ink.find_ink`.
            source: of all images, as in `digits.ink.find_ink`.

        Raises:
            TypeError, ValueError: an item is not an image; see `digits.ink.find_ink`.
        """

        def classify(batch: list[AnyImage]) -> list[Prediction]:
            return [replace(found, ink=None) for found in self._classify(batch, source)]

        images = iter(images)
        processors = os.cpu_count() or 1
        predictions: list[Prediction] = []
        waiting: deque[Future[list[Prediction]]] = deque()
        with ThreadPoolExecutor(processors) as pool:
            while batch := list(islice(images, BATCH_SIZE)):
                waiting.append(pool.submit(classify, batch))
                if len(waiting) > 2 * processors:
                    predictions += waiting.popleft().result()
            for future in waiting:
                predictions += future.result()
        return predictions

    def read(
        self,
        image: AnyImage,
        inside: bool = False,
        quick: bool = False,
        source: Source = "any",
    ) -> Reading:
        """Read everything in a picture: one digit, a number, rows of numbers.

        A single digit gets the `Prediction` that `predict` returns, and so does a picture in which
        no symbol is known.

        Args:
            image, source: as in `digits.ink.find_ink`.
            inside: also return the activations for each symbol, if the model `has_inside`.
            quick: take ink without a gap from left to right for a single digit. Meant for pictures
                that are taken while the pen moves: reading a number takes far longer than a digit.

        Raises:
            TypeError, ValueError: not an image; see `digits.ink.find_ink`.
        """
        with self._normalizing:
            found = find_ink(image, source)
            if found is None:
                return Reading("", [])
            pixels = centre(found.digit.pixels)
        ink = found.everything
        (as_digit,) = self._predictions(pixels[None], [found.digit], inside)
        if not is_single_digit(ink.pixels, as_digit, quick):
            _, pool = self._layout
            reading = read_ink(ink, self.locate(ink.pixels), self.classify, pool)
            has_digit = any(symbol.label in DIGITS for symbol in reading.symbols)
            if has_digit and not is_only_symbol(reading.symbols, ink):
                return self._with_inside(reading) if inside and self.has_inside else reading
        text = UNKNOWN if as_digit.digit is None else str(as_digit.digit)
        confidence = float(as_digit.bars.max())
        return Reading(text, [Symbol(text, ink.box, ink.pixels > 0, confidence, as_digit)])

    def _with_inside(self, reading: Reading) -> Reading:
        """Add the activations for each symbol with a prediction."""
        predictions = [symbol.prediction for symbol in reading.symbols if symbol.prediction]
        pixels = np.stack([prediction.pixels for prediction in predictions])
        inks = [prediction.ink for prediction in predictions]
        insides = iter(found.inside for found in self._predictions(pixels, inks, inside=True))
        symbols = [
            replace(symbol, prediction=replace(symbol.prediction, inside=next(insides)))
            if symbol.prediction
            else symbol
            for symbol in reading.symbols
        ]
        return Reading(reading.text, symbols)

    def classify(self, pixels: np.ndarray) -> np.ndarray:
        """Run the network on normalized images.

        Args:
            pixels: uint8 (n, 28, 28), as `digits.normalize.centre` returns them.

        Returns:
            float32 (n, 11), calibrated: the probabilities of the ten digits, which sum to 1, and
            that of "none of these".
        """
        outputs = self._network.run(pixels, ("probabilities",))["probabilities"]
        digits, none = apply_temperature(outputs, self.card.temperature)
        return np.column_stack([digits, none]).astype(np.float32)

    def locate(self, ink: np.ndarray) -> list[LocatedSymbol]:
        """Find the symbols in ink, float32 (height, width), 0 background to 1 ink."""
        return find_symbols(ink, self._predict_layout)

    def _predict_layout(self, image: np.ndarray) -> np.ndarray:
        """Run the layout network: see `digits.numbers.layout.Predict`."""
        network, _ = self._layout
        outputs = network.run(image[None], HEADS)
        return np.concatenate([outputs[name][0] for name in HEADS], axis=-1)

    @cached_property
    def _layout(self) -> tuple[Network, Pool]:
        """The layout network, loaded for the first number, and the pool that was fitted to it.

        A model without a layout network, as train.py writes, uses the shipped network and pool.
        """
        card, files = self.card, self._files
        if LAYOUT not in files:
            try:
                card, files = read_model(SHIPPED, (LAYOUT,))
            except (OSError, CardError):
                raise ModelError(
                    f"The model's file “{LAYOUT}” can't be read. {_remedy(SHIPPED)}"
                ) from None
        return Network(files[LAYOUT]), card.pool

    def _classify(
        self, images: list[AnyImage], source: Source, inside: bool = False
    ) -> list[Prediction]:
        pixels, inks = [], []
        for image in images:
            with self._normalizing:
                found = find_ink(image, source)
                pixels.append(BLANK if found is None else centre(found.digit.pixels))
            inks.append(None if found is None else found.digit)
        return self._predictions(np.stack(pixels), inks, inside)

    def _predictions(
        self, pixels: np.ndarray, inks: Sequence[Ink | None], inside: bool = False
    ) -> list[Prediction]:
        """Classify normalized images, uint8 (n, 28, 28), that were made from `inks`."""
        with_inside = inside and self.has_inside
        outputs = self._network.run(
            pixels, self._network.outputs if with_inside else ("probabilities",)
        )
        probabilities, none = apply_temperature(outputs["probabilities"], self.card.temperature)
        predictions = []
        for index, (ink, none_of_these) in enumerate(zip(inks, none.tolist(), strict=True)):
            prediction = self._prediction(pixels[index], probabilities[index], none_of_these)
            if prediction.verdict != "blank":
                activations = inside_of(outputs, index) if with_inside else None
                prediction = replace(prediction, ink=ink, inside=activations)
            predictions.append(prediction)
        return predictions

    def _prediction(self, pixels: np.ndarray, probabilities: np.ndarray, none: float) -> Prediction:
        if not pixels.any():
            return Prediction(None, np.full(10, 0.1, np.float32), 0.1, 0.0, "blank", pixels)
        digit = int(probabilities.argmax())
        confidence = float(probabilities[digit])
        unsure = Prediction(None, probabilities, confidence, none, "unsure", pixels)
        thresholds = self.card.thresholds
        if unsure.is_rejected or none > thresholds.none or confidence < thresholds.confidence:
            return unsure
        return replace(unsure, digit=digit, verdict="digit")


def is_single_digit(ink: np.ndarray, prediction: Prediction, quick: bool) -> bool:
    """Decide whether ink is a single digit, without looking for several.

    Args:
        ink: float32 (height, width), cropped.
        prediction: for all of the ink as one digit.
        quick: as in `DigitClassifier.read`.
    """
    mask = ink > MIN_INK
    for axis in (0, 1):  # a gap between columns or rows separates symbols
        inked = np.flatnonzero(mask.any(axis=axis))
        if not len(inked) or np.ptp(inked) >= len(inked):
            return False
    if quick:
        return True
    ratio = ink.shape[1] / ink.shape[0]
    if ratio > MAX_CLEAR_RATIO:
        return False
    is_clear = prediction.confidence * (1 - prediction.none) >= MIN_CLEAR
    if prediction.digit is not None and is_clear:
        return True
    if ratio > MAX_NARROW_RATIO:
        return False
    _, boxes = label(mask)
    sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    return bool((sizes >= MIN_COMPONENT * sizes.max()).sum() == 1)


def is_only_symbol(symbols: list[Symbol], ink: Ink) -> bool:
    """Whether there is a single symbol, which contains all ink but dust."""
    ink_of_symbol = symbols[0].prediction and symbols[0].prediction.ink
    if len(symbols) > 1 or ink_of_symbol is None:
        return False
    return float(ink_of_symbol.pixels.sum()) > (1 - MAX_DUST) * float(ink.pixels.sum())


def inside_of(outputs: Mapping[str, np.ndarray], index: int) -> Inside:
    """Select the activations for one of n pictures.

    Args:
        outputs: the network's, by name: "block_1", "block_2", … and "evidence", each (n, ...).
        index: of the picture.
    """
    names = [name for name in outputs if name.startswith("block_")]
    names.sort(key=lambda name: int(name.removeprefix("block_")))
    return Inside([outputs[name][index] for name in names], outputs["evidence"][index])


def _remedy(folder: Path) -> str:
    """Return what to do about a model that can't be used."""
    is_shipped = folder.resolve() == SHIPPED.resolve()
    if SHIPPED.parent == _HERE:  # installed from a wheel, without train.py
        if is_shipped:
            return "Install the package again: the model comes with it."
        return "Copy all files of a model to this folder, or use the model of the package."
    if is_shipped:
        return f"Run `python train.py` to make a new one in “{folder}”."
    name = str(folder)
    quoted = name if re.fullmatch(r"[\w./\\:~-]+", name) else f'"{name}"'
    return f"Run `python train.py --out {quoted}` to make a new one there."
