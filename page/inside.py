"""“Look inside”: what the network made of a drawing on its way to the answer, as HTML."""

import io

import numpy as np
from PIL import Image

from digits import Prediction
from digits.images import data_url, png_url
from digits.inside import Inside
from digits.normalize import BOX, find_ink, to_grey
from page.words import article

MAPS = 6  # shown of each block: the liveliest
LARGE = 112  # pixels: a side of the picture of where it looked
# Light for “found”: dark to orange to white, like glowing iron.
GLOW = np.stack([np.interp(range(256), (0, 150, 255), ends) for ends in (
    (16, 255, 255), (22, 150, 255), (40, 50, 235),
)], axis=1).astype(np.uint8)  # fmt: skip
FOR, AGAINST = np.array([255, 160, 50]), np.array([70, 140, 255])  # orange and blue

# What a block looks for, from the first to the last: the network may have fewer.
BLOCKS = (
    "Strokes that run one way or another.",
    "Strokes together: ends, corners, edges.",
    "Bends and crossings, on fewer, larger dots.",
    "Larger parts of digits.",
    "What is typical of one digit or another.",
)


def steps_html(drawing: bytes, prediction: Prediction) -> str:
    """From the drawing, a PNG, to 28×28 in three pictures."""
    ink = find_ink(to_grey(Image.open(io.BytesIO(drawing))))
    scale = BOX / max(ink.shape)
    size = [max(1, round(side * scale)) for side in reversed(ink.shape)]
    small = Image.fromarray(ink).resize(size, Image.Resampling.BOX)
    small = np.rint(np.asarray(small) * (255 / np.max(small))).astype(np.uint8)
    return section(
        "From your drawing to 28 by 28 dots",
        '<div class="steps">'
        + figure(
            png_url(drawing), "Your drawing",
            "You draw. The computer gets a lot of dots.", "drawn",
        )
        + figure(
            data_url(small), f"Your drawing, cut out and {size[0]} by {size[1]} dots large",
            f"It cuts out the drawing, and shrinks it until the longer side has {BOX} dots.",
            "cut", f"--w:{size[0] / BOX:.3f};--h:{size[1] / BOX:.3f}",
        )
        + figure(
            data_url(prediction.pixels), "Your drawing in the middle of 28 by 28 dots",
            "It puts that in the middle of 28 by 28 dots. The network sees nothing else.",
        )
        + "</div>",
    )  # fmt: skip


def maps_html(inside: Inside) -> str:
    """For each block its liveliest feature maps; one grows under the mouse or a finger."""
    rows = []
    for number, words in enumerate(BLOCKS[: len(inside.blocks)]):
        maps = inside.liveliest(number, MAPS)
        pictures = "".join(
            f'<img src="{data_url(GLOW[one])}" tabindex="0" alt="Step {number + 1}, find {place}: '
            f'{one.shape[0]} by {one.shape[1]} dots, {light(one)}">'
            for place, one in enumerate(maps, 1)
        )
        rows.append(f'<div class="block"><p>{words}</p><div class="maps">{pictures}</div></div>')
    return section(
        "What lights up",
        f"<p>The network looks for patterns, in {len(rows)} steps. A dot shines where it found "
        "one.</p>"
        f'<div class="blocks">{"".join(rows)}</div>',
    )


def light(one: np.ndarray) -> str:
    """Where a feature map, uint8 (height, width), is brightest, in words."""
    row, column = np.unravel_index(one.argmax(), one.shape)
    third = [
        names[min(2, place * 3 // side)]
        for names, place, side in zip(
            (("top", "middle", "bottom"), ("left", "centre", "right")),
            (row, column), one.shape, strict=True,
        )
    ]  # fmt: skip
    return f"brightest at the {third[0]} {third[1]}"


def runner_up(prediction: Prediction) -> int:
    """The second best guess."""
    return int(np.argsort(-prediction.probabilities)[1])


def looked_html(prediction: Prediction, why_not: bool) -> str:
    """What spoke for the best guess or, if asked for, the second best, laid over the 28×28."""
    best, second = int(prediction.probabilities.argmax()), runner_up(prediction)
    digit = second if why_not else best
    evidence = prediction.inside.evidence
    # One scale for both, so that they can be compared.
    scale = np.abs(evidence[..., [best, second]]).max()
    picture = overlay(prediction.pixels, evidence[..., digit] / max(scale, 1e-9))
    a = article(digit)
    if not why_not:
        words = f"These places made it think of {a} {digit}."
    elif evidence[..., digit].mean() < 0:
        words = f"Its second guess was {a} {digit}, but more speaks against it than for it."
    else:
        words = f"Its second guess was {a} {digit}: some places speak for it, but not enough."
    return section(
        "Where it looked",
        f'<div class="looked"><img src="{data_url(picture)}" alt="Your drawing, with the places '
        f'that speak for {a} {digit} in orange and those that speak against it in blue">'
        f"<div><p>{words}</p>"
        f'<p class="key"><i class="for"></i> speaks for {a} {digit}<br>'
        f'<i class="against"></i> speaks against it</p></div></div>',
    )


def overlay(pixels: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Heat (float, -1 to 1, of any size) as a glow behind the ink: uint8 (LARGE, LARGE, 3)."""
    size = (LARGE, LARGE)
    glow = np.asarray(Image.fromarray(heat).resize(size, Image.Resampling.BICUBIC)).clip(-1, 1)
    ink = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.NEAREST))[..., None]
    colour = np.where(glow[..., None] > 0, FOR, AGAINST) * np.abs(glow)[..., None]
    return (colour * 0.8 * (1 - ink / 255) + ink * 0.9 + colour * 0.1 * (ink / 255)).astype(
        np.uint8
    )


def figure(url: str, alt: str, words: str, kind: str = "", style: str = "") -> str:
    """A picture with its sentence."""
    return (
        f'<figure><div class="frame {kind}" style="{style}"><img src="{url}" alt="{alt}"></div>'
        f"<figcaption>{words}</figcaption></figure>"
    )


def section(title: str, content: str) -> str:
    """A part with its heading."""
    return f"<section><h2>{title}</h2>{content}</section>"
