"""Chooses training images and filters that explain a model."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

import numpy as np

from digits.card import Filter
from digits.explain.neighbours import pack, pool
from handwriting import pen, synthetic
from training.data import floats
from training.network import with_inside

if TYPE_CHECKING:
    import keras

COUNT = 4_500  # training images that are kept
OUTLIERS = 0.25  # the share of them that is chosen to be unlike the others
CANDIDATES = 20_000  # training images to choose from
NON_DIGITS = 500  # synthetic drawings that are not digits
DIMENSIONS = 48  # of an embedding
WHITENING = 0.25  # exponent; 0 keeps the directions' variances, 0.5 makes them equal
FILTERS = 6


def choose(model: keras.Model, network: bytes, x: np.ndarray, y: np.ndarray, seed: int) -> bytes:
    """Choose training images that cover all variants of the digits, and embed them.

    Each digit gets the same number of images. Three quarters of them are random, so most show
    common variants. The others cover rare ones: each is the image that is farthest from all chosen
    before it (Gonzalez 1985, https://doi.org/10.1016/0304-3975(85)90224-5). Only images that the
    network classifies as labelled are chosen, because some of MNIST's labels are wrong.

    Args:
        model: the trained network.
        network: its export.
        x: uint8 (n, 28, 28), training images.
        y: integers (n,), 0-9.
        seed: not negative.

    Returns:
        `examples.npz` for `digits.explain.neighbours.Examples.load`.
    """
    rng = np.random.default_rng(seed)
    x, y = x[:CANDIDATES], y[:CANDIDATES]
    pooled, guesses = _pooled_and_guessed(model, x)
    drawn = synthetic.training_images(np.full(NON_DIGITS, pen.NO_DIGIT), seed + 1)
    mean, projection = _projection(pooled)
    embedded = (pooled - mean) @ projection
    chosen = []
    for digit in range(10):
        candidates = np.flatnonzero((y == digit) & (guesses == digit))
        if len(candidates):
            chosen.append(candidates[cover(embedded[candidates], COUNT // 10, rng)])
    indices = np.concatenate(chosen)
    non_digits = (_pooled_and_guessed(model, drawn)[0] - mean) @ projection
    scale = np.abs(np.concatenate([embedded[indices], non_digits])).max() / 127
    file = io.BytesIO()
    np.savez_compressed(
        file,
        network=np.array(hashlib.sha256(network).hexdigest()),
        images=pack(x[indices]),
        labels=y[indices].astype(np.uint8),
        embeddings=_quantized(embedded[indices], scale),
        non_digits=_quantized(non_digits, scale),
        scale=np.float32(scale),
        mean=mean.astype(np.float16),
        projection=projection.astype(np.float16),
    )
    return file.getvalue()


def filters(model: keras.Model, x: np.ndarray) -> list[Filter]:
    """Choose some filters of the first layer, to show how a filter slides over a drawing.

    They respond strongly, and their neighbouring weights differ little, so that a visitor can
    recognize the pattern. Max pooling and batch normalization come between a filter and its feature
    map. Where the normalization keeps the sign, the map is the maximum over 2×2 of the response of
    the filter with the normalization folded in; other filters are left out.
    `digits.explain.filters.filter_response` applies one.

    Args:
        model: the trained network.
        x: uint8 (n, 28, 28), digits to which they respond strongly.

    Returns:
        The best first.
    """
    from keras import layers

    kinds = (layers.Conv2D, layers.BatchNormalization)
    convolution, normalization = (
        next(layer for layer in model.layers if isinstance(layer, kind)) for kind in kinds
    )
    gamma, beta, mean, variance = map(np.asarray, normalization.get_weights())
    factor = gamma / np.sqrt(variance + normalization.epsilon)
    kernels = np.asarray(convolution.kernel)[:, :, 0] * factor  # (height, width, filters)
    biases = beta - mean * factor
    first = with_inside(model).predict(floats(x), batch_size=500, verbose=0)["block_1"]
    steps = [(np.diff(kernels, axis=axis) ** 2).mean(axis=(0, 1)) for axis in (0, 1)]
    roughness = sum(steps) / (kernels**2).mean(axis=(0, 1)).clip(1e-9)
    score = np.where(factor > 0, first.std(axis=(1, 2)).mean(axis=0) / roughness, -1)
    return [
        Filter(
            kernel=kernels[..., index].round(4).tolist(),
            bias=round(float(biases[index]), 4),
            map=int(index),
        )
        for index in np.argsort(-score)[:FILTERS]
        if factor[index] > 0
    ]


def _pooled_and_guessed(model: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pooled last feature maps, float32 (n, 9 · maps), and the guesses, (n,)."""
    inside = with_inside(model)
    pooled, guesses = [], []
    for start in range(0, len(x), 1000):  # all at once would not fit into memory
        outputs = inside.predict(floats(x[start : start + 1000]), batch_size=500, verbose=0)
        last = max(int(name[len("block_") :]) for name in outputs if name.startswith("block_"))
        pooled.append(pool(outputs[f"block_{last}"]))
        guesses.append(outputs["probabilities"].argmax(axis=1))
    return np.concatenate(pooled), np.concatenate(guesses)


def _projection(pooled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit a partly whitened PCA: the mean (d,) and the projection (d, DIMENSIONS)."""
    mean = pooled.mean(axis=0)
    spread, directions = np.linalg.eigh(np.cov(pooled, rowvar=False))
    order = np.argsort(-spread)[:DIMENSIONS]
    spread, directions = np.maximum(spread[order], 1e-12), directions[:, order]
    return mean, (directions * (spread / spread[0]) ** -WHITENING).astype(np.float32)


def cover(points: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Choose points, most of them at random, the others each far from all chosen before.

    Args:
        points: float (n, d).
        count: how many; all if there are fewer.
        rng: chooses the random ones.

    Returns:
        Their indices, integers (count,).
    """
    if len(points) <= count:
        return np.arange(len(points))
    chosen = rng.choice(len(points), round(count * (1 - OUTLIERS)), replace=False).tolist()
    squares = np.full(len(points), np.inf)
    for index in chosen:
        squares = np.minimum(squares, ((points - points[index]) ** 2).sum(axis=1))
    while len(chosen) < count:
        index = int(squares.argmax())
        chosen.append(index)
        squares = np.minimum(squares, ((points - points[index]) ** 2).sum(axis=1))
    return np.array(chosen)


def _quantized(embeddings: np.ndarray, scale: float) -> np.ndarray:
    return np.rint(embeddings / scale).clip(-127, 127).astype(np.int8)
