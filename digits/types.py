"""Dataclasses passed between the steps from an image to an answer."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Literal

import numpy as np
from PIL import Image

# uint8 of shape (height, width), (height, width, 3) or (height, width, 4), or PIL of any mode
AnyImage = np.ndarray | Image.Image
# The labels of symbols; "?" labels a symbol that is unknown or unsure.
DIGITS, MARKS, UNKNOWN = "0123456789", ".,-:/()", "?"
Box = tuple[int, int, int, int]  # left, top, right, bottom; right and bottom exclusive
# "canvas": ink darker than a white background, or of any colour on a transparent one
Source = Literal["any", "canvas"]
Verdict = Literal["digit", "unsure", "blank"]


@dataclass(frozen=True, eq=False)
class Ink:
    """The ink of a picture, of one digit in it, or of one symbol."""

    pixels: np.ndarray  # float32 (height, width), 0 background to 1 strongest ink, cropped to ink
    box: Box  # where `pixels` lies in the picture, in pixels of the picture
    scale: float = 1.0  # pixels of the picture per pixel of `pixels`; above 1 if it was shrunk

    def place(self, box: Box) -> Box:
        """Convert a box in `pixels` to a box in the picture."""
        left, top, right, bottom = (side * self.scale for side in box)
        return (
            self.box[0] + floor(left), self.box[1] + floor(top),
            self.box[0] + ceil(right), self.box[1] + ceil(bottom),
        )  # fmt: skip

    def cut(self, box: Box, mask: np.ndarray) -> "Ink":
        """Cut out the part of a box in `pixels` that a bool mask over the box keeps."""
        left, top, right, bottom = box
        return Ink(self.pixels[top:bottom, left:right] * mask, self.place(box), self.scale)


@dataclass(frozen=True, eq=False)
class FoundInk:
    """The ink of a picture that is not blank."""

    everything: Ink
    digit: Ink  # if the picture shows a single digit: its ink, without dust and strays


@dataclass(frozen=True, eq=False)
class Inside:
    """The activations of the network for one drawing."""

    # The feature maps of each block, first block first: float32 (height, width, maps), 0 and above.
    # From block to block, the maps become smaller and more numerous.
    blocks: list[np.ndarray]
    # Evidence for (above 0) and against (below 0) each output at each place: float32 (height,
    # width, 11), the class activation maps (Zhou et al. 2016, https://arxiv.org/abs/1512.04150).
    evidence: np.ndarray

    def most_varied(self, block: int, count: int) -> np.ndarray:
        """Return the feature maps of a block (from 0) that vary most from place to place.

        Returns:
            uint8 (count, height, width), the most varied first; 255 is the maximum of each map.
        """
        maps = np.moveaxis(self.blocks[block], 2, 0)
        chosen = maps[np.argsort(-maps.std(axis=(1, 2)), kind="stable")[:count]]
        strongest = chosen.max(axis=(1, 2), keepdims=True)
        return np.rint(chosen * (255 / np.maximum(strongest, 1e-9))).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Prediction:
    """The prediction for one drawing of a digit."""

    digit: int | None  # 0-9; None if nothing is drawn or the verdict is "unsure"
    probabilities: np.ndarray  # (10,) float32, of the ten digits; sums to 1
    confidence: float  # the largest of them; 0.1 if nothing is drawn
    none: float  # 0-1, the probability of "none of these"; 0 if nothing is drawn
    verdict: Verdict
    pixels: np.ndarray  # (28, 28) uint8: the input of the network
    # The ink that `pixels` were made from. None if nothing is drawn, and from `predict_batch`:
    # the predictions for many photographs must fit into memory.
    ink: Ink | None = None
    inside: Inside | None = None  # only if requested

    @property
    def bars(self) -> np.ndarray:
        """The eleven probabilities as one distribution, as shown side by side.

        Returns:
            float32 (11,), summing to 1: `probabilities` times (1 - `none`), then `none`.
        """
        return np.append(self.probabilities * (1 - self.none), self.none).astype(np.float32)

    @property
    def is_rejected(self) -> bool:
        """Whether "none of these" is likelier than any digit."""
        return self.none > self.confidence * (1 - self.none)

    def __repr__(self) -> str:
        digit = "" if self.digit is None else f" {self.digit}"
        return (
            f"<Prediction: {self.verdict}{digit}, confidence {self.confidence:.3f}, "
            f"none {self.none:.3f}>"
        )


@dataclass(frozen=True, eq=False)
class Symbol:
    """One symbol of a reading."""

    label: str  # "0" to "9", one of ". , - : / ( )", or "?" if unknown or unsure
    box: Box  # in the picture
    mask: np.ndarray  # bool, over the box at the resolution of the ink: the symbol's own pixels
    confidence: float  # 0-1, the probability of the label; of “?”, that of the likeliest label
    prediction: Prediction | None  # of the network for single digits; None for marks


@dataclass(frozen=True, eq=False)
class Reading:
    """Everything that is written in a picture."""

    # "2026": a character for each of `symbols`, line breaks between rows, spaces between numbers in
    # a row. "" if nothing is written.
    text: str
    symbols: list[Symbol]  # in the order of the text

    @property
    def predicted(self) -> list[Symbol]:
        """The symbols with a prediction: all but marks."""
        return [symbol for symbol in self.symbols if symbol.prediction is not None]
