"""Measures how well numbers are read.

python -m evaluation.numbers --pens PATH           all of it; some minutes
python -m evaluation.numbers --pens PATH --quick   on small samples

PATH is a UNIPEN distribution (see `training.unipen`). The numbers are composed of digits and marks
by the writers of the test split, on whose drawings no network was trained.
"""

import argparse
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from PIL import Image

from digits import DigitClassifier
from digits.images import open_image
from digits.types import UNKNOWN
from handwriting import lines, rows
from handwriting.compose import random_digits as number
from handwriting.rows import Row, Writer, on_page
from training import unipen, writers
from training.command_line import add_pens, run

Sample = tuple[Image.Image, str]  # a picture and its text
Compose = Callable[[Writer, Generator], Sample]


def main() -> int:
    args = parse_arguments()
    drawings = unipen.read_all(args.pens)
    classifier = DigitClassifier.load(args.model)
    held_out = writers.by_writer(writers.of_split(drawings, args.split))
    report = measure(classifier, held_out, 40 if args.quick else 300)
    print(json.dumps({"writers": len(held_out), **report}, indent=1))
    return 0


# Composing


def scanned(row: Row, rng: Generator) -> Sample:
    """Put a row on a page: dark ink on white."""
    row, page = on_page(row, rng)
    return Image.fromarray(255 - page), row.text


def plain(spacing: rows.Spacing, least: int = 2, **style: Any) -> Compose:
    """Compose numbers of `least` to 6 digits; further arguments as of `rows.write`."""
    return lambda writer, rng: scanned(
        rows.write(writer, number(rng, least, 6), rng, spacing, **style), rng
    )


def with_marks(text: Callable[[Generator], str]) -> Compose:
    """Compose random texts."""
    return lambda writer, rng: scanned(rows.write(writer, text(rng), rng, "close", steepest=4), rng)


def with_lines(draw: Callable[[Row, Generator], Row]) -> Compose:
    """Compose numbers with lines around them, by a function of `handwriting.lines`."""
    return lambda writer, rng: scanned(
        draw(rows.write(writer, number(rng, 3, 6), rng, "close", steepest=2), rng), rng
    )


def in_boxes(writer: Writer, rng: Generator, comb: bool = False) -> Sample:
    """Compose six digits in the boxes of a form, or on a comb."""
    return scanned(lines.boxed(writer, number(rng, 6, 6), rng, comb), rng)


def below(
    writer: Writer, rng: Generator, lengths: tuple[int, int], counts: tuple[int, int], **how: Any
) -> Row:
    """Compose numbers one below the other.

    Args:
        lengths: the minimum and the maximum number of digits.
        counts: the minimum and the maximum number of rows.
        how: as in `rows.below`.
    """
    size, width = rng.uniform(50, 120), rng.uniform(3, 9)
    numbers = [
        rows.write(writer, number(rng, *lengths), rng, "close", size, width, steepest=2)
        for _ in range(rng.integers(counts[0], counts[1] + 1))
    ]
    return rows.below(numbers, rng, **how)


def total(writer: Writer, rng: Generator) -> Sample:
    """Compose two numbers, a line, and a result."""
    top = lines.underlined(below(writer, rng, (2, 3), (2, 2), gaps=(0.2, 0.6), align=1), rng)
    result = rows.write(writer, number(rng, 3, 3), rng, "close", top.size, top.width, steepest=2)
    return scanned(rows.below([top, result], rng, (0.15, 0.4), 1), rng)


def fraction(writer: Writer, rng: Generator) -> Sample:
    """Compose a number over another."""
    over = lines.underlined(rows.write(writer, number(rng, 1, 2), rng, "close", steepest=2), rng)
    under = rows.write(writer, number(rng, 1, 2), rng, "close", over.size, over.width, steepest=2)
    return scanned(rows.below([over, under], rng, (0.15, 0.4), 0.5), rng)


def window(writer: Writer, rng: Generator) -> Sample:
    """Compose an opaque picture with transparent corners, like a screenshot of a window."""
    image, text = plain("wide")(writer, rng)
    side = max(image.size)
    page = Image.new("L", (side + 40, side // 2 + 60), 255)
    page.paste(image, (20, 20))
    down, across = np.indices((page.height, page.width))
    from_edge_x = np.minimum(across, page.width - 1 - across)
    from_edge_y = np.minimum(down, page.height - 1 - down)
    radius = rng.uniform(6, 20)
    corner = np.hypot(radius - from_edge_x, radius - from_edge_y) > radius
    opaque = ~((from_edge_x < radius) & (from_edge_y < radius) & corner)
    alpha = Image.fromarray(np.where(opaque, 255, 0).astype(np.uint8))
    return Image.merge("LA", (page, alpha)).convert("RGBA"), text


def small_on_page(writer: Writer, rng: Generator) -> Sample:
    """Compose a page 57 times as high as its digits, and open it from a file."""
    row = below(writer, rng, (3, 5), (2, 5), gaps=(0.6, 1.5))
    scale = 40 / row.size
    small = Image.fromarray(255 - on_page(row, rng)[1])
    small = small.resize([round(side * scale) for side in small.size], Image.Resampling.BOX)
    page = Image.new("L", (1600, 40 * 57), 255)
    room = [page.width - small.width, page.height - small.height]
    page.paste(small, tuple(rng.integers(40, np.array(room) - 40).tolist()))
    file = io.BytesIO()
    page.save(file, "PNG")
    return open_image(file.getvalue()), row.text


KINDS: dict[str, Compose] = {
    "wide": plain("wide"),
    "close": plain("close"),
    "touching": plain("touching"),
    "uneven, as in formulas": plain("mixed", 1, uneven=0.18, drift=0.1),
    "two rows": lambda writer, rng: scanned(
        below(writer, rng, (2, 4), (2, 2), gaps=(0.35, 1.0)), rng
    ),
    "two numbers in a row": with_marks(lambda rng: f"{number(rng, 2, 4)} {number(rng, 2, 4)}"),
    "with other symbols": with_marks(
        lambda rng: "".join(np.where(rng.random(4) < 0.3, UNKNOWN, list(number(rng, 4, 4))))
    ),
    "one digit": plain("wide", 1),
    "decimal point": with_marks(lambda rng: f"{number(rng, 1, 3)}.{number(rng, 1, 2)}"),
    "decimal comma": with_marks(lambda rng: f"{number(rng, 1, 3)},{number(rng, 1, 2)}"),
    "date": with_marks(lambda rng: f"{number(rng, 2, 2)}.{number(rng, 2, 2)}.{number(rng, 4, 4)}"),
    "time": with_marks(lambda rng: f"{number(rng, 2, 2)}:{number(rng, 2, 2)}"),
    "slash": with_marks(lambda rng: f"{number(rng, 2, 2)}/{number(rng, 2, 2)}"),
    "minus": with_marks(lambda rng: f"-{number(rng, 2, 3)}"),
    "brackets": with_marks(lambda rng: f"({number(rng, 2, 3)})"),
    "underlined": with_lines(lines.underlined),
    "boxes": in_boxes,
    "comb": lambda writer, rng: in_boxes(writer, rng, comb=True),
    "one digit circled": with_lines(
        lambda row, rng: lines.circled(row, rng, int(rng.integers(len(row.symbols))))
    ),
    "struck out": with_lines(lines.struck_out),
    "tick after it": with_lines(lines.ticked),
    "ruled paper": with_lines(lines.ruled),
    "digits in a column": lambda writer, rng: scanned(
        below(writer, rng, (1, 1), (2, 4), gaps=(0.1, 0.6)), rng
    ),
    "sum": total,
    "fraction": fraction,
    "transparent corners": window,
    "small digits on a page": small_on_page,
}  # fmt: skip


# Measuring


def is_right(kind: str, text: str, read: str) -> bool:
    """Whether the text is right; for a struck-out number, any text without digits is."""
    if kind == "struck out":
        return bool(read) and not any(label.isdigit() for label in read)
    return read == text or (kind == "minus" and read == UNKNOWN + text[1:])


def measure(classifier: DigitClassifier, by_writer: list[Writer], count: int) -> dict[str, Any]:
    """Read `count` numbers of each kind.

    Returns:
        For each kind the shares, 0-1, that are "right" and that are "different", which means wrong
        without a "?".
    """
    report: dict[str, Any] = {}
    for index, (kind, compose) in enumerate(KINDS.items()):
        rng = np.random.default_rng([9, index])
        samples = [compose(by_writer[k % len(by_writer)], rng) for k in range(count)]
        texts = [classifier.read(image).text for image, _ in samples]
        right = [is_right(kind, text, read) for (_, text), read in zip(samples, texts, strict=True)]
        different = [
            UNKNOWN not in read and not is_so for read, is_so in zip(texts, right, strict=True)
        ]
        report[kind] = {"right": float(np.mean(right)), "different": float(np.mean(different))}
        print(f"{kind:24s}", {k: round(v, 3) for k, v in report[kind].items()}, flush=True)
    return report


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m evaluation.numbers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_pens(parser, required=True)
    parser.add_argument("--model", default="model", help="the networks")
    parser.add_argument("--split", default=writers.TEST, choices=[writers.TEST, writers.VALIDATION])
    parser.add_argument("--quick", action="store_true", help="small samples")
    return parser.parse_args()


if __name__ == "__main__":
    run(main, "numbers")
