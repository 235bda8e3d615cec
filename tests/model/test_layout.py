"""What the network for layout learns from."""

import numpy as np
import pytest

from digits.numbers import layout as reader
from digits.numbers.layout import CELL, HEIGHT, LINE
from handwriting import rows as composed
from training import layout as rows


@pytest.fixture(scope="module")
def pages(writer) -> rows.Pages:
    return rows.write_pages([writer], 6, 1)


def test_the_reader_knows_what_is_trained():
    assert (rows.CLASSES, rows.LINE, rows.HEIGHT, rows.CELL) == (
        reader.SYMBOLS, LINE, HEIGHT, CELL,
    )  # fmt: skip


def test_every_inked_cell_has_a_label(pages):
    cells = pages.images.reshape(
        len(pages.images), rows.PAGE[1] // CELL, CELL, rows.PAGE[0] // CELL, CELL
    ).max(axis=(2, 4))
    labelled = pages.classes != rows.NOTHING
    assert (labelled | (cells < 200)).all()
    assert (cells[labelled] > 0).mean() > 0.95
    assert (pages.weights[labelled] > 0).all() and not pages.weights[~labelled].any()
    assert set(range(10)) <= set(np.unique(pages.classes))


def test_cells_point_at_the_middle_of_their_symbol(pages):
    """A network that says what it is to learn finds just these symbols."""
    for image, classes, offsets, _, middles in zip(*pages, strict=True):
        outputs = np.full((*classes.shape, LINE + 4), -8, np.float32)
        for label in range(LINE + 1):
            outputs[..., label][classes == label] = 8
        outputs[..., LINE][classes == rows.NOTHING] = 8
        outputs[..., LINE + 1 : LINE + 3] = offsets / (rows.OFFSET * HEIGHT)
        outputs[..., -1] = np.where(middles == 255, 8, -8)
        _, shares = reader.segment(image, outputs)
        count = int((middles == 255).sum())
        assert abs(len(shares) - count) <= 0.2 * count
        assert (shares.max(axis=1) > 0.7).mean() > 0.9


def test_random_texts_can_be_written(writer):
    rng = np.random.default_rng(0)
    texts = [rows.random_text(rng) for _ in range(300)]
    assert set("".join(texts)) == set(rows.CLASSES) | {" "}
    for text in texts[:20]:
        assert composed.write(writer, text, rng).text == text


def test_pages_are_read_in_batches(pages, tmp_path):
    twice = rows.Pages(*(np.concatenate([array, array]) for array in pages))
    np.savez(tmp_path / "pages-000000.npz", *twice)
    np.savez(tmp_path / "pages-000000-half.npz", *pages)
    ((images, targets),) = rows.batches(tmp_path, np.random.default_rng(0))
    assert images.shape == (rows.BATCH_SIZE, rows.PAGE[1], rows.PAGE[0], 1)
    assert images.dtype == np.float32 and images.max() == 1
    assert targets.shape == (rows.BATCH_SIZE, rows.PAGE[1] // 2, rows.PAGE[0] // 2, 5)
