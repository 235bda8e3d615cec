"""Makes photographs of handwritten digits and numbers, and tells how well they are read.

python -m evaluation.paper --pen FILE                  one digit on each kind of paper and light
python -m evaluation.paper --pen FILE --blank          nothing written on them
python -m evaluation.paper --pen FILE --part choose    by the writers who choose
python -m evaluation.paper --pen FILE --save FOLDER    also saves what was not read rightly

FILE is UNIPEN's train_r01_v07 or UCI's pendigits-orig (see training.unipen). Writers are divided as
in training.writers. The settings of digits.ink.paper are chosen on those who do not measure,
with other seeds: other papers, lamps and pens.

A photograph is made as light makes one: ink covers paper, the sheet lies on something, light falls
on both, and the camera blurs, adds noise and compresses.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from digits.classifier import DigitClassifier
from digits.network import ModelError
from evaluation.accuracy import Sketch
from handwriting.pen import Strokes
from training import unipen
from training import writers as people
from training.writers import DIGITS

Rng = np.random.Generator
Colour = tuple[float, float, float]  # reflectance of red, green and blue, 0-1
Points = np.ndarray | list[tuple[float, float]]  # x, y


@dataclass
class Pen:
    """What one writes with."""

    colour: Colour = (0.1, 0.1, 0.12)
    width: float = 0.07  # of the digit's height
    cover: float = 0.95  # how much of the paper's colour the ink hides, 0-1
    grain: float = 0.0  # how much the paper's tooth shows through, 0-1
    fading: float = 0.0  # how much the pressure changes along a stroke, 0-1
    smear: float = 0.0  # of chalk and dry markers: how much of the ground round it is smudged


@dataclass
class Scene:
    """A sheet, what lies round it, and the light on both; all float32 and 0-1."""

    sheet: np.ndarray  # (height, width, 3): the paper's reflectance, ink included
    light: np.ndarray  # (height, width, 1 or 3)
    pen: Pen
    size: float  # the digit's height in pixels
    middle: tuple[float, float]  # where it is written: x, y
    ground: np.ndarray | None = None  # (height, width, 3): the table, if it is in the picture
    corners: np.ndarray | None = None  # (4, 2): where the sheet's corners lie on the table
    turn: float = 0.0  # degrees by which the writing, with its sheet, is turned
    noise: float = 0.0  # standard deviation, 0-1
    blur: float = 0.0  # standard deviation, pixels
    quality: int | None = None  # of the JPEG; None: not compressed
    glare: np.ndarray | None = None  # (height, width, 1): added, not multiplied
    overlay: list[Callable[[np.ndarray], None]] = field(default_factory=list)


# Noise and textures


def _waves(shape: tuple[int, int], scale: float, rng: Rng) -> np.ndarray:
    """Smooth noise, float32 (height, width), mean 0 and deviation 1, `scale` pixels a blob."""
    height, width = shape
    small = (max(2, int(height / scale) + 2), max(2, int(width / scale) + 2))
    field = rng.standard_normal(small, dtype=np.float32)
    field = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / max(float(field.std()), 1e-6)


def _paper(shape: tuple[int, int], colour: Colour, rng: Rng, rough: float) -> np.ndarray:
    """A sheet whose fibres and tooth show by `rough` (deviation, 0-1)."""
    sheet = np.empty((*shape, 3), np.float32)
    sheet[:] = colour
    if rough:
        texture = 0.6 * rng.standard_normal(shape, dtype=np.float32)
        texture = cv2.GaussianBlur(texture, (0, 0), rng.uniform(0.6, 1.6)) * 1.6
        texture += 0.5 * _waves(shape, rng.uniform(10, 60), rng)
        sheet *= 1 + rough * texture[..., None]
    return sheet


def _fibres(sheet: np.ndarray, rng: Rng, count: int) -> None:
    """Flecks and hairs, as recycled paper has."""
    height, width = sheet.shape[:2]
    for _ in range(count):
        start = rng.uniform(0, 1, 2) * (width, height)
        bend = np.cumsum(rng.normal(0, 2.5, (rng.integers(2, 7), 2)) + rng.normal(0, 1.5, 2), 0)
        shade = rng.uniform(0.55, 0.92)
        _line(sheet, start + bend, 1, tuple(c * shade for c in sheet[0, 0]))


def _line(picture: np.ndarray, points: Points, width: int, colour: Iterable[float]) -> None:
    path = np.rint(np.asarray(points) * 16).astype(np.int32)
    cv2.polylines(picture, [path], False, tuple(map(float, colour)), max(1, width), cv2.LINE_AA, 4)


def _wood(shape: tuple[int, int], rng: Rng) -> np.ndarray:
    height, width = shape
    base = np.array([(0.42, 0.29, 0.19), (0.6, 0.45, 0.3), (0.27, 0.18, 0.12), (0.75, 0.6, 0.42)])
    y, x = np.mgrid[:height, :width].astype(np.float32)
    along, across = (x, y) if rng.random() < 0.5 else (y, x)
    bend = 6 * _waves(shape, max(shape) / 4, rng)
    rings = np.sin((across + bend + 0.02 * along) / rng.uniform(4, 14))
    grain = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), 1)
    grain = cv2.blur(grain, (41, 1) if along is x else (1, 41)) * 8
    shade = 1 + rng.uniform(0.03, 0.12) * rings + 0.04 * grain
    return (base[rng.integers(len(base))] * shade[..., None]).astype(np.float32).clip(0.02, 1)


def _cloth(shape: tuple[int, int], rng: Rng) -> np.ndarray:
    """A patterned table: checks, stripes, dots, or anything blotchy."""
    height, width = shape
    one, other = rng.uniform(0.1, 0.9, 3), rng.uniform(0.1, 0.9, 3)
    y, x = np.mgrid[:height, :width]
    step = rng.uniform(14, 70)
    match rng.integers(4):
        case 0:
            mask = ((x // step + y // step) % 2).astype(np.float32)
        case 1:
            turn = rng.uniform(0, np.pi)
            mask = (((x * np.cos(turn) + y * np.sin(turn)) // step) % 2).astype(np.float32)
        case 2:
            distance = (x % step - step / 2) ** 2 + (y % step - step / 2) ** 2
            mask = (distance < (0.3 * step) ** 2).astype(np.float32)
        case _:
            mask = (_waves(shape, step, rng) > 0).astype(np.float32)
    mask = cv2.GaussianBlur(mask, (0, 0), 0.8)[..., None]
    return (one * mask + other * (1 - mask)).astype(np.float32)


# Light


def _lamp(shape: tuple[int, int], rng: Rng, least: float, most: float) -> np.ndarray:
    """Light that falls off to one side by a share of `least` to `most`."""
    height, width = shape
    turn = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    ramp = np.cos(turn) * x / width + np.sin(turn) * y / height
    ramp = (ramp - ramp.min()) / max(float(np.ptp(ramp)), 1e-6)
    return (1 - rng.uniform(least, most) * ramp ** rng.uniform(0.7, 2))[..., None]


def _corners(shape: tuple[int, int], amount: float) -> np.ndarray:
    """Light whose corners are darker than the middle by `amount`, a share."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    radius = np.hypot((x - width / 2) / (width / 2), (y - height / 2) / (height / 2)) / np.sqrt(2)
    return (1 - amount * radius**2)[..., None]


def _shadow(shape: tuple[int, int], rng: Rng, softness: float, amount: float) -> np.ndarray:
    """A shadow of a hand, a head or a phone that comes in from an edge."""
    height, width = shape
    mask = np.zeros(shape, np.float32)
    side = max(shape)
    if rng.random() < 0.5:  # a straight edge, as a window frame's or a book's
        turn = rng.uniform(0, 2 * np.pi)
        along = np.array([np.cos(turn), np.sin(turn)])
        across = np.array([-along[1], along[0]])
        start = (np.array([width, height]) / 2) + across * rng.uniform(-0.3, 0.35) * side
        corners = [start - 3 * side * along, start + 3 * side * along]
        corners += [corner + 3 * side * across for corner in corners[::-1]]
        cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1.0)
    else:  # round, as a head's
        turn = rng.uniform(0, 2 * np.pi)
        middle = np.array([width, height]) / 2
        middle = middle + rng.uniform(0.35, 0.75) * side * np.array([np.cos(turn), np.sin(turn)])
        axes = np.rint(rng.uniform(0.3, 0.7, 2) * side).astype(int)
        cv2.ellipse(
            mask, np.rint(middle).astype(int).tolist(), axes.tolist(), rng.uniform(0, 180), 0, 360,
            1.0, -1,
        )  # fmt: skip
    if softness > 0.3:
        mask = cv2.GaussianBlur(mask, (0, 0), softness)
    return (1 - amount * mask)[..., None]


# Writing


def cover(
    shape: tuple[int, int],
    strokes: Strokes,
    size: float,
    middle: tuple[float, float],
    pen: Pen,
    rng: Rng,
) -> np.ndarray:
    """How much of each pixel is inked: float32 (height, width), 0-1."""
    width = max(pen.width * size, 0.9)
    points = [np.asarray(stroke, np.float64) * size + middle for stroke in strokes]
    everything = np.concatenate(points)
    pad = width + 4
    height, across = shape
    low = np.floor(everything.min(axis=0) - pad).astype(int).clip(0, [across - 1, height - 1])
    high = np.ceil(everything.max(axis=0) + pad).astype(int).clip(low + 1, [across, height])
    fine = 4 if width < 12 else 2
    box = np.zeros((high - low)[::-1] * fine, np.uint8)
    for stroke in points:
        path = (stroke - low) * fine
        steps = np.hypot(*np.diff(path, axis=0).T) if len(path) > 1 else np.zeros(1)
        if len(path) > 1 and steps.sum() > 0:
            count = int(max(2, steps.sum() / max(2, width * fine / 3)))
            place = np.concatenate([[0], np.cumsum(steps)])
            at = np.linspace(0, place[-1], count)
            path = np.stack([np.interp(at, place, path[:, i]) for i in (0, 1)], axis=1)
        pressure = np.ones(len(path))
        if pen.fading:
            wave = rng.normal(0, 1, max(2, len(path) // 12 + 2))
            wave = np.interp(np.linspace(0, 1, len(path)), np.linspace(0, 1, len(wave)), wave)
            pressure = (1 + pen.fading * 0.35 * wave).clip(0.55, 1.4)
        pixels = np.rint(path * 16).astype(np.int32)
        for i in range(max(1, len(pixels) - 1)):
            thick = max(1, round(width * fine * pressure[i]))
            end = pixels[min(i + 1, len(pixels) - 1)]
            cv2.line(box, pixels[i].tolist(), end.tolist(), 255, thick, cv2.LINE_AA, 4)
    inked = cv2.resize(
        box, tuple((high - low).tolist()), interpolation=cv2.INTER_AREA
    ).astype(np.float32) / 255  # fmt: skip
    if pen.grain:
        tooth = cv2.GaussianBlur(rng.standard_normal(inked.shape, dtype=np.float32), (0, 0), 0.9)
        tooth = 1 + pen.grain * (1.8 * tooth + 0.35 * _waves(inked.shape, 3 * width, rng))
        inked = inked * tooth.clip(1 - pen.grain, 1)
    if pen.fading:
        inked = inked * (1 - 0.3 * pen.fading * np.abs(_waves(inked.shape, 6 * width, rng))).clip(
            0.35, 1
        )
    whole = np.zeros(shape, np.float32)
    whole[low[1] : high[1], low[0] : high[0]] = inked
    return whole * pen.cover


def write(sheet: np.ndarray, inked: np.ndarray, pen: Pen, rng: Rng) -> None:
    """Puts ink on a sheet, in place."""
    if pen.smear:
        radius = rng.uniform(4, 18)
        smudge = cv2.GaussianBlur(inked, (0, 0), radius)
        smudge = np.roll(smudge, rng.integers(-12, 13, 2), (0, 1)) * pen.smear
        inked = np.maximum(inked, smudge)
    inked = inked[..., None]
    np.copyto(sheet, sheet * (1 - inked) + np.array(pen.colour, np.float32) * inked)


def photograph(scene: Scene, rng: Rng) -> np.ndarray:
    """What the camera makes of the scene: uint8 (height, width, 3) RGB."""
    picture = scene.sheet
    height, width = picture.shape[:2]
    if scene.ground is not None:
        whole = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        matrix = cv2.getPerspectiveTransform(whole, scene.corners.astype(np.float32))
        laid = cv2.warpPerspective(picture, matrix, (width, height), flags=cv2.INTER_AREA)
        mask = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, (width, height))
        ground = scene.ground.copy()
        if rng.random() < 0.5:  # the sheet throws a shadow on the table
            dark = cv2.GaussianBlur(mask, (0, 0), rng.uniform(2, 8))
            dark = np.roll(dark, rng.integers(-5, 6, 2), (0, 1))
            ground *= 1 - 0.4 * dark[..., None]
        picture = laid * mask[..., None] + ground * (1 - mask[..., None])
    picture = picture * scene.light
    if scene.glare is not None:
        picture = picture + scene.glare
    if scene.blur:
        picture = cv2.GaussianBlur(picture, (0, 0), scene.blur)
    if scene.noise:
        grain = rng.standard_normal(picture.shape, dtype=np.float32)
        if rng.random() < 0.5:  # as cameras smooth it
            grain = cv2.GaussianBlur(grain, (0, 0), 0.8) * 2
        picture = picture + scene.noise * grain
    picture = np.rint(picture * 255).clip(0, 255).astype(np.uint8)
    if scene.quality:
        _, data = cv2.imencode(
            ".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(scene.quality)]
        )
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    return np.ascontiguousarray(picture)


# The kinds of paper and light


BLACK = [(0.1, 0.1, 0.11), (0.15, 0.14, 0.16), (0.05, 0.05, 0.06)]
BLUE = [(0.1, 0.14, 0.45), (0.16, 0.2, 0.55), (0.05, 0.1, 0.35)]
RED = [(0.65, 0.1, 0.12), (0.5, 0.08, 0.12)]
GREEN = [(0.08, 0.4, 0.18)]


def _any(choices: list[Colour], rng: Rng) -> Colour:
    return choices[rng.integers(len(choices))]


def _felt(rng: Rng) -> Pen:
    return Pen(_any(BLACK + BLUE, rng), rng.uniform(0.05, 0.13), rng.uniform(0.85, 1))


def _ballpoint(rng: Rng) -> Pen:
    return Pen(
        _any(BLUE + BLACK + BLUE + RED, rng), rng.uniform(0.02, 0.045), rng.uniform(0.6, 0.92),
        rng.uniform(0, 0.25), rng.uniform(0.2, 0.8),
    )  # fmt: skip


def _pencil(rng: Rng) -> Pen:
    grey = rng.uniform(0.22, 0.42)
    return Pen(
        (grey, grey, grey * 1.03), rng.uniform(0.022, 0.06), rng.uniform(0.5, 0.85),
        rng.uniform(0.15, 0.5), rng.uniform(0.3, 1),
    )  # fmt: skip


def _usual_pen(rng: Rng) -> Pen:
    return [_felt, _ballpoint, _felt, _pencil][rng.choice(4, p=[0.35, 0.3, 0.2, 0.15])](rng)


def _plain(
    rng: Rng, colour: Colour | None = None, size: tuple[float, float] = (0.25, 0.7)
) -> Scene:
    """A sheet that fills the picture, in fair light, with a usual pen."""
    shape = [(800, 600), (600, 800), (640, 640), (1000, 750), (480, 640)][rng.integers(5)]
    flat = rng.random() < 0.25  # as simple programs draw photographs: no grain at all
    if colour is None:
        shade = rng.uniform(0.72, 0.97)
        colour = tuple(np.clip(shade * (1 + rng.normal(0, 0.015, 3)), 0, 1))
    sheet = _paper(shape, colour, rng, 0 if flat else rng.uniform(0.003, 0.02))
    light = np.ones((*shape, 1), np.float32) if flat else _lamp(shape, rng, 0.0, 0.2)
    tall = rng.uniform(*size) * min(shape)
    height, width = shape
    middle = tuple(rng.uniform(0.42, 0.58, 2) * (width, height))
    return Scene(
        sheet, light, _usual_pen(rng), tall, middle, turn=rng.normal(0, 2),
        noise=0 if flat else rng.uniform(0.002, 0.012), blur=0 if flat else rng.uniform(0.3, 0.9),
        quality=None if flat and rng.random() < 0.5 else int(rng.integers(75, 96)),
    )  # fmt: skip


def white(rng: Rng) -> Scene:
    return _plain(rng)


def dark_corners(rng: Rng) -> Scene:
    scene = _plain(rng, size=(0.2, 0.65))
    scene.light = scene.light * _corners(scene.sheet.shape[:2], rng.uniform(0.1, 0.6))
    return scene


def slanting_light(rng: Rng) -> Scene:
    scene = _plain(rng)
    scene.light = _lamp(scene.sheet.shape[:2], rng, 0.3, 0.75)
    return scene


def soft_shadow(rng: Rng) -> Scene:
    scene = _plain(rng)
    shape = scene.sheet.shape[:2]
    scene.light = scene.light * _shadow(shape, rng, rng.uniform(12, 90), rng.uniform(0.1, 0.55))
    return scene


def hard_shadow(rng: Rng) -> Scene:
    scene = _plain(rng)
    shape = scene.sheet.shape[:2]
    scene.light = scene.light * _shadow(shape, rng, rng.uniform(0, 6), rng.uniform(0.12, 0.6))
    return scene


def shadows(rng: Rng) -> Scene:
    """Two of them, and a crease."""
    scene = hard_shadow(rng)
    shape = scene.sheet.shape[:2]
    scene.light = scene.light * _shadow(shape, rng, rng.uniform(1, 30), rng.uniform(0.1, 0.35))
    if rng.random() < 0.6:
        height, width = shape
        crease = np.zeros(shape, np.float32)
        ends = rng.uniform(0, 1, (2, 2)) * (width, height)
        ends = ends.mean(axis=0) + (ends - ends.mean(axis=0)) * 4
        normal = np.array([ends[1, 1] - ends[0, 1], ends[0, 0] - ends[1, 0]])
        side = ends.copy() + normal / max(np.hypot(*normal), 1) * 3 * max(shape)
        cv2.fillPoly(crease, [np.rint([*ends, *side[::-1]]).astype(np.int32)], 1.0)
        crease = cv2.GaussianBlur(crease, (0, 0), 1.2)[..., None]
        scene.light = scene.light * (1 - rng.uniform(0.03, 0.12) * crease)
    return scene


LINES = [
    (0.55, 0.65, 0.85), (0.65, 0.73, 0.88), (0.45, 0.55, 0.8), (0.6, 0.62, 0.66),
    (0.75, 0.76, 0.78), (0.6, 0.75, 0.7), (0.8, 0.6, 0.6), (0.5, 0.52, 0.56),
]  # fmt: skip


def _rule(scene: Scene, rng: Rng, across: bool, margin: bool = True) -> None:
    height, width = scene.sheet.shape[:2]
    step = rng.uniform(0.03, 0.1) * max(height, width)
    colour = (
        np.array(_any(LINES, rng)) * scene.sheet[0, 0] / max(float(scene.sheet[0, 0].max()), 0.1)
    )
    thick = int(rng.integers(1, 4)) if step > 25 else 1
    for y in np.arange(rng.uniform(0, step), height, step):
        _line(scene.sheet, [(-9, y), (width + 9, y)], thick, colour)
    if across:
        for x in np.arange(rng.uniform(0, step), width, step):
            _line(scene.sheet, [(x, -9), (x, height + 9)], thick, colour)
    elif margin and rng.random() < 0.35:
        x = rng.uniform(0.06, 0.16) * width
        _line(
            scene.sheet,
            [(x, -9), (x, height + 9)],
            thick,
            _any([(0.85, 0.45, 0.45), tuple(colour)], rng),
        )


def ruled(rng: Rng) -> Scene:
    scene = _plain(rng)
    _rule(scene, rng, across=False)
    return scene


def squared(rng: Rng) -> Scene:
    scene = _plain(rng)
    _rule(scene, rng, across=True)
    return scene


def ruled_in_shade(rng: Rng) -> Scene:
    """Ruled or squared, turned, in uneven light."""
    scene = _plain(rng)
    shape = scene.sheet.shape[:2]
    _rule(scene, rng, across=rng.random() < 0.5)
    _turn_sheet(scene, rng.uniform(-6, 6))
    scene.light = _lamp(shape, rng, 0.1, 0.5) * _shadow(
        shape, rng, rng.uniform(2, 50), rng.uniform(0.1, 0.4)
    )
    return scene


def _turn_sheet(scene: Scene, degrees: float) -> None:
    """Turns what is printed on the sheet, and the writing with it."""
    height, width = scene.sheet.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    scene.sheet = cv2.warpAffine(
        scene.sheet, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    scene.turn = degrees


def dotted(rng: Rng) -> Scene:
    scene = _plain(rng)
    height, width = scene.sheet.shape[:2]
    step = rng.uniform(0.03, 0.1) * max(height, width)
    radius = rng.uniform(0.9, max(1.2, 0.07 * step))
    grey = rng.uniform(0.15, 0.75)
    for y in np.arange(rng.uniform(0, step), height, step):
        for x in np.arange(step / 2, width, step):
            centre = (round(x * 16), round(y * 16))
            cv2.circle(scene.sheet, centre, round(radius * 16), (grey,) * 3, -1, cv2.LINE_AA, 4)
    return scene


def _on(scene: Scene, ground: np.ndarray, rng: Rng) -> Scene:
    """Lays the sheet on a table, not quite straight, seen not quite from above."""
    height, width = scene.sheet.shape[:2]
    share = rng.uniform(0.68, 0.9)
    middle = np.array([width, height]) * rng.uniform(0.47, 0.53, 2)
    box = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2) * share
    turn = np.radians(scene.turn)
    box = box @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    scene.corners = middle + box + rng.normal(0, 0.012, (4, 2)) * (width, height)
    scene.turn = 0
    scene.ground = ground
    return scene


def on_wood(rng: Rng) -> Scene:
    scene = _plain(rng)
    return _on(scene, _wood(scene.sheet.shape[:2], rng), rng)


def on_dark(rng: Rng) -> Scene:
    scene = _plain(rng)
    colour = tuple(rng.uniform(0.03, 0.22) * (1 + rng.normal(0, 0.1, 3)))
    return _on(scene, _paper(scene.sheet.shape[:2], colour, rng, rng.uniform(0, 0.1)), rng)


def on_pattern(rng: Rng) -> Scene:
    scene = _plain(rng)
    return _on(scene, _cloth(scene.sheet.shape[:2], rng), rng)


def pencil(rng: Rng) -> Scene:
    scene = _plain(rng)
    scene.pen = _pencil(rng)
    return scene


def ballpoint(rng: Rng) -> Scene:
    scene = _plain(rng)
    scene.pen = _ballpoint(rng)
    return scene


def pale_marker(rng: Rng) -> Scene:
    """A highlighter: yellow, orange, pink, light green or light blue on white."""
    scene = _plain(rng)
    paper = float(scene.sheet[0, 0].mean())
    colours = [
        (1, 0.95, 0.1),
        (1, 0.93, 0.3),
        (1, 0.97, 0.45),
        (1, 0.75, 0.3),
        (1, 0.6, 0.75),
        (0.6, 1, 0.4),
        (0.5, 0.85, 1),
    ]
    r, g, b = colours[rng.integers(len(colours))] if rng.random() < 0.6 else colours[0]
    scene.pen = Pen(
        (paper * r, paper * g, paper * b), rng.uniform(0.07, 0.16), rng.uniform(0.7, 1), 0, 0.3
    )
    return scene


def marker(rng: Rng) -> Scene:
    scene = _plain(rng)
    colour = _any(RED + GREEN + BLUE + BLACK + [(0.9, 0.45, 0.1), (0.5, 0.2, 0.6)], rng)
    scene.pen = Pen(colour, rng.uniform(0.09, 0.2), rng.uniform(0.8, 1), 0, 0.2)
    return scene


def whiteboard(rng: Rng) -> Scene:
    scene = _plain(rng, tuple(np.array([0.82, 0.84, 0.86]) * rng.uniform(0.75, 1.08)))
    shape = height, width = scene.sheet.shape[:2]
    scene.pen = Pen(
        _any(BLUE + RED + GREEN + BLACK, rng),
        rng.uniform(0.04, 0.09),
        rng.uniform(0.8, 1),
        0,
        0.4,
        rng.choice([0, 0.05, 0.1]),
    )
    scene.light = _lamp(shape, rng, 0.05, 0.45)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    scene.glare = np.zeros((height, width, 1), np.float32)
    for _ in range(rng.integers(1, 4)):
        cy, cx = rng.uniform(0, 1, 2) * shape
        ry, rx = rng.uniform(0.06, 0.3, 2) * max(shape)
        bump = np.exp(-(((((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2) / 2) ** rng.uniform(0.7, 3)))
        scene.glare += rng.uniform(0.1, 0.4) * bump[..., None]
    return scene


def chalkboard(rng: Rng) -> Scene:
    colour = [(0.13, 0.22, 0.17), (0.11, 0.12, 0.12), (0.18, 0.27, 0.23), (0.2, 0.2, 0.22)][
        rng.integers(4)
    ]
    scene = _plain(rng, colour)
    shape = scene.sheet.shape[:2]
    wiped = 0.5 * _waves(shape, rng.uniform(40, 160), rng) + 0.3 * _waves(
        shape, rng.uniform(8, 30), rng
    )
    streaks = (
        cv2.blur(
            rng.standard_normal(shape, dtype=np.float32), (1, 61) if rng.random() < 0.5 else (61, 1)
        )
        * 4
    )
    scene.sheet += (rng.uniform(0.0, 0.06) * (wiped + streaks))[..., None]
    shade = rng.uniform(0.6, 0.97)
    chalk = _any(
        [
            (shade, shade, shade),
            (shade, shade, shade),
            (shade, 0.9 * shade, 0.5 * shade),
            (shade, 0.65 * shade, 0.7 * shade),
        ],
        rng,
    )
    scene.pen = Pen(
        chalk,
        rng.uniform(0.04, 0.1),
        rng.uniform(0.65, 0.95),
        rng.uniform(0.2, 0.6),
        0.3,
        rng.uniform(0, 0.2),
    )
    scene.light = _lamp(shape, rng, 0.0, 0.5)
    return scene


def coloured(rng: Rng) -> Scene:
    colours = [
        (0.95, 0.85, 0.35),
        (0.6, 0.8, 0.55),
        (0.95, 0.65, 0.7),
        (0.5, 0.7, 0.9),
        (0.9, 0.6, 0.3),
        (0.72, 0.58, 0.42),
        (0.75, 0.3, 0.3),
        (0.3, 0.55, 0.45),
    ]
    scene = _plain(rng, tuple(np.array(_any(colours, rng)) * rng.uniform(0.85, 1.02)))
    scene.pen = _felt(rng) if rng.random() < 0.6 else _ballpoint(rng)
    return scene


def white_on_dark(rng: Rng) -> Scene:
    """A white or golden pen on black or coloured card."""
    scene = _plain(rng, tuple(rng.uniform(0.05, 0.3, 3)))
    scene.pen = Pen(
        _any([(0.9, 0.9, 0.9), (0.85, 0.75, 0.45)], rng),
        rng.uniform(0.04, 0.12),
        rng.uniform(0.85, 1),
        0,
        0.3,
    )
    return scene


def kraft(rng: Rng) -> Scene:
    scene = _plain(
        rng, tuple(np.array(_any([(0.72, 0.58, 0.42), (0.8, 0.78, 0.74), (0.74, 0.72, 0.68)], rng)))
    )
    _fibres(scene.sheet, rng, int(rng.integers(60, 400)))
    return scene


def framed(rng: Rng) -> Scene:
    scene = _plain(rng, size=(0.2, 0.55))
    height, width = scene.sheet.shape[:2]
    scene.turn = rng.normal(0, 1)
    shade = tuple([rng.uniform(0.02, 0.4)] * 3)
    thick = int(rng.integers(1, 14))
    if rng.random() < 0.4:  # at the very edge
        cv2.rectangle(scene.sheet, (0, 0), (width - 1, height - 1), shade, thick * 2 - 1)
    else:
        inset = rng.uniform(0.02, 0.12) * min(height, width)
        box = np.array(
            [
                [inset, inset],
                [width - inset, inset],
                [width - inset, height - inset],
                [inset, height - inset],
                [inset, inset],
            ]
        )
        _line(scene.sheet, box, thick, shade)
    return scene


def table_cell(rng: Rng) -> Scene:
    """A printed table, the digit in one of its cells."""
    scene = _plain(rng, size=(0.12, 0.2))
    height, width = scene.sheet.shape[:2]
    x, y = scene.middle
    cell_y = scene.size * rng.uniform(1.35, 2)
    cell_x = scene.size * rng.uniform(1.35, 3)
    shade = tuple([rng.uniform(0.02, 0.45)] * 3)
    thick = int(rng.integers(1, 5))
    for row in np.arange(-6, 7) + 0.5:
        _line(scene.sheet, [(-9, y + row * cell_y), (width + 9, y + row * cell_y)], thick, shade)
    for column in np.arange(-6, 7) + 0.5:
        _line(
            scene.sheet,
            [(x + column * cell_x, -9), (x + column * cell_x, height + 9)],
            thick,
            shade,
        )
    scene.turn = rng.normal(0, 1)
    return scene


def tilted(rng: Rng) -> Scene:
    scene = _plain(rng, size=(0.3, 0.6))
    if rng.random() < 0.5:
        _rule(scene, rng, across=rng.random() < 0.5)
    table = _wood if rng.random() < 0.5 else _cloth
    scene.turn = rng.uniform(-8, 8)
    _on(scene, table(scene.sheet.shape[:2], rng), rng)
    scene.corners = scene.corners + rng.normal(0, 0.02, (4, 2)) * scene.sheet.shape[1::-1]
    return scene


def noisy(rng: Rng) -> Scene:
    """In the evening, with a cheap phone."""
    scene = _plain(rng)
    scene.noise = rng.uniform(0.02, 0.07)
    scene.light = scene.light * rng.uniform(0.45, 0.9)
    scene.pen = _felt(rng) if rng.random() < 0.7 else _ballpoint(rng)
    return scene


def compressed(rng: Rng) -> Scene:
    scene = _plain(rng)
    scene.quality = int(rng.integers(8, 40))
    scene.blur = rng.uniform(0.3, 2)
    return scene


def blurred(rng: Rng) -> Scene:
    scene = _plain(rng)
    scene.blur = rng.uniform(1.5, 0.03 * scene.size)
    return scene


def small(rng: Rng) -> Scene:
    """A small digit on a large page."""
    scene = _plain(rng)
    shape = height, width = [(1600, 1200), (1200, 1600), (1400, 1050)][rng.integers(3)]
    colour = scene.sheet[0, 0]
    scene.sheet = _paper(shape, tuple(colour), rng, rng.uniform(0.003, 0.02))
    scene.light = _lamp(shape, rng, 0, 0.3) * _corners(shape, rng.uniform(0, 0.3))
    scene.size = rng.uniform(0.03, 0.1) * min(shape)
    scene.middle = tuple(rng.uniform(0.3, 0.7, 2) * (width, height))
    return scene


def note(rng: Rng) -> Scene:
    """A coloured note stuck on a desk."""
    scene = coloured(rng)
    table = [_wood, _cloth][rng.integers(2)]
    return _on(scene, table(scene.sheet.shape[:2], rng), rng)


def specked(rng: Rng) -> Scene:
    """Crumbs, stains and a printed word or two at the edge."""
    scene = _plain(rng)
    height, width = scene.sheet.shape[:2]
    for _ in range(rng.integers(5, 40)):
        x, y = rng.uniform(0, 1, 2) * (width, height)
        cv2.circle(
            scene.sheet,
            (int(x), int(y)),
            int(rng.integers(1, 4)),
            (rng.uniform(0.1, 0.6),) * 3,
            -1,
            cv2.LINE_AA,
        )
    if rng.random() < 0.5:
        place = (int(rng.uniform(0.02, 0.6) * width), int(height * rng.choice([0.05, 0.97])))
        words = np.zeros((height, width), np.uint8)
        size = rng.uniform(0.4, 0.7)
        cv2.putText(words, "Name, 12.5.", place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, 1)
        scene.sheet *= 1 - 0.7 * (words / np.float32(255))[..., None]
    return scene


KINDS: dict[str, Callable[[Rng], Scene]] = {
    "white": white, "dark corners": dark_corners, "slanting light": slanting_light,
    "soft shadow": soft_shadow, "hard shadow": hard_shadow, "shadows, crease": shadows,
    "ruled": ruled, "squared": squared, "ruled, in shade": ruled_in_shade, "dot grid": dotted,
    "on wood": on_wood, "on a dark table": on_dark, "on a pattern": on_pattern,
    "pencil": pencil, "ballpoint": ballpoint, "pale marker": pale_marker, "marker": marker,
    "whiteboard": whiteboard, "chalkboard": chalkboard, "coloured paper": coloured,
    "white on dark": white_on_dark, "recycled paper": kraft, "frame": framed,
    "table cell": table_cell, "tilted": tilted, "noise": noisy, "JPEG": compressed,
    "blurred": blurred, "small": small, "note on a desk": note, "specks": specked,
}  # fmt: skip


# One digit, and pages


class Photo(NamedTuple):
    picture: np.ndarray  # uint8 (height, width, 3)
    truth: str  # what stands on it; "" on a blank sheet
    kind: str


def turned(strokes: Strokes, degrees: float) -> Strokes:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return [stroke @ np.array([[cos, sin], [-sin, cos]]) for stroke in strokes]


def take(kind: str, strokes: Strokes | None, rng: Rng) -> np.ndarray:
    """Photographs one digit, or a blank sheet, on a kind of paper: uint8 (height, width, 3)."""
    scene = KINDS[kind](rng)
    if strokes:
        strokes = turned(strokes, scene.turn)
        shape = scene.sheet.shape[:2]
        inked = cover(shape, strokes, scene.size, scene.middle, scene.pen, rng)
        write(scene.sheet, inked, scene.pen, rng)
    return photograph(scene, rng)


def take_page(kind: str, rows: list[list[Strokes]], rng: Rng) -> np.ndarray:
    """Photographs rows of numbers; each row a list of digits' strokes, an empty one for a space."""
    scene = KINDS[kind](rng)
    height, width = scene.sheet.shape[:2]
    longest = max(len(row) for row in rows)
    size = min(
        0.8 * width / (0.85 * longest + 0.5), 0.75 * height / (1.7 * len(rows)), 0.3 * height
    )
    size *= rng.uniform(0.6, 1)
    spacing = rng.uniform(0.8, 0.95) * size
    left = width / 2 + rng.uniform(-0.05, 0.05) * width - (longest - 1) * spacing / 2
    top = height / 2 - (len(rows) - 1) * 0.8 * size
    turn = np.radians(scene.turn)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    inked = np.zeros((height, width), np.float32)
    for y, row in enumerate(rows):
        for x, strokes in enumerate(row):
            if strokes:
                place = np.array([left + x * spacing, top + y * 1.6 * size]) + rng.normal(
                    0, 0.03 * size, 2
                )
                middle = (place - (width / 2, height / 2)) @ matrix + (width / 2, height / 2)
                tall = size * rng.uniform(0.88, 1.08)
                one = cover(
                    (height, width),
                    turned(strokes, scene.turn),
                    tall,
                    tuple(middle),
                    scene.pen,
                    rng,
                )
                inked = np.maximum(inked, one)
    write(scene.sheet, inked, scene.pen, rng)
    return photograph(scene, rng)


def read_digits(path: Path, part: str) -> list[Sketch]:
    """The digits of a pen file (see `unipen.read`) by one part's writers, named by them.

    Args:
        path: the file.
        part: `people.TRAIN`, VALIDATION or TEST.
    """
    return [
        Sketch(d.strokes, int(d.label), d.writer) for d in unipen.read(path)
        if d.label in DIGITS and part == people.split(d.writer)
    ]  # fmt: skip


def single_digits(sketches: list[Sketch], kind: str, count: int, seed: int) -> Iterator[Photo]:
    """`count` photographs of one digit, the same for the same seed."""
    number = list(KINDS).index(kind)
    for i in range(count):
        rng = np.random.default_rng([seed, number, i])
        sketch = sketches[rng.integers(len(sketches))]
        yield Photo(take(kind, sketch.strokes, rng), str(sketch.label), kind)


def blank_sheets(kind: str, count: int, seed: int) -> Iterator[Photo]:
    """`count` photographs of a sheet on which nothing is written, the same for the same seed."""
    number = list(KINDS).index(kind)
    for i in range(count):
        yield Photo(take(kind, None, np.random.default_rng([seed, number, i])), "", kind)


# How well


class Count(NamedTuple):
    right: int
    unsure: int
    wrong: int

    def shares(self) -> str:
        total = max(1, sum(self))
        return "".join(f"{100 * part / total:9.1f}" for part in self)


def measure_digits(
    classifier: DigitClassifier, photos: Iterable[Photo], save: Path | None = None
) -> Count:
    """Has the classifier read photographs of one digit or none; saves what it read otherwise."""
    counted: Counter[str] = Counter()
    for i, photo in enumerate(photos):
        prediction = classifier.predict(photo.picture)
        said = "" if prediction.verdict == "blank" else prediction.digit
        result = (
            "right" if str(said) == photo.truth else "wrong" if isinstance(said, int) else "unsure"
        )
        counted[result] += 1
        if save and result != "right":
            name = f"{photo.kind.replace(',', '').replace(' ', '-')}-{i}-{photo.truth}-{said}.png"
            cv2.imwrite(str(save / name), photo.picture[..., ::-1])
    return Count(counted["right"], counted["unsure"], counted["wrong"])


def main() -> int:
    args = parse_arguments()
    try:
        classifier = DigitClassifier.load(args.model)
        sketches = read_digits(Path(args.pen), args.part)
        if args.save:
            Path(args.save).mkdir(parents=True, exist_ok=True)
    except (ModelError, unipen.PenFileError, OSError) as error:
        print(f"photos: {error}", file=sys.stderr)
        return 2
    if not sketches:
        print(f"photos: {args.pen} holds no digits by writers of this part", file=sys.stderr)
        return 2
    save = Path(args.save) if args.save else None
    print(f"{'% of ' + str(args.count):22}    right   unsure    wrong")
    counts = []
    for kind in args.kind or KINDS:
        photos = (
            blank_sheets(kind, args.count, args.seed) if args.blank
            else single_digits(sketches, kind, args.count, args.seed)
        )  # fmt: skip
        counts.append(measure_digits(classifier, photos, save))
        print(f"{kind:22}{counts[-1].shares()}", flush=True)
    total = Count(*map(sum, zip(*counts, strict=True)))
    print(f"{'all':22}{total.shares()}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m evaluation.paper",
        description="Photographs digits on many kinds of paper, and has them read.",
    )
    parser.add_argument("--pen", required=True, help="UNIPEN or pendigits-orig, as downloaded")
    parser.add_argument("--model", default="model", help="the folder of the model")
    parser.add_argument(
        "--part", choices=[people.TEST, people.VALIDATION, people.TRAIN], default=people.TEST
    )
    parser.add_argument("--blank", action="store_true", help="nothing is written")
    parser.add_argument("--count", type=int, default=100, help="photographs of each kind")
    parser.add_argument("--seed", type=int, default=1, help="other papers, lamps and pens")
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="only this one")
    parser.add_argument("--save", help="a folder for what was not read rightly")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
