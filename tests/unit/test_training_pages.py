"""The pages that the layout network learns from, and the fit of the pool."""

import numpy as np
import pytest

from digits.card import Pool
from digits.ink.components import label as label_components
from digits.numbers import layout as reader
from digits.numbers.layout import CELL, HEIGHT, LINE, SYMBOLS, LocatedSymbol
from handwriting import compose, rows
from training import pages as composing
from training import pool
from training.layout import BATCH_SIZE, batches


@pytest.fixture(scope="module")
def pages(writer) -> composing.Pages:
    return composing.write_pages([writer], 6, 1)


def test_every_inked_cell_has_a_label(pages):
    cells = pages.images.reshape(
        len(pages.images), composing.PAGE[1] // CELL, CELL, composing.PAGE[0] // CELL, CELL
    ).max(axis=(2, 4))
    labelled = pages.classes != composing.BACKGROUND
    assert (labelled | (cells < 200)).all()
    assert (cells[labelled] > 0).mean() > 0.95
    assert (pages.weights[labelled] > 0).all() and not pages.weights[~labelled].any()
    assert set(range(10)) <= set(np.unique(pages.classes))


def test_cells_point_at_the_middle_of_their_symbol(pages):
    """With exact predictions of the targets, these symbols are located."""
    for image, classes, offsets, _, middles in zip(*pages, strict=True):
        outputs = np.full((*classes.shape, LINE + 4), -8, np.float32)
        for label in range(LINE + 1):
            outputs[..., label][classes == label] = 8
        outputs[..., LINE][classes == composing.BACKGROUND] = 8
        outputs[..., LINE + 1 : LINE + 3] = offsets / (composing.OFFSET_SCALE * HEIGHT)
        outputs[..., -1] = np.where(middles == 255, 8, -8)
        _, shares = reader.segment(image, outputs, reader.softmax(outputs))
        count = int((middles == 255).sum())
        assert abs(len(shares) - count) <= 0.2 * count
        assert (shares.max(axis=1) > 0.7).mean() > 0.9


def test_random_texts_can_be_written(writer):
    rng = np.random.default_rng(0)
    texts = [compose.random_text(rng) for _ in range(300)]
    assert set("".join(texts)) == set(SYMBOLS) | {" "}
    for text in texts[:20]:
        assert rows.write(writer, text, rng).text == text


def test_pages_are_read_in_batches(pages, tmp_path):
    twice = composing.Pages(*(np.concatenate([array, array]) for array in pages))
    np.savez(tmp_path / "pages-000000.npz", *twice)
    np.savez(tmp_path / "pages-000000-half.npz", *pages)
    ((images, targets),) = batches(tmp_path, np.random.default_rng(0))
    assert images.shape == (BATCH_SIZE, composing.PAGE[1], composing.PAGE[0], 1)
    assert images.dtype == np.float32 and images.max() == 1
    assert targets.shape == (BATCH_SIZE, composing.PAGE[1] // 2, composing.PAGE[0] // 2, 5)


def test_the_pool_trusts_the_network_that_is_right():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 10, 400)
    right = np.full((400, len(SYMBOLS)), 0.005)
    right[np.arange(400), labels] = 0.9
    guesses = np.where(rng.random(400) < 0.5, labels, (labels + 1) % 10)
    outputs = np.full((400, 11), 0.01)
    outputs[np.arange(400), guesses] = 0.9
    examples = pool.Examples(right, outputs, labels)
    found = pool.fit(examples)
    assert found.layout > found.digit
    assert pool.loss(examples, found) < pool.loss(examples, Pool())


def test_a_higher_cost_needs_more_confidence():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 10, 2000)
    share = rng.uniform(0.4, 0.99, 2000)
    guesses = np.where(rng.random(2000) < share, labels, (labels + 1) % 10)
    shares = np.repeat((1 - share[:, None]) / (len(SYMBOLS) - 1), len(SYMBOLS), axis=1)
    shares[np.arange(2000), guesses] = share
    examples = pool.Examples(shares, np.full((2000, 11), 1 / 11), labels)
    limits = [pool.fit(examples, cost).confidence for cost in (2, 20)]
    assert limits[0] < limits[1]


def test_located_symbols_get_the_label_of_what_they_cover(writer):
    class Perfect:
        """Locate all symbols, and a part of the first one."""

        def classify(self, pixels):
            return np.full((len(pixels), 11), 1 / 11)

        def locate(self, ink):
            _, boxes = label_components(ink > 0)
            left, top, right, bottom = boxes[0]
            boxes = [*map(tuple, boxes), (left, top, right, top + (bottom - top) // 3)]
            return [
                LocatedSymbol(b, np.ones((b[3] - b[1], b[2] - b[0]), bool), np.ones(18) / 18)
                for b in boxes
            ]

    found = pool.locate(Perfect(), [writer], 12, 3)
    assert len(found.labels) == len(found.probabilities) == len(found.outputs)
    assert len({*found.labels.tolist()} - {SYMBOLS.index("?")}) > 5
    assert (found.labels == SYMBOLS.index("?")).sum() >= 12
