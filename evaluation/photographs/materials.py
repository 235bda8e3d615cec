"""Pens and colours: reflectances of red, green and blue, 0-1."""

from dataclasses import dataclass

import numpy as np

from evaluation.photographs.textures import Colour, Range, Rng

BLACK = [(0.1, 0.1, 0.11), (0.15, 0.14, 0.16), (0.05, 0.05, 0.06)]
BLUE = [(0.1, 0.14, 0.45), (0.16, 0.2, 0.55), (0.05, 0.1, 0.35)]
RED = [(0.65, 0.1, 0.12), (0.5, 0.08, 0.12)]
GREEN = [(0.08, 0.4, 0.18)]
OTHER = [(0.9, 0.45, 0.1), (0.5, 0.2, 0.6)]
CARD = [
    (0.95, 0.85, 0.35), (0.6, 0.8, 0.55), (0.95, 0.65, 0.7), (0.5, 0.7, 0.9), (0.9, 0.6, 0.3),
    (0.72, 0.58, 0.42), (0.75, 0.3, 0.3), (0.3, 0.55, 0.45),
]  # fmt: skip
RECYCLED = [(0.72, 0.58, 0.42), (0.8, 0.78, 0.74), (0.74, 0.72, 0.68)]
WHITEBOARD = [(0.82, 0.84, 0.86)]
CHALKBOARD = [(0.13, 0.22, 0.17), (0.11, 0.12, 0.12), (0.18, 0.27, 0.23), (0.2, 0.2, 0.22)]
CHALK = [(0.8, 0.8, 0.8), (0.8, 0.8, 0.8), (0.8, 0.72, 0.4), (0.8, 0.52, 0.56)]
HIGHLIGHTER = [
    (1, 0.95, 0.1), (1, 0.95, 0.1), (1, 0.93, 0.3), (1, 0.97, 0.45), (1, 0.75, 0.3), (1, 0.6, 0.75),
    (0.6, 1, 0.4), (0.5, 0.85, 1),
]  # fmt: skip
RULING = [
    (0.55, 0.65, 0.85), (0.65, 0.73, 0.88), (0.45, 0.55, 0.8), (0.6, 0.62, 0.66),
    (0.75, 0.76, 0.78), (0.6, 0.75, 0.7), (0.8, 0.6, 0.6), (0.5, 0.52, 0.56),
]  # fmt: skip


@dataclass
class Pen:
    """A pen, pencil, marker or piece of chalk."""

    colour: Colour
    width: float  # of the digit's height
    cover: float  # how much of the paper's colour the ink hides, 0-1
    grain: float  # how much the paper's tooth shows through, 0-1
    fading: float  # how much the pressure changes along a stroke, 0-1
    smear: float  # of chalk and dry markers: how much of its surroundings is smudged


@dataclass(frozen=True)
class PenKind:
    """Pens of one kind; each range is a uniform distribution of a `Pen`'s attribute."""

    colours: list[Colour]
    width: Range
    cover: Range
    grain: Range = (0, 0)
    fading: Range = (0, 0)
    smear: Range = (0, 0)
    brightness: Range = (1, 1)  # multiplies the colour

    def pen(self, rng: Rng) -> Pen:
        """Return a random pen of this kind."""
        ranges = (self.width, self.cover, self.grain, self.fading, self.smear)
        colour = np.array(self.colours[rng.integers(len(self.colours))])
        red, green, blue = (colour * rng.uniform(*self.brightness)).clip(0, 1).tolist()
        return Pen((red, green, blue), *(rng.uniform(*ends) for ends in ranges))


FELT = PenKind(BLACK + BLUE, (0.05, 0.13), (0.85, 1))
BALLPOINT = PenKind(BLUE + BLACK + BLUE + RED, (0.02, 0.045), (0.6, 0.92), (0, 0.25), (0.2, 0.8))
PENCIL = PenKind(
    [(0.32, 0.32, 0.33)], (0.022, 0.06), (0.5, 0.85), (0.15, 0.5), (0.3, 1), brightness=(0.7, 1.3)
)
USUAL = (FELT, FELT, FELT, BALLPOINT, BALLPOINT, PENCIL)
PLAIN_MARKER = PenKind(BLACK + BLUE + RED + GREEN + OTHER, (0.09, 0.2), (0.8, 1), fading=(0.2, 0.2))
PALE_MARKER = PenKind(HIGHLIGHTER, (0.07, 0.16), (0.7, 1), fading=(0.3, 0.3), brightness=(0.75, 1))
BOARD_MARKER = PenKind(
    BLUE + RED + GREEN + BLACK, (0.04, 0.09), (0.8, 1), fading=(0.4, 0.4), smear=(0, 0.1)
)
CHALK_PIECE = PenKind(
    CHALK, (0.04, 0.1), (0.65, 0.95), (0.2, 0.6), (0.3, 0.3), (0, 0.2), brightness=(0.75, 1.2)
)
WHITE_PEN = PenKind(
    [(0.9, 0.9, 0.9), (0.85, 0.75, 0.45)], (0.04, 0.12), (0.85, 1), fading=(0.3, 0.3)
)
DARK_CARD = [(0.05, 0.05, 0.06), (0.25, 0.08, 0.1), (0.08, 0.15, 0.28), (0.1, 0.22, 0.14)]
INK_PENS = (FELT, FELT, BALLPOINT)
