"""The kinds of paper and light, as rows of data: `KINDS`."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from evaluation.photographs import light
from evaluation.photographs.textures import (
    Colour,
    Range,
    Rng,
    cloth,
    fibres,
    line,
    paper,
    waves,
    wood,
)
from handwriting.pen import rotation


@dataclass
class Pen:
    """A pen, pencil, marker or piece of chalk."""

    colour: Colour = (0.1, 0.1, 0.12)
    width: float = 0.07  # of the digit's height
    cover: float = 0.95  # how much of the paper's colour the ink hides, 0-1
    grain: float = 0.0  # how much the paper's tooth shows through, 0-1
    fading: float = 0.0  # how much the pressure changes along a stroke, 0-1
    smear: float = 0.0  # of chalk and dry markers: how much of its surroundings is smudged


@dataclass
class Scene:
    """A page, its surroundings, and the light on both; all float32 and 0-1."""

    page: np.ndarray  # (height, width, 3): the paper's reflectance, ink included
    light: np.ndarray  # (height, width, 1 or 3)
    pen: Pen
    size: float  # the digit's height in pixels
    middle: tuple[float, float]  # where it is written: x, y
    table: np.ndarray | None = None  # (height, width, 3): what the page lies on, if it shows
    corners: np.ndarray | None = None  # (4, 2): the page's corners on the table
    turn: float = 0.0  # degrees by which the writing, with its page, is turned
    noise: float = 0.0  # standard deviation, 0-1
    blur: float = 0.0  # standard deviation, pixels
    quality: int | None = None  # of the JPEG; None: not compressed
    glare: np.ndarray | None = None  # (height, width, 1): added, not multiplied

    @property
    def shape(self) -> tuple[int, int]:
        """The picture's height and width in pixels."""
        return self.page.shape[0], self.page.shape[1]


Step = Callable[[Scene, Rng], None]  # changes a scene

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
SHAPES = [(800, 600), (600, 800), (640, 640), (1000, 750), (480, 640)]  # height, width
PAGES = [(1600, 1200), (1200, 1600), (1400, 1050)]


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
        """One of them, at random."""
        ranges = (self.width, self.cover, self.grain, self.fading, self.smear)
        colour = np.array(self.colours[rng.integers(len(self.colours))])
        red, green, blue = (colour * rng.uniform(*self.brightness)).clip(0, 1).tolist()
        return Pen((red, green, blue), *(rng.uniform(*one) for one in ranges))


FELT = PenKind(BLACK + BLUE, (0.05, 0.13), (0.85, 1))
BALLPOINT = PenKind(BLUE + BLACK + BLUE + RED, (0.02, 0.045), (0.6, 0.92), (0, 0.25), (0.2, 0.8))
PENCIL = PenKind(
    [(0.32, 0.32, 0.33)], (0.022, 0.06), (0.5, 0.85), (0.15, 0.5), (0.3, 1), brightness=(0.7, 1.3)
)
USUAL = (FELT, FELT, FELT, BALLPOINT, BALLPOINT, PENCIL)


@dataclass(frozen=True)
class Kind:
    """A row of `KINDS`: a page, its pens, and the steps that change the plain scene."""

    steps: tuple[Step, ...] = ()
    size: Range = (0.25, 0.7)  # the digit's height, of the shorter side
    shapes: list[tuple[int, int]] | None = None  # SHAPES if None
    papers: list[Colour] | None = None  # white and off-white if None
    brightness: Range = (0.85, 1.02)  # multiplies the paper's colour
    pens: tuple[PenKind, ...] = USUAL

    def scene(self, rng: Rng) -> Scene:
        """A page that fills the picture in fair light, changed by the steps in turn."""
        shapes = self.shapes or SHAPES
        shape = height, width = shapes[rng.integers(len(shapes))]
        flat = rng.random() < 0.25  # without grain, as a rendered image
        if self.papers is None:
            colour = rng.uniform(0.72, 0.97) * (1 + rng.normal(0, 0.015, 3))
        else:
            colour = np.array(self.papers[rng.integers(len(self.papers))])
            colour = colour * rng.uniform(*self.brightness)
        page = paper(shape, tuple(colour.clip(0, 1)), rng, 0 if flat else rng.uniform(0.003, 0.02))
        scene = Scene(
            page,
            np.ones((*shape, 1), np.float32) if flat else light.lamp(shape, rng, 0.0, 0.2),
            self.pens[rng.integers(len(self.pens))].pen(rng),
            rng.uniform(*self.size) * min(shape),
            tuple(rng.uniform(0.42, 0.58, 2) * (width, height)),
            turn=rng.normal(0, 2),
            noise=0 if flat else rng.uniform(0.002, 0.012),
            blur=0 if flat else rng.uniform(0.3, 0.9),
            quality=None if flat and rng.random() < 0.5 else int(rng.integers(75, 96)),
        )
        for step in self.steps:
            step(scene, rng)
        return scene


# Steps. Each takes the ranges of its distributions and returns a change of a scene.


def shaded(shade: Callable[..., np.ndarray], *ranges: Range) -> Step:
    """Multiply the light by one of `light`'s functions."""

    def step(scene: Scene, rng: Rng) -> None:
        scene.light = scene.light * shade(scene.shape, rng, *ranges)

    return step


def lamp(amount: Range) -> Step:
    """Replace the light by a lamp at one side."""

    def step(scene: Scene, rng: Rng) -> None:
        scene.light = light.lamp(scene.shape, rng, *amount)

    return step


def dim(amount: Range) -> Step:
    """Darken everything."""

    def step(scene: Scene, rng: Rng) -> None:
        scene.light = scene.light * rng.uniform(*amount)

    return step


def glare(scene: Scene, rng: Rng) -> None:
    """Reflect lamps."""
    scene.glare = light.glare(scene.shape, rng)


def sometimes(probability: float, chosen: Step, other: Step | None = None) -> Step:
    """Take one step with a probability, otherwise another one or none."""

    def step(scene: Scene, rng: Rng) -> None:
        taken = chosen if rng.random() < probability else other
        if taken:
            taken(scene, rng)

    return step


def camera(
    noise: Range | None = None, blur: Range | None = None, quality: tuple[int, int] | None = None
) -> Step:
    """Set the camera's faults: standard deviations in 0-1 and in pixels, and JPEG's quality."""

    def step(scene: Scene, rng: Rng) -> None:
        if noise:
            scene.noise = rng.uniform(*noise)
        if blur:
            scene.blur = rng.uniform(*blur)
        if quality:
            scene.quality = int(rng.integers(*quality))

    return step


def out_of_focus(scene: Scene, rng: Rng) -> None:
    """Blur by up to 3% of the digit's height."""
    scene.blur = rng.uniform(1.5, 0.03 * scene.size)


def ruling(scene: Scene, rng: Rng) -> None:
    """Print lines, and sometimes a margin."""
    _rule(scene, rng)
    width, height = scene.shape[1], scene.shape[0]
    if rng.random() < 0.35:
        x = rng.uniform(0.06, 0.16) * width
        line(scene.page, [(x, -9), (x, height + 9)], 1, (0.85, 0.45, 0.45))


def squares(scene: Scene, rng: Rng) -> None:
    """Print squares."""
    _rule(scene, rng, across=True)


def _rule(scene: Scene, rng: Rng, across: bool = False) -> None:
    height, width = scene.shape
    gap = rng.uniform(0.03, 0.1) * max(height, width)
    paper_colour = scene.page[0, 0] / max(float(scene.page[0, 0].max()), 0.1)
    colour = np.array(RULING[rng.integers(len(RULING))]) * paper_colour
    thick = int(rng.integers(1, 4)) if gap > 25 else 1
    for y in np.arange(rng.uniform(0, gap), height, gap):
        line(scene.page, [(-9, y), (width + 9, y)], thick, colour)
    if across:
        for x in np.arange(rng.uniform(0, gap), width, gap):
            line(scene.page, [(x, -9), (x, height + 9)], thick, colour)


def dots(scene: Scene, rng: Rng) -> None:
    """Print a grid of dots."""
    height, width = scene.shape
    gap = rng.uniform(0.03, 0.1) * max(height, width)
    radius, grey = rng.uniform(0.9, max(1.2, 0.07 * gap)), rng.uniform(0.15, 0.75)
    for y in np.arange(rng.uniform(0, gap), height, gap):
        for x in np.arange(gap / 2, width, gap):
            centre = (round(x * 16), round(y * 16))
            cv2.circle(scene.page, centre, round(radius * 16), (grey,) * 3, -1, cv2.LINE_AA, 4)


def frame(scene: Scene, rng: Rng) -> None:
    """Print a frame, at the very edge or a little inside."""
    height, width = scene.shape
    shade, thick = (rng.uniform(0.02, 0.4),) * 3, int(rng.integers(1, 14))
    if rng.random() < 0.4:
        cv2.rectangle(scene.page, (0, 0), (width - 1, height - 1), shade, thick * 2 - 1)
        return
    inset = rng.uniform(0.02, 0.12) * min(height, width)
    right, bottom = width - inset, height - inset
    corners = [(inset, inset), (right, inset), (right, bottom), (inset, bottom), (inset, inset)]
    line(scene.page, corners, thick, shade)


def cells(scene: Scene, rng: Rng) -> None:
    """Print a table, the digit in one of its cells."""
    height, width = scene.shape
    x, y = scene.middle
    cell_y, cell_x = scene.size * rng.uniform(1.35, 2), scene.size * rng.uniform(1.35, 3)
    shade, thick = (rng.uniform(0.02, 0.45),) * 3, int(rng.integers(1, 5))
    for number in np.arange(-6, 7) + 0.5:
        at_y, at_x = y + number * cell_y, x + number * cell_x
        line(scene.page, [(-9, at_y), (width + 9, at_y)], thick, shade)
        line(scene.page, [(at_x, -9), (at_x, height + 9)], thick, shade)


def flecks(scene: Scene, rng: Rng) -> None:
    """Scatter the fibres of recycled paper."""
    fibres(scene.page, rng, int(rng.integers(60, 400)))


def crumbs(scene: Scene, rng: Rng) -> None:
    """Scatter crumbs and stains."""
    height, width = scene.shape
    for _ in range(rng.integers(5, 40)):
        place = (rng.uniform(0, 1, 2) * (width, height)).astype(int).tolist()
        shade = (rng.uniform(0.1, 0.6),) * 3
        cv2.circle(scene.page, place, int(rng.integers(1, 4)), shade, -1, cv2.LINE_AA)


def words(scene: Scene, rng: Rng) -> None:
    """Print a word or two at the edge."""
    height, width = scene.shape
    place = (int(rng.uniform(0.02, 0.6) * width), int(height * rng.choice([0.05, 0.97])))
    printed = np.zeros((height, width), np.uint8)
    size = rng.uniform(0.4, 0.7)
    cv2.putText(printed, "Name, 12.5.", place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, 1)
    scene.page *= 1 - 0.7 * (printed / np.float32(255))[..., None]


def wiped(scene: Scene, rng: Rng) -> None:
    """Leave the traces of a sponge on a chalkboard."""
    shape = scene.shape
    noise = rng.standard_normal(shape, dtype=np.float32)
    streaks = 4 * cv2.blur(noise, (1, 61) if rng.random() < 0.5 else (61, 1))
    clouds = 0.5 * waves(shape, rng.uniform(40, 160), rng)
    clouds += 0.3 * waves(shape, rng.uniform(8, 30), rng)
    scene.page += (rng.uniform(0.0, 0.06) * (clouds + streaks))[..., None]


def turn(degrees: Range) -> Step:
    """Turn what is printed on the page, and the writing with it."""

    def step(scene: Scene, rng: Rng) -> None:
        height, width = scene.shape
        scene.turn = rng.uniform(*degrees)
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -scene.turn, 1)
        scene.page = cv2.warpAffine(
            scene.page, matrix, (width, height), flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )  # fmt: skip

    return step


def on(*tables: Callable[[tuple[int, int], Rng], np.ndarray], tilt: float = 0.012) -> Step:
    """Lay the page on a table, not quite straight, seen not quite from above."""

    def step(scene: Scene, rng: Rng) -> None:
        height, width = scene.shape
        middle = np.array([width, height]) * rng.uniform(0.47, 0.53, 2)
        box = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
        box = box * rng.uniform(0.68, 0.9)
        box = box @ rotation(np.radians(scene.turn))
        scene.corners = middle + box + rng.normal(0, tilt, (4, 2)) * (width, height)
        scene.turn = 0
        scene.table = tables[rng.integers(len(tables))](scene.shape, rng)

    return step


def dark_table(shape: tuple[int, int], rng: Rng) -> np.ndarray:
    """A plain dark table."""
    colour = tuple(rng.uniform(0.03, 0.22) * (1 + rng.normal(0, 0.1, 3)))
    return paper(shape, colour, rng, rng.uniform(0, 0.1))


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
HARD_SHADOW = shaded(light.shadow, (0, 6), (0.12, 0.6))
CREASE = shaded(light.crease, (0.03, 0.12))

KINDS = {
    "white": Kind(),
    "dark corners": Kind((shaded(light.vignette, (0.1, 0.6)),), size=(0.2, 0.65)),
    "slanting light": Kind((lamp((0.3, 0.75)),)),
    "soft shadow": Kind((shaded(light.shadow, (12, 90), (0.1, 0.55)),)),
    "hard shadow": Kind((HARD_SHADOW,)),
    "shadows, crease": Kind(
        (HARD_SHADOW, shaded(light.shadow, (1, 30), (0.1, 0.35)), sometimes(0.6, CREASE))
    ),
    "ruled": Kind((ruling,)),
    "squared": Kind((squares,)),
    "ruled, in shade": Kind(
        (
            sometimes(0.5, squares, ruling),
            turn((-6, 6)),
            lamp((0.1, 0.5)),
            shaded(light.shadow, (2, 50), (0.1, 0.4)),
        )
    ),
    "dot grid": Kind((dots,)),
    "on wood": Kind((on(wood),)),
    "on a dark table": Kind((on(dark_table),)),
    "on a pattern": Kind((on(cloth),)),
    "pencil": Kind(pens=(PENCIL,)),
    "ballpoint": Kind(pens=(BALLPOINT,)),
    "pale marker": Kind(pens=(PALE_MARKER,)),
    "marker": Kind(pens=(PLAIN_MARKER,)),
    "whiteboard": Kind(
        (lamp((0.05, 0.45)), glare),
        papers=WHITEBOARD,
        brightness=(0.75, 1.08),
        pens=(BOARD_MARKER,),
    ),
    "chalkboard": Kind(
        (wiped, lamp((0, 0.5))), papers=CHALKBOARD, brightness=(1, 1), pens=(CHALK_PIECE,)
    ),
    "coloured paper": Kind(papers=CARD, pens=INK_PENS),
    "white on dark": Kind(papers=DARK_CARD, brightness=(0.8, 1.2), pens=(WHITE_PEN,)),
    "recycled paper": Kind((flecks,), papers=RECYCLED, brightness=(1, 1)),
    "frame": Kind((frame,), size=(0.2, 0.55)),
    "table cell": Kind((cells,), size=(0.12, 0.2)),
    "tilted": Kind(
        (
            sometimes(0.5, sometimes(0.5, squares, ruling)),
            turn((-8, 8)),
            on(wood, cloth, tilt=0.023),
        ),
        size=(0.3, 0.6),
    ),
    "noise": Kind((camera(noise=(0.02, 0.07)), dim((0.45, 0.9))), pens=INK_PENS),
    "JPEG": Kind((camera(blur=(0.3, 2), quality=(8, 40)),)),
    "blurred": Kind((out_of_focus,)),
    "small": Kind(
        (lamp((0, 0.3)), shaded(light.vignette, (0, 0.3))), size=(0.03, 0.1), shapes=PAGES
    ),
    "note on a desk": Kind((on(wood, cloth),), papers=CARD, pens=INK_PENS),
    "specks": Kind((crumbs, sometimes(0.5, words))),
}  # fmt: skip
