"""Finds what is written in a photograph of paper, a whiteboard or a chalkboard.

The ground, however unevenly lit, is what a morphological closing leaves of the picture (for dark
ink; an opening for chalk): its window is wider than any stroke, and it keeps the edges of shadows
and of the sheet where they are. Ink is told by its contrast to that ground as a ratio, which the
light does not change. Rulings, frames and the sheet's edge are long thin lines; what remains is
grouped into strokes by hysteresis (Canny 1986).
"""

import functools
from dataclasses import dataclass, replace
from math import ceil, floor

import cv2
import numpy as np

from digits.types import FoundInk, Ink

SIDE = 1280  # pixels: the longer side on which ink is looked for
WINDOW_PENS = 6  # of the width of the strokes, once that is known
LEAST_WINDOW = 25  # pixels
WINDOW = 0.2  # of the shorter side: wider than any stroke
OFFSET = 20  # of 255: added to both sides of a ratio, lest dark pixels' noise counts for much
FAINTEST = 0.07  # contrast, 0-1: less is no ink
WEAKEST = 0.35  # of what is written: weaker is a ruling, a smear, the other side of the paper
THICKNESS = (0.008, 0.022)  # of the shorter side: lines up to this are removed, the thin ones first
POLARITY_SIDE = 320  # pixels: the longer side on which it is decided what is ink and what ground
ALL_ROUND = 0.75  # of its outline, by which a piece of ink must be darker than the ground
BLACKBOARD = 70  # of 255: a ground darker than this is rather a chalkboard than paper
SAME_PAPER = 0.06  # of the logarithm: another shade of colour is something else than shadow
STEP = 3  # the median of a picture is that of every third row and column
SMALLEST = 12  # pixels, the longer side of a digit: crumbs are smaller
DOT = 0.65  # of the square round it: a piece that fills more is a dot, and no digit
MARGIN = 0.03  # of the shorter side: what lies wholly this near the edge is what is left of a line
FIBRE = 0.07  # of the shorter side: fibres and flecks of paper are shorter,
FIBRE_STRENGTH = 0.25  # and fainter than this,
FIBRES = 30  # and there are more of them


@dataclass(frozen=True, eq=False)
class Contrast:
    """How much each pixel differs from the ground."""

    smooth: np.ndarray  # uint8 (height, width, 3): the picture that it was taken from
    colour: np.ndarray  # float32 (height, width, 3), in each channel
    mix: "Mix"
    value: np.ndarray  # float32 (height, width), of all channels
    grain: float  # the deviation of `value` where nothing is written
    light: bool  # whether the ink is lighter than the ground
    window: int  # pixels: what the ground was looked for with

    def of(self, pen: np.ndarray) -> "Contrast":
        """The contrast as far as it is like a pen's, whose own is (3,)."""
        mix = Mix(weights=pen.clip(0) / (pen.clip(0) @ pen.clip(0)) * pen.max())
        value = mix(self.colour)
        return replace(self, mix=mix, value=value, grain=_grain(value[::STEP, ::STEP]))

    def edges(self, reach: int) -> np.ndarray:
        """The contrast to the most ink-like pixel near by, float32 (height, width)."""
        kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
        if self.light:
            return self.mix(_contrast(cv2.dilate(self.smooth, kernel), self.smooth))
        return self.mix(_contrast(self.smooth, cv2.erode(self.smooth, kernel)))


@dataclass(frozen=True, eq=False)
class Mix:
    """Makes one contrast of those in the three channels."""

    weights: np.ndarray | None = None  # (3,); None: the largest of the calm ones
    calm: np.ndarray | None = None  # bool (3,): those not much noisier than the others

    def __call__(self, colour: np.ndarray) -> np.ndarray:
        """float32 (..., 3) to float32 (...)."""
        mixed: np.ndarray
        if self.weights is not None:
            mixed = colour @ self.weights.astype(np.float32)
        else:
            chosen = range(3) if self.calm is None else np.flatnonzero(self.calm)
            # Along an axis of three, NumPy's own `max` takes ten times as long.
            mixed = functools.reduce(np.maximum, [colour[..., i] for i in chosen])
        return mixed


def _largest_calm(sample: np.ndarray) -> Mix:
    """A yellow marker shows in blue only; but the blue of brown paper is noise."""
    grains = [_grain(sample[..., i]) for i in range(3)]
    return Mix(calm=np.array(grains) <= 2 * min(grains) + 0.01)


def _grain(sample: np.ndarray) -> float:
    return 1.4826 * float(np.median(np.abs(sample - np.median(sample))))


def find_ink(image: np.ndarray) -> FoundInk | None:
    """Finds what is written in a photograph, and the one digit in it.

    Args:
        image: uint8 (height, width, 3) RGB.

    Returns:
        None where nothing is written.
    """
    small, scale = reduce(image)
    sheet = find_sheet(small)
    seen = contrast(small, sheet, is_light(small, sheet))
    found = _pieces(seen, sheet)
    if found is None:
        return None
    # Once more, now that the pen is known: its colour, and with a window no wider than needed,
    # which follows the light more closely.
    value, pieces, main = found
    thick = pieces.pen(main)
    window = int(WINDOW_PENS * thick) | 1
    if window < 0.7 * seen.window:
        seen = contrast(small, sheet, seen.light, max(window, LEAST_WINDOW))
    ink = pieces.labels == main
    strong = ink & (value > pieces.strength[main])
    if strong.any():  # not of a piece of one even shade
        ink = strong
    colour = seen.colour[ink].mean(axis=0)
    if colour.max() <= 0:  # nothing differs from the nearer ground
        return None
    found = _pieces(seen.of(colour), sheet, colour, thick)
    if found is None:
        return None
    value, pieces, main = found
    return FoundInk(
        everything=_ink(value, pieces, pieces.like(main), scale),
        digit=_ink(value, pieces, pieces.near(main), scale),
    )


def is_light(image: np.ndarray, sheet: np.ndarray | None = None) -> bool:
    """Whether the ink is lighter than its ground, as on a chalkboard.

    Ink differs from the median of all that is round it, which the ground between strokes does not;
    and it is thin, which the sheet on its table is not.
    """
    scale = POLARITY_SIDE / max(image.shape[:2])
    size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    small = cv2.resize(_paper_only(image, sheet), size, interpolation=cv2.INTER_AREA)
    window = int(WINDOW * min(size)) | 1
    median = cv2.medianBlur(small, 2 * window + 1)
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    weight = np.exp(-2 * (x * x + y * y)).astype(np.float32)
    votes = []
    for light in (False, True):
        differs = _contrast(*((small, median) if light else (median, small)))
        mix = _largest_calm(differs)
        value = mix(np.minimum(differs, _ratio(small, light, window)))
        faint = min(max(FAINTEST, 6 * _grain(mix(differs))), 0.3)
        votes.append(float((value * weight)[value > faint].sum()))
    dark, bright = votes
    if np.median(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)) < BLACKBOARD:
        bright *= 2  # hardly anything is darker than a chalkboard
    return bright > dark


def _contrast(light: np.ndarray, dark: np.ndarray) -> np.ndarray:
    """By which share the dark is darker than the light, float32, below 1."""
    table = np.arange(256, dtype=np.float32) + OFFSET
    share: np.ndarray = 1 - table[dark] / table[light]
    return share


def _ratio(image: np.ndarray, light: bool, window: int) -> np.ndarray:
    """The contrast to the ground, 0-1, float32 (height, width, 3)."""
    # Beyond the edge goes on what is at the edge: a table of which a strip is seen is ground.
    wide = cv2.copyMakeBorder(image, window, window, window, window, cv2.BORDER_REPLICATE)
    kernel = np.ones((window, window), np.uint8)
    wide = cv2.morphologyEx(wide, cv2.MORPH_OPEN if light else cv2.MORPH_CLOSE, kernel)
    ground = wide[window:-window, window:-window]
    return _contrast(*((image, ground) if light else (ground, image)))


def _paper_only(image: np.ndarray, sheet: np.ndarray | None) -> np.ndarray:
    """The picture with paper instead of the table."""
    if sheet is None:
        return image
    image = image.copy()
    image[~sheet] = np.median(image[sheet][::7], axis=0)
    return image


def reduce(image: np.ndarray) -> tuple[np.ndarray, float]:
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    scale = max(1.0, max(image.shape[:2]) / SIDE)
    if scale > 1:
        size = [max(1, round(side / scale)) for side in image.shape[1::-1]]
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return image, scale


def find_sheet(image: np.ndarray) -> np.ndarray | None:
    """Where the sheet is, bool (height, width); None where it fills the picture."""
    height, width = image.shape[:2]
    scale = 256 / max(height, width)
    size = [max(8, round(side * scale)) for side in (width, height)]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    thin = np.ones((5, 5), np.uint8)  # what is written or ruled in thin lines
    small = cv2.morphologyEx(small, cv2.MORPH_CLOSE, thin)
    small = cv2.medianBlur(cv2.morphologyEx(small, cv2.MORPH_OPEN, thin), 5)
    logs = np.log(cv2.GaussianBlur(small, (0, 0), 1).astype(np.float32) + OFFSET)
    grey = logs.mean(axis=2, keepdims=True)
    chroma = logs - grey
    kernel = np.ones((3, 3), np.uint8)
    steps = cv2.dilate(logs, kernel) - cv2.erode(logs, kernel)
    smooth = (steps.max(axis=2) < 0.1).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(smooth, connectivity=4)
    if count < 2:
        return None
    area = stats[:, cv2.CC_STAT_AREA].astype(float)
    y, x = np.mgrid[-0.5 : 0.5 : size[1] * 1j, -0.5 : 0.5 : size[0] * 1j]
    score = np.bincount(labels.ravel(), np.exp(-(x * x + y * y) / 0.1).ravel(), count)
    score[0] = 0  # of all that is near the middle of the picture, it has most
    main = int(score.argmax())
    if area[main] < 0.12 * smooth.size:
        return None
    flat = labels.ravel()
    sizes = np.maximum(area, 1)
    colour = np.stack(
        [np.bincount(flat, chroma[..., i].ravel(), count) / sizes for i in range(3)], axis=1
    )
    alike = np.abs(colour - colour[main]).max(axis=1) < SAME_PAPER
    part = alike & (area > 0.02 * smooth.size)  # in shadow, perhaps
    part[main], part[0] = True, False
    mask = _filled(part[labels])
    # A sheet that lies all in the picture, on a table that is just as grey.
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    at_border = np.bincount(border, minlength=count) > 0.1 * len(border)
    if not at_border[main] and at_border.any():
        alone = _filled((part & ~at_border)[labels])
        (_, sides, _) = cv2.minAreaRect(cv2.findNonZero(alone))
        if alone.sum() > 0.87 * sides[0] * sides[1]:
            mask = alone
    if mask.mean() > 0.97:
        return None
    mask = cv2.erode(mask, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    mask = cv2.resize(mask * 255, (width, height), interpolation=cv2.INTER_LINEAR) > 127
    return mask if mask[::STEP, ::STEP].any() else None  # a strip that is too narrow


def _filled(region: np.ndarray) -> np.ndarray:
    """Without holes and gaps: what is written on a sheet, and the edges of shadows."""
    filled = np.pad(region.astype(np.uint8), 16)
    filled = cv2.morphologyEx(filled, cv2.MORPH_CLOSE, np.ones((13, 13), np.uint8))
    contours, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    return filled[16:-16, 16:-16]


def contrast(
    image: np.ndarray, sheet: np.ndarray | None, light: bool, window: int | None = None
) -> Contrast:
    smooth = cv2.GaussianBlur(_paper_only(image, sheet), (0, 0), 0.8)
    window = window or int(WINDOW * min(image.shape[:2])) | 1
    colour = _ratio(smooth, light, window)
    inside = colour[::STEP, ::STEP]
    if sheet is not None:
        inside = inside[sheet[::STEP, ::STEP]]
    # An extreme is biased by noise.
    bias = np.median(inside.reshape(-1, 3), axis=0).clip(0, 0.1).astype(np.float32)
    colour -= bias
    if sheet is not None:
        colour *= cv2.erode(sheet.astype(np.uint8), np.ones((5, 5), np.uint8))[..., None]
    inside = inside - bias
    mix = _largest_calm(inside)
    return Contrast(smooth, colour, mix, mix(colour), _grain(mix(inside)), light, window)


def _pieces(
    seen: Contrast,
    sheet: np.ndarray | None,
    pen: np.ndarray | None = None,
    thick: float | None = None,
) -> tuple[np.ndarray, "Pieces", int] | None:
    """What stands out, without lines; its pieces; and which of them is the main one."""
    value = without_lines(seen, sheet, pen)
    faint = max(FAINTEST, 5 * seen.grain)
    # What is written across the edge of a shadow may hang together with it: then a higher level.
    for raised in (1, 2, 4):
        pieces = find_pieces(value, 0.7 * raised * faint, sheet)
        pieces.need_edges(seen, value, thick or 0.02 * min(value.shape))
        main = pieces.main(faint)
        if main is not None:
            break
    else:
        return None
    # Rulings, smears and the like are weaker than what is written: once more without them.
    low = max(0.7 * raised * faint, WEAKEST * pieces.strength[main])
    pieces = find_pieces(value, low, sheet)
    pieces.need_edges(seen, value, thick or 0.02 * min(value.shape))
    main = pieces.main(faint)
    return None if main is None else (value, pieces, main)


class Pieces:
    """The connected pieces of what stands out; each array has an entry for each, the first none."""

    def __init__(
        self, value: np.ndarray, labels: np.ndarray, stats: np.ndarray, middles: np.ndarray
    ):
        self.labels = labels  # int32 (height, width), 0 where nothing is
        self.shape = value.shape
        count = len(stats)
        self.area = stats[:, cv2.CC_STAT_AREA]
        self.left, self.top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
        self.width, self.height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
        self.right, self.bottom = self.left + self.width, self.top + self.height
        self.extent = np.maximum(self.width, self.height)
        self.middles = middles  # (count, 2) x, y
        height, width = value.shape
        self.at_edge = (
            (self.left <= 1)
            | (self.top <= 1)
            | (self.right >= width - 1)
            | (self.bottom >= height - 1)
        )
        # The mean contrast of the darker half of each.
        inside = np.flatnonzero(labels)
        owner, values = labels.ravel()[inside], value.ravel()[inside]
        sizes = np.maximum(np.bincount(owner, minlength=count), 1)
        mean = np.bincount(owner, values, count) / sizes
        upper = values > mean[owner]
        sizes = np.maximum(np.bincount(owner[upper], minlength=count), 1)
        self.strength = np.bincount(owner[upper], values[upper], count) / sizes

    def need_edges(self, seen: Contrast, value: np.ndarray, thick: float) -> None:
        """Makes nothing of what is not darker than all that is round it: the edge of a shadow.

        A shadow's edge, or its tip, is darker than the paper on one side only.
        """
        if len(self.area) > 60_000:
            return
        # A stroke may have a halo of smears or of JPEG blocks: only its own ink counts.
        core = np.where(value > WEAKEST * self.strength[self.labels], self.labels, 0)
        core = core.astype(np.uint16)
        away = max(2, round(0.5 * thick))
        near, far = (
            cv2.dilate(core, np.ones((2 * d + 1, 2 * d + 1), np.uint8)) for d in (away - 1, away)
        )
        ring = np.flatnonzero((near == 0) & (far > 0))
        owner = far.ravel()[ring]
        edges = seen.edges(away + round(2 * thick)).ravel()[ring]
        count = np.bincount(owner, minlength=len(self.area))
        held = np.bincount(owner[edges > 0.35 * self.strength[owner]], minlength=len(self.area))
        self.strength[held < ALL_ROUND * count] = 0

    def main(self, faint: float) -> int | None:
        """The largest, clearest piece near the middle."""
        height, width = self.shape
        away = np.hypot(
            (self.middles[:, 0] - width / 2) / width, (self.middles[:, 1] - height / 2) / height
        )
        score = self.strength * self.extent * np.sqrt(self.area) * np.exp(-((away / 0.3) ** 2))
        score[self.at_edge] *= 0.1
        score[self.encloses()] *= 0.02
        score[self.dots() | self.at_margin() | self.fibres(faint)] = 0
        score[(self.strength < faint) | (self.extent < SMALLEST)] = 0
        score[0] = 0
        best = int(score.argmax())
        return best if score[best] > 0 else None

    def dots(self) -> np.ndarray:
        """Those of a dot grid, and crumbs, bool (count,); even a full stop is no digit."""
        return self.area > DOT * self.extent**2

    def fibres(self, faint: float) -> np.ndarray:
        """What recycled paper is full of, bool (count,); none where there are only a few."""
        small = (self.extent < FIBRE * min(self.shape)) & (self.strength < FIBRE_STRENGTH)
        many = np.count_nonzero(small & (self.strength > faint)) > FIBRES
        return small if many else np.zeros_like(small)

    def at_margin(self) -> np.ndarray:
        """What lies along the edge, bool (count,): half a ruling, a strip of the table."""
        height, width = self.shape
        margin = MARGIN * min(height, width)
        return (
            (self.right < margin)
            | (self.bottom < margin)
            | (self.left > width - margin)
            | (self.top > height - margin)
        )

    def encloses(self) -> np.ndarray:
        """What goes round others that might be digits, bool (count,): a frame, the table's edge."""
        large = np.flatnonzero(self.extent > 0.5 * max(self.shape))
        around = np.zeros(len(self.area), bool)
        for i in large[large > 0]:
            inside = (
                (self.left > self.left[i])
                & (self.right < self.right[i])
                & (self.top > self.top[i])
                & (self.bottom < self.bottom[i])
                & (self.extent > 0.1 * self.extent[i])
                & (self.strength > 0.3 * self.strength[i])
            )
            around[i] = inside.any() and self.area[i] < 0.5 * self.width[i] * self.height[i]
        return around

    def pen(self, main: int) -> float:
        """The width of the strokes in pixels: area by half the outline."""
        like = self.like(main)
        widths = []
        for i in np.flatnonzero(like & (self.extent > 0.5 * self.extent[main])):
            box = np.s_[self.top[i] : self.bottom[i], self.left[i] : self.right[i]]
            mask = np.pad((self.labels[box] == i).astype(np.uint8), 1)
            contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
            outline = sum(cv2.arcLength(contour, True) for contour in contours)
            widths.append(2 * self.area[i] / max(outline, 1))
        return float(max(widths))

    def near(self, main: int) -> np.ndarray:
        """The parts of one digit, bool (count,): they lie near each other, and are as strong."""
        strong = (
            (self.strength > 0.5 * self.strength[main])
            & (self.area > 0.03 * self.area[main])
            & ~self.at_edge
        )
        strong[0] = False
        far = 0.25 * self.extent[main]
        box = np.array([self.left, self.top, -self.right, -self.bottom])
        near = np.zeros(len(self.area), bool)
        near[main] = True
        for _ in range(3):  # parts of parts
            left, top, right, bottom = box[:, near].min(axis=1)
            gaps = self.left + right, left - self.right, self.top + bottom, top - self.bottom
            gap = np.maximum.reduce(gaps)
            near |= strong & (gap < far)
        return near

    def like(self, main: int) -> np.ndarray:
        """All that may be written by the same pen, bool (count,)."""
        like = (
            (self.strength > 0.5 * self.strength[main])
            & (self.extent >= max(4, 0.1 * self.extent[main]))
            & ~self.at_edge
        )
        like[main], like[0] = True, False
        return like


def find_pieces(value: np.ndarray, low: float, sheet: np.ndarray | None) -> Pieces:
    mask = (value > low).astype(np.uint8)
    _, labels, stats, middles = cv2.connectedComponentsWithStats(mask)
    pieces = Pieces(value, labels, stats, middles)
    if sheet is not None:
        inner = cv2.erode(sheet.astype(np.uint8), np.ones((9, 9), np.uint8))
        pieces.at_edge[np.unique(labels[inner == 0])] = True
    return pieces


def _ink(value: np.ndarray, pieces: Pieces, chosen: np.ndarray, scale: float) -> Ink:
    """The ink of the chosen pieces, each as strong as the others."""
    left, top = int(pieces.left[chosen].min()), int(pieces.top[chosen].min())
    right, bottom = int(pieces.right[chosen].max()), int(pieces.bottom[chosen].max())
    part = np.s_[top:bottom, left:right]
    level = np.where(chosen, pieces.strength, np.inf)[pieces.labels[part]].astype(np.float32)
    ink = ((value[part] / level - 0.25) / 0.7).clip(0, 1)
    box = (
        floor(left * scale), floor(top * scale), ceil(right * scale), ceil(bottom * scale)
    )  # fmt: skip
    return Ink(ink, box, scale)


def _bar(length: int, degrees: float) -> np.ndarray:
    """A structuring element: a line one pixel thick."""
    reach = length // 2
    turn = np.radians(degrees)
    x, y = round(reach * np.cos(turn)), round(reach * np.sin(turn))
    kernel = np.zeros((2 * abs(y) + 1, 2 * abs(x) + 1), np.uint8)
    middle = (abs(x), abs(y))
    cv2.line(kernel, (middle[0] - x, middle[1] - y), (middle[0] + x, middle[1] + y), 1)
    return kernel


@dataclass(frozen=True, eq=False)
class Line:
    """A ruling, or one side of a frame."""

    mask: np.ndarray  # bool (rows, columns), a part of the picture
    left: int  # of that part
    top: int
    thick: int  # pixels
    upright: bool

    @property
    def box(self) -> tuple[slice, slice]:
        rows, columns = self.mask.shape
        return np.s_[self.top : self.top + rows, self.left : self.left + columns]


def without_lines(
    seen: Contrast, sheet: np.ndarray | None, pen: np.ndarray | None = None
) -> np.ndarray:
    """Removes rulings and frames: long thin lines, level or upright but for a tilt.

    What is clearly darker than the line, or has the pen's colour rather than the line's, stays;
    and where strokes that cross the line end on both sides of it, they are joined.

    Args:
        seen: the contrast.
        sheet: bool (height, width), or None: all of it.
        pen: the contrast of the pen in each channel, (3,), if it is known.

    Returns:
        The contrast without them, float32 (height, width).
    """
    value = seen.value
    height, width = value.shape
    box = (0, 0, width, height) if sheet is None else cv2.boundingRect(sheet.astype(np.uint8))
    for share in THICKNESS:
        thickest = max(4, int(share * min(height, width)))
        shades = (value.clip(0, 1) * 255).astype(np.uint8)
        found = [
            line for upright in (False, True)
            for line in _lines(shades, seen.grain, box, upright, thickest)
        ]  # fmt: skip
        if not found:
            continue
        before, value = value, value.copy()
        gone = np.zeros(value.shape, bool)
        for line in found:
            gone[line.box] |= line.mask & ~_stays(seen, before, line, pen)
        value[gone] = 0
        reach = max(line.thick for line in found) + 9
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        bridged = cv2.morphologyEx(value, cv2.MORPH_CLOSE, kernel)
        value[gone] = np.minimum(bridged, before)[gone]
    return value


def _stays(seen: Contrast, value: np.ndarray, line: Line, pen: np.ndarray | None) -> np.ndarray:
    """What of a line is covered by ink, bool, of the shape of its mask."""
    here = value[line.box]
    peaks = np.where(line.mask, here, 0).max(axis=1 if line.upright else 0)
    peaks = peaks[peaks > 0]
    level = float(np.median(peaks)) if len(peaks) else 0.0
    stays: np.ndarray = here > 1.4 * level + 3 * seen.grain
    if pen is None:
        return stays
    core = line.mask & (here > 0.7 * level) & ~stays
    if not core.any():
        return stays
    colour = np.median(seen.colour[line.box][core], axis=0)
    across = pen - (pen @ colour) / max(float(colour @ colour), 1e-6) * colour
    clear = float(np.hypot.reduce(across))
    if clear > max(0.12, 6 * seen.grain):
        share = cv2.transform(seen.colour[line.box], (across / clear**2)[None].astype(np.float32))
        stays |= cv2.blur(share, (3, 3)) > 0.5
    return stays


def _lines(
    shades: np.ndarray, grain: float, box: tuple[int, int, int, int], upright: bool, thickest: int
) -> list[Line]:
    if upright:
        shades = np.ascontiguousarray(shades.T)
        box = (box[1], box[0], box[3], box[2])
    height, width = shades.shape
    upright_bar = np.ones((2 * thickest + 1, 1), np.uint8)
    thin = cv2.morphologyEx(shades, cv2.MORPH_TOPHAT, upright_bar)
    dark = (thin > 255 * max(0.035, 3 * grain)).astype(np.uint8)
    # How much are they tilted?
    scale = 320 / max(shades.shape)
    size = [max(8, round(side * scale)) for side in (width, height)]
    coarse = (cv2.resize(dark * 255, size, interpolation=cv2.INTER_AREA) > 40).astype(np.uint8)
    # No specks; and no gaps where other lines cross.
    coarse = cv2.morphologyEx(coarse, cv2.MORPH_OPEN, _bar(9, 0))
    coarse = cv2.morphologyEx(coarse, cv2.MORPH_CLOSE, _bar(9, 0))
    best, most = 0.0, 0.0
    for degrees in np.arange(-10, 10.1, 1):
        found = float(cv2.morphologyEx(coarse, cv2.MORPH_OPEN, _bar(81, degrees)).sum())
        if found > most * 1.02:
            best, most = degrees, found
    if most < 60:
        return []
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, _bar(max(9, width // 60), best))
    dark = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, _bar(2 * thickest + 5, best))
    length = int(0.12 * box[2])
    pieces = np.zeros_like(dark)
    for degrees in (best - 1, best, best + 1):
        pieces |= cv2.morphologyEx(dark, cv2.MORPH_OPEN, _bar(length, degrees))
    linked = cv2.morphologyEx(pieces, cv2.MORPH_CLOSE, _bar(int(0.3 * box[2]), best))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(linked)
    lines = []
    for i in range(1, count):
        left, top, across, down = stats[i][:4].tolist()
        if across < 0.55 * box[2] or down > 0.2 * across + 2 * thickest:
            continue
        margin = 0.16 * box[2]
        if left > box[0] + margin or left + across < box[0] + box[2] - margin:
            continue
        mask = (labels[top : top + down, left : left + across] == i).astype(np.uint8)
        sums = mask.sum(axis=0)
        thick = int(np.median(sums[sums > 0]))
        if thick > 2 * thickest:
            continue
        # Where it is much thicker, a stroke lies along it. And its edges are blurred.
        pad = min(2 * thick, top)
        mask = np.pad(mask, ((pad, 2 * thick), (0, 0)))[: height - top + pad]
        tall = np.ones((2 * thick + 3, 1), np.uint8)
        constant = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
        mask &= ~cv2.morphologyEx(mask, cv2.MORPH_OPEN, tall, **constant)
        mask = cv2.dilate(mask, np.ones((5, 1), np.uint8)) > 0
        top -= pad
        if upright:
            lines.append(Line(mask.T, top, left, thick, upright))
        else:
            lines.append(Line(mask, left, top, thick, upright))
    return lines
