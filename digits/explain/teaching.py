"""Learns another symbol from a few examples, in the features of an unchanged network."""

import numpy as np

from digits.explain.neighbours import Examples

USUAL_EXAMPLES, MAX_EXAMPLES = 5, 10
# The maximum distance of a drawing from its nearest example is the smallest of these shares:
MAX_SPREAD_SHARE = 2.5  # of the distance between the examples
MAX_GAP_SHARE = 0.65  # of the examples' distance from the digits
MAX_OWN_GAP_SHARE = 0.8  # of the drawing's own distance from the digits
STEEPNESS = 8  # how fast the score falls with the distance
SAMPLED = 200  # training images to measure the usual distance between similar drawings


class TaughtSymbol:
    """A symbol that was taught by examples: a heart, a letter, a personal variant of the 7.

    A drawing counts as the symbol if it is near an example, and clearly nearer to it than to any
    digit in `digits.explain.neighbours.Examples`: a nearest-neighbour classifier with rejection
    (Hellman 1970, https://doi.org/10.1109/TSSC.1970.300339). The network must also predict the same
    for it as for an example, so that clear digits stay digits.

    Attributes:
        embeddings: (n, d) float32, of the examples so far.
        bars: (n, 11) float32, their predictions.
        wanted: how many more examples would help, 0 to `USUAL_EXAMPLES`: the missing ones, and then
            one for each example that is unlike all others.
    """

    def __init__(self, digits: Examples):
        """Take the training images that the symbol must not be confused with."""
        self._digits = digits
        self.embeddings = np.empty((0, digits.embeddings.shape[1]), np.float32)
        points = digits.embeddings
        sample = points[:: max(1, len(points) // SAMPLED)]
        squares = (points**2).sum(axis=1) - 2 * (sample @ points.T)
        squares += (sample**2).sum(axis=1)[:, None]
        second = min(1, len(points) - 1)  # the nearest one to a training image is itself
        nearest = np.partition(squares, second, axis=1)[:, second]
        self._usual = float(np.median(np.sqrt(np.maximum(nearest, 0))))
        self.bars = np.empty((0, 11), np.float32)
        self._reach = 0.0
        self.wanted = USUAL_EXAMPLES

    def __len__(self) -> int:
        return len(self.embeddings)

    def add(self, embedding: np.ndarray, bars: np.ndarray) -> None:
        """Learn from one more example.

        Args:
            embedding: float32 (d,), from `Examples.embed`.
            bars: float32 (11,), from `Prediction.bars`.
        """
        self.bars = np.concatenate([self.bars, bars[None]]).astype(np.float32)
        self.embeddings = np.concatenate([self.embeddings, embedding[None]]).astype(np.float32)
        self._reach = self._reach_of(self.embeddings)
        self.wanted = self._count_wanted()

    def score(self, embedding: np.ndarray, bars: np.ndarray) -> float:
        """Return how likely a drawing is the symbol.

        Args:
            embedding: float32 (d,), from `Examples.embed`.
            bars: float32 (11,), from `Prediction.bars`.

        Returns:
            0 to 1; from 0.5 on, the drawing counts as the symbol. 0 before the first example.
        """
        if not len(self):
            return 0.0
        agreement = float(np.minimum(self.bars, bars).sum(axis=1).max())
        return min(agreement, self._score(embedding, self.embeddings, self._reach))

    def _count_wanted(self) -> int:
        count = len(self)
        if count < USUAL_EXAMPLES:
            return USUAL_EXAMPLES - count
        unlike = 0
        for index, embedding in enumerate(self.embeddings):
            others = np.delete(self.embeddings, index, axis=0)
            unlike += self._score(embedding, others, self._reach_of(others)) < 0.5
        return max(0, min(unlike, MAX_EXAMPLES - count))

    def _score(self, embedding: np.ndarray, examples: np.ndarray, reach: float) -> float:
        to_example = _distances(examples, embedding).min()
        to_digit = self._digits.nearest(embedding, 1)[0].distance
        limit = min(reach, MAX_OWN_GAP_SHARE * to_digit)
        return float(1 / (1 + (to_example / max(limit, 1e-9)) ** STEEPNESS))

    def _reach_of(self, examples: np.ndarray) -> float:
        """Return how far from its nearest example a drawing of the symbol may be."""
        spread = self._usual
        if len(examples) > 1:
            apart = np.stack([_distances(examples, example) for example in examples])
            np.fill_diagonal(apart, np.inf)
            spread = max(0.8 * self._usual, float(np.median(apart.min(axis=1))))
        digits = [self._digits.nearest(example, 1)[0].distance for example in examples]
        return min(MAX_SPREAD_SHARE * spread, MAX_GAP_SHARE * float(np.median(digits)))


def _distances(embeddings: np.ndarray, other: np.ndarray) -> np.ndarray:
    distances: np.ndarray = np.linalg.norm(embeddings - other, axis=1)
    return distances
