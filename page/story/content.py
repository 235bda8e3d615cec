"""What the story shows: words, and arrays as base64."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import numpy as np

from digits import Prediction
from digits.card import Card, Filter
from digits.explain.filters import filter_response
from digits.explain.neighbours import Examples
from digits.images import png_url
from digits.normalize import field
from digits.types import Ink, Inside
from page.core.text import _
from page.draw.answer import symbol_name
from page.draw.drawing import Drawing, to_png
from page.draw.inside import BEGIN, BLOCKS, MAPS, guesses
from page.draw.reading import TILE, CanvasReading, part_of
from page.story import words

BRIGHT = 128  # the grey level from which a dot counts as bright
STRONG = 0.4  # of a filter's largest weight: smaller weights are not part of its pattern


def content(
    drawing: Drawing, reading: CanvasReading, card: Card, examples: Examples | None
) -> dict[str, Any]:
    """What story.js shows of a drawing.

    Args:
        drawing: the canvas.
        reading: of that drawing, with the inside of its predictions.
        card: of the model that read it.
        examples: the model's training images, if it has them.
    """
    common = {"words": words.translated(), "begin": _(BEGIN), "rests": drawing.rests}
    prediction, part = reading.prediction, part_of(drawing, reading)
    if part is None or prediction.inside is None or prediction.ink is None:
        return common | {"steps": []}
    inside = prediction.inside
    nearest = examples.nearest(examples.embed(inside)) if examples else []
    order = list(guesses(prediction))
    bars = words.bar_texts(prediction)
    matches, first = None, None
    if slid := sliding(prediction, card):
        window, responses = slid
        best = [int(axis) for axis in np.unravel_index(responses.argmax(), responses.shape)]
        common |= {"kernel": window.kernel, "map": packed(responses), "best": best}
        matches, first = count_matches(window.kernel, prediction.pixels, best), window.map
    return common | {
        "steps": words.steps(reading, matches, nearest),
        "drawing": png_url(part.png),
        "box": list(part.box),
        "place": place_in_dots(prediction.ink),
        "pixels": packed(prediction.pixels),
        "blocks": [
            {
                "side": maps.shape[1],
                "maps": [packed(shown) for shown in maps],
                "caption": _(caption),
            }
            for block, caption in enumerate(BLOCKS[: len(inside.blocks)])
            for maps in [most_varied(inside, block, first)]
        ],
        "evidence": {
            "side": inside.evidence.shape[0],
            "names": [words.name(output) for output in order],
            "maps": [packed(heat) for heat in evidence(inside, order)],
        },
        "neighbours": [{"pixels": packed(n.pixels), "label": str(n.label)} for n in nearest],
        "bars": {
            "names": list(bars),
            "percents": list(bars.values()),
            "shares": prediction.bars.round(4).tolist(),
            "best": int(prediction.bars.argmax()),
        },
        "answer": "?" if prediction.digit is None else str(prediction.digit),
        "number": number(drawing, reading),
    }


def number(drawing: Drawing, reading: CanvasReading) -> dict[str, Any] | None:
    """The tiles of a number: the picture, position and reading of each digit.

    Returns:
        The middle x and y of a tile are fractions of the drawing's width and height, its side is a
        fraction of the height. None if the drawing is a single digit.
    """
    if not reading.symbols:
        return None
    image = drawing.picture
    tiles = []
    for chosen, symbol in enumerate(reading.symbols):
        part = part_of(drawing, reading._replace(prediction=symbol.prediction, chosen=chosen))
        left, top, right, bottom = symbol.box
        tiles.append(
            {
                "picture": png_url(part.png),
                "x": (left + right) / 2 / image.width,
                "y": (top + bottom) / 2 / image.height,
                "side": TILE * max(right - left, bottom - top) / image.height,
                "label": symbol.label,
                "name": symbol_name(symbol),
            }
        )
    return {
        "drawing": png_url(to_png(image)),
        "ratio": image.width / image.height,
        "tiles": tiles,
        "chosen": reading.chosen,
        "text": reading.text,
    }


def count_matches(kernel: list[list[float]], pixels: np.ndarray, at: list[int]) -> tuple[int, int]:
    """How many of the dots that should be bright are bright in a window.

    Args:
        kernel: (height, width), odd sides.
        pixels: uint8 (28, 28).
        at: row and column of the window's middle.

    Returns:
        The number of bright dots among those that should be, and the number of these.
    """
    weights = np.array(kernel)
    height, width = weights.shape
    padded = np.pad(pixels, ((height // 2,) * 2, (width // 2,) * 2))
    window = padded[at[0] : at[0] + height, at[1] : at[1] + width]
    wanted = weights >= STRONG * np.abs(weights).max()
    return int((wanted & (window >= BRIGHT)).sum()), int(wanted.sum())


def place_in_dots(ink: Ink) -> list[float]:
    """The position of a digit's ink in the 28×28 dots: left, top, width and height."""
    left, top, side = field(ink.pixels)
    height, width = ink.pixels.shape
    return [float(part) for part in (-left / side, -top / side, width / side, height / side)]


def sliding(prediction: Prediction, card: Card) -> tuple[Filter, np.ndarray] | None:
    """Return a filter of the first layer and its responses, uint8 (28, 28), 255 the strongest.

    Returns:
        None if none of the card's filters responds.
    """
    for candidate in card.filters:
        found = filter_response(np.array(candidate.kernel), candidate.bias, prediction.pixels)
        if found.any():
            return candidate, np.rint(found * (255 / found.max())).astype(np.uint8)
    return None


def most_varied(inside: Inside, block: int, first: int | None) -> np.ndarray:
    """The most varied maps of a block, uint8 (n, side, side). In block 0, map `first` leads."""
    maps = inside.most_varied(block, MAPS)
    if block or first is None:
        return maps
    leading = replace(inside, blocks=[inside.blocks[0][..., [first]]]).most_varied(0, 1)[0]
    others = [other for other in maps if not np.array_equal(other, leading)]
    return np.stack([leading, *others[: MAPS - 1]])


def evidence(inside: Inside, outputs: list[int]) -> np.ndarray:
    """The evidence for and against outputs, on one scale: int8 (n, height, width)."""
    maps = np.moveaxis(inside.evidence[..., outputs], 2, 0)
    return np.rint(maps * (127 / max(np.abs(maps).max(), 1e-9))).astype(np.int8)


def packed(values: np.ndarray) -> str:
    """Encode an array's bytes as base64."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
