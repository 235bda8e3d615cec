"""Demo drawings: digits that the page draws by itself, stroke by stroke."""

from __future__ import annotations

import functools
import json

import numpy as np

from page.core.component import component

VARIANTS = {  # of each digit, all easy to read
    0: ("closed", "clockwise", "open at the top"),
    1: ("small head", "flag", "bare"),
    2: ("plain", "loop", "round"),
    3: ("round", "soft", "flat top"),
    4: ("open", "closed", "open, tall"),
    5: ("hat last", "in one", "big belly"),
    6: ("upright", "curved", "big loop"),
    7: ("crossed", "plain", "hooked"),
    8: ("from the right", "from the left", "from the top"),
    9: ("straight", "smooth", "curved"),
}
WILD = 0.4  # variation between drawings; 1 is the most that is still legible
SIZE = 0.66  # of the canvas's height
DECIMALS = 3

_demo_drawing = component(__file__)


def mount_demo_drawing() -> None:
    """Mount the script that draws a digit when its button or a key from 0 to 9 is pressed."""
    _demo_drawing(key="script_demo_drawing", data={"drawings": json.dumps(drawings())})


@functools.cache
def drawings() -> list[list[list[list[tuple[float, float]]]]]:
    """Return drawings of each digit: strokes of points x, y in a square with sides of 1."""
    from handwriting.allographs import VARIANTS as skeletons
    from handwriting.pen import by_hand, place, strokes_from_skeleton

    rng = np.random.default_rng(0)
    return [
        [
            [
                [(round(x, DECIMALS), round(y, DECIMALS)) for x, y in stroke.tolist()]
                for stroke in place(
                    by_hand(strokes_from_skeleton(skeletons[digit][name], rng), rng, WILD),
                    SIZE,
                    (0.5, 0.5),
                )
            ]
            for name in names
        ]
        for digit, names in VARIANTS.items()
    ]
