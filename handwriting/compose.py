"""Composes random numbers, and the lines that people draw around them."""

from functools import partial
from typing import Any

import numpy as np

from digits.types import DIGITS, MARKS, UNKNOWN
from handwriting import lines, pen, rows
from handwriting.rows import Row, Writer
from handwriting.variation import loosened, varied

MAX_WILD = 0.6  # of varied drawings: see `pen.by_hand`
# The share of each kind:
TEXTS = {
    "integer": 0.25, "decimal": 0.2, "thousands": 0.05, "date": 0.11, "time": 0.08,
    "fraction": 0.08, "negative": 0.05, "in brackets": 0.06, "two numbers": 0.03, "range": 0.03,
    "other symbols": 0.04, "one mark": 0.02,
}  # fmt: skip
ARRANGEMENTS = {
    "row": 0.52, "underlined": 0.08, "boxed": 0.07, "circled": 0.07, "framed": 0.02,
    "struck out": 0.05, "ticked": 0.03, "ruled": 0.03, "column": 0.06, "sum": 0.04,
    "fraction": 0.03,
}  # fmt: skip
SPACINGS: dict[rows.Spacing, float] = {"wide": 0.25, "close": 0.25, "touching": 0.35, "mixed": 0.15}


def random_digits(rng: np.random.Generator, least: int, most: int) -> str:
    """Return a number of `least` to `most` digits."""
    return "".join(rng.choice(list(DIGITS), rng.integers(least, most + 1)))


def random_text(rng: np.random.Generator) -> str:
    """Return an integer, a decimal, a date, a time or the like."""
    digits = partial(random_digits, rng)
    point = str(rng.choice(list(".,")))
    match _chosen(TEXTS, rng):
        case "integer":
            return digits(1, 6)
        case "decimal":
            return ("-" if rng.random() < 0.15 else "") + digits(1, 4) + point + digits(1, 3)
        case "thousands":
            number = digits(1, 3) + point + digits(3, 3)
            cents = ("," if point == "." else ".") + digits(2, 2)
            return number + cents * int(rng.integers(2))
        case "date":
            between = str(rng.choice(list("..-/")))
            return digits(1, 2) + between + digits(1, 2) + between + digits(2, 4)
        case "time":
            return digits(1, 2) + ":" + digits(2, 2) + (":" + digits(2, 2)) * int(rng.integers(2))
        case "fraction":
            return digits(1, 3) + "/" + digits(1, 4)
        case "negative":
            return "-" + digits(1, 4)
        case "in brackets":
            return "(" + random_text(rng)[:8].strip() + ")"
        case "two numbers":
            return digits(1, 4) + " " + digits(1, 4)
        case "range":
            return digits(1, 4) + "-" + digits(1, 4)
        case "other symbols":
            text = np.array(list(digits(1, 5)))
            text[rng.random(len(text)) < 0.5] = UNKNOWN
            return "".join(text)
        case _:
            return str(rng.choice(list(MARKS))) + digits(0, 1)


def random_row(writer: Writer, rng: np.random.Generator, height: float = 60.0) -> Row:
    """Compose a number, or several below one another, often with lines around them.

    Args:
        writer: whose drawings are used, each slightly varied.
        height: of a digit in pixels; the median.
    """
    style = _random_style(rng, height)

    def row(text: str | None = None, **arguments: Any) -> Row:
        spacing = _chosen(SPACINGS, rng)
        return rows.write(writer, text or random_text(rng), rng, spacing, **style, **arguments)

    def number(least: int, most: int, **arguments: Any) -> Row:
        return row(random_digits(rng, least, most), **arguments)

    match _chosen(ARRANGEMENTS, rng):
        case "row":
            return row()
        case "underlined":
            return lines.underlined(row(steepest=4), rng, above=rng.random() < 0.1)
        case "boxed":
            is_number = rng.random() < 0.7
            text = random_digits(rng, 2, 7) if is_number else random_text(rng).replace(" ", "")
            comb, uprights = rng.random(2) < 0.35
            return lines.boxed(writer, text, rng, comb=comb, uprights=uprights, **style)
        case "circled":
            written = row(steepest=5)
            around_a_symbol = rng.random() < 0.7
            index = int(rng.integers(len(written.symbols))) if around_a_symbol else None
            return lines.circled(written, rng, index)
        case "framed":
            return lines.framed(row(steepest=2), rng)
        case "struck out":
            return lines.struck_out(number(2, 5), rng)
        case "ticked":
            return lines.ticked(row(), rng)
        case "ruled":
            return lines.ruled(row(steepest=3), rng, squared=rng.random() < 0.4)
        case "column":
            longest = int(rng.choice([1, 1, 2, 4]))
            numbers = [number(1, longest, steepest=3) for _ in range(rng.integers(2, 4))]
            return rows.below(numbers, rng, (0.02, 0.7), rng.choice([0, 0.5, 1]))
        case "sum":
            terms = [number(1, 3, steepest=3) for _ in range(2)]
            if rng.random() < 0.4:
                sign = str(rng.choice(["-", UNKNOWN]))
                terms[1] = row(sign + random_digits(rng, 1, 3), steepest=3)
            top = lines.underlined(rows.below(terms, rng, (0.1, 0.6), 1), rng)
            return rows.below([top, number(1, 4, steepest=3)], rng, (0.05, 0.5), 1)
        case _:
            over = lines.underlined(number(1, 3, steepest=3), rng)
            return rows.below([over, number(1, 3, steepest=3)], rng, (0.05, 0.5), 0.5)


def _random_style(rng: np.random.Generator, height: float) -> dict[str, Any]:
    """Return arguments of `rows.write` that stay the same throughout a number."""
    wild = rng.uniform(0, MAX_WILD)
    lean = np.array([[np.exp(rng.normal(0, 0.12)), 0], [rng.normal(0, 0.12), 1]])

    def redraw(strokes: pen.Strokes) -> pen.Strokes:
        is_dot = len(strokes) == 1 and len(strokes[0]) < 3
        if is_dot:
            return strokes
        if rng.random() < 0.4:
            strokes = varied(loosened(strokes, rng), rng, wild)
        return pen.unit([stroke @ lean for stroke in strokes])

    size = height * float(np.exp(np.clip(rng.normal(0, 0.22), -0.5, 0.5)))
    return {
        "redraw": redraw, "size": size,
        "width": max(2.0, size * float(np.exp(rng.uniform(np.log(0.035), np.log(0.2))))),
        "uneven": rng.choice([0.08, 0.18]), "drift": rng.choice([0.04, 0.1]),
    }  # fmt: skip


def _chosen(shares: dict[Any, float], rng: np.random.Generator) -> Any:
    """Return a random key; the values are the probabilities."""
    return list(shares)[rng.choice(len(shares), p=list(shares.values()))]
