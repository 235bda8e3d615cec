"""A scene to be photographed, and the steps that change it.

Some steps take the ranges of their distributions as further arguments; `kinds` binds them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from evaluation.photographs import light
from evaluation.photographs.materials import RULING, Pen
from evaluation.photographs.textures import Range, Rng, fibres, line, paper, waves
from handwriting.pen import rotation


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
Table = Callable[[tuple[int, int], Rng], np.ndarray]  # draws one


def shaded(shade: Callable[..., np.ndarray], *ranges: Range) -> Step:
    """Multiply the light by one of `light`'s functions."""

    def step(scene: Scene, rng: Rng) -> None:
        scene.light = scene.light * shade(scene.shape, rng, *ranges)

    return step


def lamp(scene: Scene, rng: Rng, amount: Range) -> None:
    """Replace the light by a lamp at one side."""
    scene.light = light.lamp(scene.shape, rng, *amount)


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


def noisy(scene: Scene, rng: Rng) -> None:
    """Photograph with the noise of a camera in dim light."""
    scene.noise = rng.uniform(0.02, 0.07)
    scene.light = scene.light * rng.uniform(0.45, 0.9)


def compressed(scene: Scene, rng: Rng) -> None:
    """Compress strongly a picture that may be blurred."""
    scene.blur = rng.uniform(0.3, 2)
    scene.quality = int(rng.integers(8, 40))


def out_of_focus(scene: Scene, rng: Rng) -> None:
    """Blur by up to 3% of the digit's height."""
    scene.blur = rng.uniform(1.5, 0.03 * scene.size)


def ruling(scene: Scene, rng: Rng) -> None:
    """Print lines, and sometimes a margin."""
    _rule(scene, rng)
    height, width = scene.shape
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


def turn(scene: Scene, rng: Rng, most: float) -> None:
    """Turn what is printed on the page, and the writing with it, by up to `most` degrees."""
    height, width = scene.shape
    scene.turn = rng.uniform(-most, most)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -scene.turn, 1)
    scene.page = cv2.warpAffine(
        scene.page, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )


def lie_on(scene: Scene, rng: Rng, tables: list[Table], tilt: float = 0.012) -> None:
    """Lay the page on a table, not quite straight, seen not quite from above."""
    height, width = scene.shape
    middle = np.array([width, height]) * rng.uniform(0.47, 0.53, 2)
    box = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    box = box * rng.uniform(0.68, 0.9)
    box = box @ rotation(np.radians(scene.turn))
    scene.corners = middle + box + rng.normal(0, tilt, (4, 2)) * (width, height)
    scene.turn = 0
    scene.table = tables[rng.integers(len(tables))](scene.shape, rng)


def dark_table(shape: tuple[int, int], rng: Rng) -> np.ndarray:
    """A plain dark table."""
    colour = tuple(rng.uniform(0.03, 0.22) * (1 + rng.normal(0, 0.1, 3)))
    return paper(shape, colour, rng, rng.uniform(0, 0.1))
