"""The kinds of paper and light, as rows of data: `KINDS`."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from evaluation.photographs import light, materials, scenes
from evaluation.photographs.materials import INK_PENS
from evaluation.photographs.scenes import Scene, Step, shaded, sometimes
from evaluation.photographs.textures import Colour, Range, Rng, cloth, paper, wood

SHAPES = ((800, 600), (600, 800), (640, 640), (1000, 750), (480, 640))  # height, width
PAGES = ((1600, 1200), (1200, 1600), (1400, 1050))


@dataclass(frozen=True)
class Kind:
    """A row of `KINDS`: a page, its pens, and the steps that change the plain scene."""

    steps: tuple[Step, ...] = ()
    size: Range = (0.25, 0.7)  # the digit's height, of the shorter side
    shapes: tuple[tuple[int, int], ...] = SHAPES
    papers: list[Colour] | None = None  # white and off-white if None
    brightness: Range = (0.85, 1.02)  # multiplies the paper's colour
    pens: tuple[materials.PenKind, ...] = materials.USUAL

    def scene(self, rng: Rng) -> Scene:
        """Return a page that fills the picture in good light, changed by the steps in order."""
        shape = height, width = self.shapes[rng.integers(len(self.shapes))]
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


HARD_SHADOW = shaded(light.shadow, (0, 6), (0.12, 0.6))
CREASE = shaded(light.crease, (0.03, 0.12))
RULED_OR_SQUARED = sometimes(0.5, scenes.squares, scenes.ruling)

KINDS = {
    "white": Kind(),
    "dark corners": Kind((shaded(light.vignette, (0.1, 0.6)),), size=(0.2, 0.65)),
    "slanting light": Kind((partial(scenes.lamp, amount=(0.3, 0.75)),)),
    "soft shadow": Kind((shaded(light.shadow, (12, 90), (0.1, 0.55)),)),
    "hard shadow": Kind((HARD_SHADOW,)),
    "shadows, crease": Kind(
        (HARD_SHADOW, shaded(light.shadow, (1, 30), (0.1, 0.35)), sometimes(0.6, CREASE))
    ),
    "ruled": Kind((scenes.ruling,)),
    "squared": Kind((scenes.squares,)),
    "ruled, in shade": Kind(
        (
            RULED_OR_SQUARED,
            partial(scenes.turn, most=6),
            partial(scenes.lamp, amount=(0.1, 0.5)),
            shaded(light.shadow, (2, 50), (0.1, 0.4)),
        )
    ),
    "dot grid": Kind((scenes.dots,)),
    "on wood": Kind((partial(scenes.lie_on, tables=[wood]),)),
    "on a dark table": Kind((partial(scenes.lie_on, tables=[scenes.dark_table]),)),
    "on a pattern": Kind((partial(scenes.lie_on, tables=[cloth]),)),
    "pencil": Kind(pens=(materials.PENCIL,)),
    "ballpoint": Kind(pens=(materials.BALLPOINT,)),
    "pale marker": Kind(pens=(materials.PALE_MARKER,)),
    "marker": Kind(pens=(materials.PLAIN_MARKER,)),
    "whiteboard": Kind(
        (partial(scenes.lamp, amount=(0.05, 0.45)), scenes.glare),
        papers=materials.WHITEBOARD,
        brightness=(0.75, 1.08),
        pens=(materials.BOARD_MARKER,),
    ),
    "chalkboard": Kind(
        (scenes.wiped, partial(scenes.lamp, amount=(0, 0.5))),
        papers=materials.CHALKBOARD,
        brightness=(1, 1),
        pens=(materials.CHALK_PIECE,),
    ),
    "coloured paper": Kind(papers=materials.CARD, pens=INK_PENS),
    "white on dark": Kind(
        papers=materials.DARK_CARD, brightness=(0.8, 1.2), pens=(materials.WHITE_PEN,)
    ),
    "recycled paper": Kind((scenes.flecks,), papers=materials.RECYCLED, brightness=(1, 1)),
    "frame": Kind((scenes.frame,), size=(0.2, 0.55)),
    "table cell": Kind((scenes.cells,), size=(0.12, 0.2)),
    "tilted": Kind(
        (
            sometimes(0.5, RULED_OR_SQUARED),
            partial(scenes.turn, most=8),
            partial(scenes.lie_on, tables=[wood, cloth], tilt=0.023),
        ),
        size=(0.3, 0.6),
    ),
    "noise": Kind((scenes.noisy,), pens=INK_PENS),
    "JPEG": Kind((scenes.compressed,)),
    "blurred": Kind((scenes.out_of_focus,)),
    "small": Kind(
        (partial(scenes.lamp, amount=(0, 0.3)), shaded(light.vignette, (0, 0.3))),
        size=(0.03, 0.1),
        shapes=PAGES,
    ),
    "note on a desk": Kind(
        (partial(scenes.lie_on, tables=[wood, cloth]),), papers=materials.CARD, pens=INK_PENS
    ),
    "specks": Kind((scenes.crumbs, sometimes(0.5, scenes.words))),
}
