"""Reads photographs from the command line: `digits photo.jpg`, or `python -m digits photo.jpg`."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from digits import DigitClassifier, ModelError, Reading
from digits.images import ImageError, open_image

BOX_COLOR = (194, 65, 12)


def main(arguments: list[str] | None = None) -> int:
    """Print the text in each picture.

    Args:
        arguments: command-line arguments; by default those of this process.

    Returns:
        The exit code: 0, or 1 if a file could not be read.
    """
    parser = argparse.ArgumentParser(prog="digits", description="Reads handwritten numbers.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a picture")
    parser.add_argument("--json", action="store_true", help="print boxes and confidences as JSON")
    parser.add_argument("--boxes", type=Path, metavar="FILE", help="draw what was found on a copy")
    args = parser.parse_args(arguments)
    if args.boxes and len(args.files) > 1:
        parser.error("--boxes takes one picture at a time")
    try:
        classifier = DigitClassifier.load()
    except ModelError as error:
        print(f"digits: {error}", file=sys.stderr)
        return 1
    failed = False
    for file in args.files:
        try:
            image = open_image(file.read_bytes())
            reading = classifier.read(image)
            if args.boxes:
                draw_boxes(image, reading).save(args.boxes)
        except (ImageError, ModelError, OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            print(f"digits: {file}: {reason}", file=sys.stderr)
            failed = True
            continue
        if args.json:
            print(json.dumps({"file": str(file), **as_dict(reading)}, ensure_ascii=False))
        elif len(args.files) == 1:
            print(reading.text)
        else:
            print(f"{file}: {' | '.join(reading.text.splitlines())}")
    return int(failed)


def as_dict(reading: Reading) -> dict[str, Any]:
    """Return a reading as JSON: the text, and each symbol's label, box and confidence."""
    symbols = [
        {"label": symbol.label, "box": list(symbol.box), "confidence": round(symbol.confidence, 4)}
        for symbol in reading.symbols
    ]
    return {"text": reading.text, "symbols": symbols}


def draw_boxes(image: Image.Image, reading: Reading) -> Image.Image:
    """Return a copy of a picture with a box and a label for each symbol.

    Args:
        image: the picture, in any mode.
        reading: of this picture.

    Returns:
        An RGB image of the same size.
    """
    drawn = image.convert("RGB")
    draw = ImageDraw.Draw(drawn)
    width = max(1, round(max(drawn.size) / 500))
    for symbol in reading.symbols:
        left, top, right, bottom = symbol.box
        draw.rectangle((left, top, right - 1, bottom - 1), outline=BOX_COLOR, width=width)
        size = max(10, (bottom - top) / 4)
        draw.text((left, top), symbol.label, BOX_COLOR, font_size=size, anchor="ld")
    return drawn


if __name__ == "__main__":
    sys.exit(main())
