"""Renders ink on a page and simulates a photograph of it.

Ink covers paper, the page lies on something, light falls on both, and the camera blurs, adds noise
and compresses.
"""

import cv2
import numpy as np

from evaluation.photographs.kinds import KINDS
from evaluation.photographs.materials import Pen
from evaluation.photographs.scenes import Scene
from evaluation.photographs.textures import Rng, waves
from handwriting.pen import Strokes, evenly, lengths, rotation


def cover(
    shape: tuple[int, int],
    strokes: Strokes,
    size: float,
    middle: tuple[float, float],
    pen: Pen,
    rng: Rng,
) -> np.ndarray:
    """Return how much of each pixel is inked: float32 (height, width), 0-1."""
    width = max(pen.width * size, 0.9)
    points = [np.asarray(stroke, np.float64) * size + middle for stroke in strokes]
    all_points = np.concatenate(points)
    pad = width + 4
    height, across = shape
    low = np.floor(all_points.min(axis=0) - pad).astype(int).clip(0, [across - 1, height - 1])
    high = np.ceil(all_points.max(axis=0) + pad).astype(int).clip(low + 1, [across, height])
    fine = 4 if width < 12 else 2
    box = np.zeros((high - low)[::-1] * fine, np.uint8)
    for stroke in points:
        path = (stroke - low) * fine
        length = lengths(path)[-1]
        if length > 0:
            path = evenly(path, int(max(2, length / max(2, width * fine / 3))))
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
        tooth = 1 + pen.grain * (1.8 * tooth + 0.35 * waves(inked.shape, 3 * width, rng))
        inked = inked * tooth.clip(1 - pen.grain, 1)
    if pen.fading:
        inked = inked * (1 - 0.3 * pen.fading * np.abs(waves(inked.shape, 6 * width, rng))).clip(
            0.35, 1
        )
    page = np.zeros(shape, np.float32)
    page[low[1] : high[1], low[0] : high[0]] = inked
    return page * pen.cover


def write(page: np.ndarray, inked: np.ndarray, pen: Pen, rng: Rng) -> None:
    """Put ink on a page, in place."""
    if pen.smear:
        radius = rng.uniform(4, 18)
        smudge = cv2.GaussianBlur(inked, (0, 0), radius)
        smudge = np.roll(smudge, rng.integers(-12, 13, 2), (0, 1)) * pen.smear
        inked = np.maximum(inked, smudge)
    inked = inked[..., None]
    np.copyto(page, page * (1 - inked) + np.array(pen.colour, np.float32) * inked)


def photograph(scene: Scene, rng: Rng) -> np.ndarray:
    """Photograph a scene: uint8 (height, width, 3) RGB."""
    picture = scene.page
    height, width = picture.shape[:2]
    if scene.table is not None:
        flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        matrix = cv2.getPerspectiveTransform(flat, scene.corners.astype(np.float32))
        laid = cv2.warpPerspective(picture, matrix, (width, height), flags=cv2.INTER_AREA)
        mask = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, (width, height))
        table = scene.table.copy()
        if rng.random() < 0.5:  # the page casts a shadow on the table
            dark = cv2.GaussianBlur(mask, (0, 0), rng.uniform(2, 8))
            dark = np.roll(dark, rng.integers(-5, 6, 2), (0, 1))
            table *= 1 - 0.4 * dark[..., None]
        picture = laid * mask[..., None] + table * (1 - mask[..., None])
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
            ".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, scene.quality]
        )
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    return np.ascontiguousarray(picture)


def take(kind: str, strokes: Strokes | None, rng: Rng) -> np.ndarray:
    """Photograph one digit, or a blank page, on a kind of paper: uint8 (height, width, 3)."""
    scene = KINDS[kind].scene(rng)
    if strokes:
        strokes = [stroke @ rotation(np.radians(scene.turn)) for stroke in strokes]
        inked = cover(scene.shape, strokes, scene.size, scene.middle, scene.pen, rng)
        write(scene.page, inked, scene.pen, rng)
    return photograph(scene, rng)
