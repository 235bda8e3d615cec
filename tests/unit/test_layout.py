"""How symbols are found in what the network for layout predicts, and put in rows."""

import numpy as np
import pytest

from digits.numbers import layout, reader
from digits.numbers.layout import CELL, HEIGHT, LINE, SYMBOLS, Part


def outputs_of(image: np.ndarray, symbols: list[tuple[str, tuple[int, int, int, int]]]):
    """What a perfect network predicts; ink in no symbol's box is a line.

    Args:
        image: uint8 (height, width).
        symbols: label and box of each, in pixels of the image.
    """
    height, width = (side // CELL for side in image.shape)
    outputs = np.full((height, width, LINE + 4), -9, np.float32)
    outputs[..., LINE] = 9
    down, across = np.indices((height, width))
    for label, box in symbols:
        left, top, right, bottom = (edge / CELL for edge in box)
        inside = (across >= left) & (across < right) & (down >= top) & (down < bottom)
        x, y = (left + right - 1) / 2, (top + bottom - 1) / 2
        outputs[inside, LINE] = -9
        outputs[inside, SYMBOLS.index(label)] = 9
        outputs[..., LINE + 1][inside] = (x - across[inside]) * CELL / HEIGHT
        outputs[..., LINE + 2][inside] = (y - down[inside]) * CELL / HEIGHT
        outputs[round(y), round(x), -1] = 9
    return outputs


def page_with(symbols, size=(64, 128)):
    image = np.zeros(size, np.uint8)
    for _, (left, top, right, bottom) in symbols:
        image[top:bottom, left:right] = 255
    return image


def test_cells_that_point_at_one_middle_are_one_symbol():
    symbols = [("3", (20, 20, 32, 40)), ("1", (36, 20, 40, 40)), (".", (44, 36, 48, 40))]
    image = page_with(symbols)
    image[46:50, 10:90] = 255  # an underline
    names, shares = layout.segment(image, outputs_of(image, symbols))
    assert len(shares) == 3 and not names[23:25].any()
    for label, (left, top, right, bottom) in symbols:
        (name,) = np.unique(names[top // 2 : bottom // 2, left // 2 : right // 2])
        assert SYMBOLS[shares[name - 1].argmax()] == label


def test_ink_that_points_nowhere_is_a_symbol_of_its_own():
    image = page_with([("3", (20, 20, 32, 40)), ("7", (80, 20, 92, 40))])
    outputs = outputs_of(image, [("3", (20, 20, 32, 40)), ("7", (80, 20, 92, 40))])
    outputs[15, 43, -1] = -9  # no middle there
    names, _ = layout.segment(image, outputs)
    assert names.max() == 2 and names[15, 43] > 0


def test_equal_neighbours_are_one_middle():
    logits = np.full((9, 20), -9, np.float32)
    logits[4, 4:6] = 3
    logits[4, 12], logits[4, 14] = 3, 2.9
    assert layout.peaks(logits).tolist() in ([[4, 4], [4, 12]], [[4, 5], [4, 12]])


def test_a_large_page_is_read_in_parts_as_if_it_were_one():
    image = np.random.default_rng(0).integers(0, 255, (2000, 1600), np.uint8)

    def scan(tile):
        assert max(tile.shape) <= layout.TILE + 2 * layout.OVERLAP
        means = tile.reshape(tile.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3))
        return np.repeat(means[..., None], LINE + 4, axis=2)

    parts = layout.see_tiles(image, scan)
    assert np.array_equal(parts[..., 0], image.reshape(1000, 2, 800, 2).mean(axis=(1, 3)))


def test_writing_apart_is_looked_at_apart():
    ink = np.zeros((900, 900), np.float32)
    ink[50:90, 50:60] = ink[50:90, 80:90] = 1  # 40 pixels high
    ink[700:780, 600:620] = 1
    regions = layout.find_regions(ink)
    assert sorted(region.height for region in regions) == [40, 80]
    for region in regions:
        left, top, right, bottom = region.box
        assert region.mask.shape == (bottom - top, right - left)
    covered = np.zeros(ink.shape, int)
    for region in regions:
        left, top, right, bottom = region.box
        covered[top:bottom, left:right] += region.mask
    assert (covered[ink > 0] == 1).all(), "all ink, once"


def test_dots_and_lines_hardly_count_for_the_height_of_digits():
    digits = [[k * 30, 0, k * 30 + 20, 40] for k in range(4)]
    dots = [[k * 30, 36, k * 30 + 4, 40] for k in range(12)]
    boxes = np.array([*digits, *dots, [0, 45, 60, 48]])
    assert layout.usual_height(boxes) == 40


def found(label, left, top, width=30, height=50):
    mask = np.ones((height, width), bool)
    return Part(label, (left, top, left + width, top + height), mask, 1.0)


def text_of(symbols):
    return "\n".join(reader.spell(row) for row in layout.find_rows(symbols))


@pytest.mark.parametrize(
    ("symbols", "text"),
    [
        ([found("2", 0, 0), found("6", 40, 5), found("1", 80, -4, width=8)], "261"),
        ([found("4", 0, 0), found("5", 3, 62)], "4\n5"),
        ([found("8", 0, 0), found("2", 8, 70), found("4", -5, 140)], "8\n2\n4"),
        ([found("3", 0, 0), found(".", 36, 44, 6, 6), found("1", 50, 0)], "3.1"),
        ([found("3", 0, 0), found(",", 36, 44, 6, 20), found("1", 50, 0)], "3,1"),
        ([found("-", 0, 22, 20, 6), found("4", 30, 0), found("2", 70, 0)], "-42"),
        ([found("(", 0, -8, 12, 70), found("1", 20, 0), found(")", 60, -8, 12, 70)], "(1)"),
        ([found("1", 0, 0), found("2", 40, 0), found("3", 160, 0), found("4", 200, 0)], "12 34"),
        ([found("1", 0, 0), found("2", 110, 0), found("3", 220, 0), found("4", 330, 0)], "1234"),
        ([found("1", 0, 0), found("2", 40, 0), found("7", 0, 70), found(".", 36, 116, 6, 6)],
         "12\n7."),
        ([found(str(k), 40 * k, 8 * k) for k in range(9)], "012345678"),
    ],
)  # fmt: skip
def test_symbols_are_put_in_rows(symbols, text):
    rng = np.random.default_rng(0)
    for _ in range(3):
        assert text_of([symbols[k] for k in rng.permutation(len(symbols))]) == text


def test_what_is_small_or_certain_is_no_digit():
    mask = np.ones((50, 30), bool)
    assert Part("7", (0, 0, 30, 50), mask, 0.1).is_digit(50)
    assert Part("/", (0, 0, 30, 50), mask, 0.1).is_digit(50), "uncertain, and as large as a digit"
    assert not Part("/", (0, 0, 30, 50), mask, 0.9).is_digit(50)
    assert not Part(".", (0, 0, 5, 5), mask[:5, :5], 0.1).is_digit(50)
