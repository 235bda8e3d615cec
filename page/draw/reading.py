"""The reading of a drawing on the first page, and what is kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageFilter

from page.core.error_boundary import explain
from page.core.visit import visit
from page.draw.drawing import Drawing, to_png
from page.play.view import TaughtMatch, recognize

if TYPE_CHECKING:  # at run time it is imported once the canvas is there to draw on
    from digits import Classifier, Prediction, Symbol

TILE = 1.3  # the side of a digit's square tile, as a multiple of the digit's longer side
UNKNOWN = "?"  # as in digits.types, which is imported later


class CanvasReading(NamedTuple):
    """The reading of a drawing as the page shows it; see also `digits.types.Reading`."""

    prediction: Prediction | None = None  # None: nothing is drawn, or it can't be read
    trouble: str = ""  # why it can't be read; `code` in backticks
    text: str = ""  # of a number: see `digits.types.Reading`
    symbols: Sequence[Symbol] = ()  # its symbols, except marks; empty if there is only one
    chosen: int = 0  # the index of the symbol that `prediction` is for
    match: TaughtMatch | None = None  # similarity of a single symbol to the one that was taught


def read(drawing: Drawing, classifier: Classifier, inside: bool, single: bool) -> CanvasReading:
    """Return the reading of a drawing; an unchanged drawing is not read again.

    Args:
        drawing: on the canvas.
        classifier: reads it.
        inside: also return the activations of the network.
        single: take all ink for a single symbol.
    """
    state = visit().draw
    if not drawing.strokes:
        state.chosen = None
        return CanvasReading()
    # Reruns without a change (another theme, a pen that rests) don't read it again.
    play = visit().play
    read_for = (drawing.strokes, drawing.lifted, inside, single, play.changes, play.symbol_name)
    if state.read_for != read_for:
        try:
            state.reading = read_picture(drawing, classifier, inside, single)
        except Exception as error:
            return CanvasReading(trouble=explain(error))
        state.read_for = read_for
    reading = state.reading
    if drawing.rests and not drawing.attract:
        remember_digit(reading)  # for “How I learned”
    if not reading.symbols:
        return reading
    # By default the last one: it is being drawn.
    last = len(reading.symbols) - 1
    chosen = state.chosen if state.chosen in range(last) else last
    return reading._replace(prediction=reading.symbols[chosen].prediction, chosen=chosen)


def read_picture(
    drawing: Drawing, classifier: Classifier, inside: bool, single: bool
) -> CanvasReading:
    """Return the reading of the canvas's picture.

    A taught symbol is checked first, because it may be as wide as a number.
    """
    if single or visit().play.taught:
        as_one_symbol = classifier.predict(drawing.picture, inside=inside, source="canvas")
        if as_one_symbol.verdict == "blank":
            return CanvasReading()
        match = recognize(as_one_symbol)
        if single or (match and match.accepted):
            return CanvasReading(as_one_symbol, match=match)
    quick = not drawing.lifted
    result = classifier.read(drawing.picture, inside=inside, quick=quick, source="canvas")
    if len(result.symbols) > 1:
        return CanvasReading(text=result.text, symbols=result.predicted)
    prediction = result.symbols[0].prediction if result.symbols else None
    return CanvasReading(prediction, match=recognize(prediction) if prediction else None)


def remember_digit(reading: CanvasReading) -> None:
    """Remember the visitor's last digit."""
    last = reading.symbols[-1].prediction if reading.symbols else reading.prediction
    if last:
        visit().draw.last_digit = last.pixels


def choose(place: int) -> None:
    """Show the bars and the pixels of the symbol that was tapped in a number."""
    visit().draw.chosen = place


class Part(NamedTuple):
    """The part of a drawing that is shown: one symbol of a number, otherwise all of it."""

    png: bytes  # square
    box: tuple[float, float, float, float]  # of the digit: left, top, width, height; side is 1


def part_of(drawing: Drawing, reading: CanvasReading) -> Part | None:
    """The part of the drawing that `reading.prediction` is for; None if nothing is drawn."""
    prediction = reading.prediction
    if not drawing.strokes or prediction is None or prediction.ink is None:
        return None
    image = drawing.picture
    left, top, right, bottom = prediction.ink.box
    mask, corner, side = None, (0, 0), max(image.size)
    if reading.symbols:
        symbol = reading.symbols[reading.chosen]
        corner = symbol.box[:2]
        image = image.crop(symbol.box)
        side = round(TILE * max(image.size))
        mask = Image.fromarray(symbol.mask).convert("L").resize(image.size)
        mask = mask.filter(ImageFilter.MaxFilter(3))  # the soft edges of strokes, too
    place = (side - image.width) // 2, (side - image.height) // 2
    x, y = (place[axis] - corner[axis] for axis in (0, 1))
    box = (left + x) / side, (top + y) / side, (right - left) / side, (bottom - top) / side
    square = Image.new("L", (side, side), "white")
    square.paste(image, place, mask)
    return Part(to_png(square), box)
