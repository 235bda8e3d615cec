"""Locating symbols from the predictions of the layout network, and grouping them into rows."""

import tracemalloc

import numpy as np
import pytest

from digits.card import Pool
from digits.ink.components import label as label_components
from digits.numbers import layout, reader, rows
from digits.numbers.layout import CELL, HEIGHT, LINE, SYMBOLS, LocatedSymbol
from digits.types import Ink


def outputs_of(image: np.ndarray, symbols: list[tuple[str, tuple[int, int, int, int]]]):
    """The outputs of a perfect network; ink outside of all boxes is a line.

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
        outside = (across < left - 1) | (across > right) | (down < top - 1) | (down > bottom)
        inside = ~outside
        x, y = (left + right - 1) / 2, (top + bottom - 1) / 2
        outputs[inside, LINE] = -9
        outputs[inside, SYMBOLS.index(label)] = 9
        outputs[..., LINE + 1][inside] = (x - across[inside]) * CELL / HEIGHT
        outputs[..., LINE + 2][inside] = (y - down[inside]) * CELL / HEIGHT
        distances = (across - x) ** 2 + (down - y) ** 2
        outputs[..., -1] = np.maximum(outputs[..., -1], 9 - 3 * distances)
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
    outputs = outputs_of(image, symbols)
    names, shares = layout.segment(image, outputs, layout.softmax(outputs))
    assert len(shares) == 3 and not names[23:25].any()
    for label, (left, top, right, bottom) in symbols:
        (name,) = np.unique(names[top // 2 : bottom // 2, left // 2 : right // 2])
        assert SYMBOLS[shares[name - 1].argmax()] == label


def test_two_scales_are_averaged_where_they_show_the_same():
    image = page_with(DIGITS, (80, 112))
    sizes = []

    def predict(scaled):
        sizes.append(scaled.shape)
        ys, xs = np.nonzero(scaled)
        box = xs.min(), ys.min(), xs.max() + 1, ys.max() + 1
        return outputs_of(scaled, [("3", box)])

    outputs = layout.predict_scales(image, predict)
    assert sizes == [(80, 112), (64, 80)]
    at = np.unravel_index(outputs[..., -1].argmax(), outputs.shape[:2])
    assert at in [(14, 21), (15, 21), (14, 22), (15, 22)]
    right, down = outputs[16, 12, LINE + 1 : LINE + 3] * HEIGHT / CELL
    assert (16 + down, 12 + right) == pytest.approx((14.5, 21.5), abs=0.7)


def test_the_middles_of_a_full_page_are_found_in_bounded_memory():
    rng = np.random.default_rng(0)
    middles = rng.permutation(np.argwhere(np.ones((160, 160)))) * 8.0
    points = np.argwhere(np.ones((210, 210))) * 6.0 + rng.uniform(-3, 3, (210 * 210, 2))
    tracemalloc.start()
    owner, distance = layout.nearest(points, middles, reach=7)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 200e6, "memory grows with points times middles"
    some = rng.choice(len(points), 500)
    apart = np.hypot(*(points[some, None] - middles).transpose(2, 0, 1))
    np.testing.assert_allclose(distance[some], apart.min(axis=1))
    assert (owner[some] == apart.argmin(axis=1)).all()


def test_ink_that_points_nowhere_is_a_symbol_of_its_own():
    image = page_with([("3", (20, 20, 32, 40)), ("7", (80, 20, 92, 40))])
    outputs = outputs_of(image, [("3", (20, 20, 32, 40)), ("7", (80, 20, 92, 40))])
    outputs[:, 30:, -1] = -9  # no middle there
    names, _ = layout.segment(image, outputs, layout.softmax(outputs))
    assert names.max() == 2 and names[15, 43] > 0


def test_equal_neighbours_are_one_middle():
    logits = np.full((9, 20), -9, np.float32)
    logits[4, 4:6] = 3
    logits[4, 12], logits[4, 14] = 3, 2.9
    assert layout.peaks(logits).tolist() == [[4, 4.5], [4, 12]]


def test_a_large_page_is_read_in_parts_as_if_it_were_one():
    image = np.random.default_rng(0).integers(0, 255, (2000, 1600), np.uint8)

    def predict(tile):
        assert max(tile.shape) <= layout.TILE + 2 * layout.OVERLAP
        means = tile.reshape(tile.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3))
        return np.repeat(means[..., None], LINE + 4, axis=2)

    parts = layout.predict_tiles(image, predict)
    assert np.array_equal(parts[..., 0], image.reshape(1000, 2, 800, 2).mean(axis=(1, 3)))


def test_blank_tiles_of_a_large_page_have_no_middles():
    image = np.zeros((1920, 1920), np.uint8)
    image[:, :60] = image[-60:] = 255  # such as the first column of a table, and its last row

    def predict(tile):
        return np.full((tile.shape[0] // CELL, tile.shape[1] // CELL, LINE + 4), -5, np.float32)

    assert not len(layout.peaks(layout.predict_scales(image, predict)[..., -1]))


def test_distant_writing_is_in_regions_of_its_own():
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


@pytest.mark.parametrize(("side", "expected"), [(20, 400), (30, 0)])
def test_a_texture_is_not_searched_for_symbols(side, expected):
    """Each region costs a run of the network."""
    ink = np.tile(np.pad(np.ones((10, 10), np.float32), 15), (side, side))
    assert len(layout.find_regions(ink)) == expected


def test_dots_and_lines_hardly_count_for_the_height_of_digits():
    digits = [[k * 30, 0, k * 30 + 20, 40] for k in range(4)]
    dots = [[k * 30, 36, k * 30 + 4, 40] for k in range(12)]
    boxes = np.array([*digits, *dots, [0, 45, 60, 48]])
    assert rows.typical_height(boxes) == 40


def test_a_row_continues_after_a_wide_gap_however_its_last_symbols_slope():
    boxes = [[35 * k, 6 * k, 35 * k + 30, 6 * k + 60] for k in range(3)]
    boxes += [[x + 900, y - 6, right + 900, bottom - 6] for x, y, right, bottom in boxes]
    assert rows.find_rows(np.array(boxes, float)) == [[0, 1, 2, 3, 4, 5]]


def found(label, left, top, width=30, height=50):
    mask = np.ones((height, width), bool)
    shares = np.eye(len(SYMBOLS), dtype=np.float32)[SYMBOLS.index(label)]
    return LocatedSymbol((left, top, left + width, top + height), mask, shares)


def text_of(symbols):
    boxes = np.array([symbol.box for symbol in symbols], float)
    return "\n".join(
        reader.spell([symbols[k].label for k in row], boxes[row]) for row in rows.find_rows(boxes)
    )


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


def read(image, symbols):
    """Read an image with a perfect layout network and an untrained digit network."""

    def classify(pixels):
        return np.full((len(pixels), 11), 1 / 11, np.float32)

    def predict(scaled):
        ys, xs = np.nonzero(image)
        first = np.tile([xs.min(), ys.min()], 2)
        into_ys, into_xs = np.nonzero(scaled)
        into = np.tile([into_xs.min(), into_ys.min()], 2)
        ratio = np.ptp(into_xs) / np.ptp(xs)
        moved = [(name, (np.array(box) - first) * ratio + into) for name, box in symbols]
        return outputs_of(scaled, moved)

    ink = Ink(image / np.float32(255), (0, 0, *image.shape[::-1]))
    located = layout.find_symbols(ink.pixels, predict)
    return reader.read_ink(ink, located, classify, Pool(confidence=0.5))


DIGITS = [("3", (20, 20, 32, 40)), ("1", (36, 20, 40, 40)), ("7", (56, 20, 68, 40))]


def test_a_number_with_a_mark_is_read_and_its_lines_are_ignored():
    symbols = [*DIGITS, (".", (46, 36, 50, 40))]
    image = page_with(symbols)
    image[46:48, 14:80] = 255  # an underline
    reading = read(image, symbols)
    assert reading.text == "31.7"
    assert [symbol.prediction is None for symbol in reading.symbols] == [False, False, True, False]


def test_a_small_mark_is_one_symbol_though_its_cells_point_at_two():
    symbols = [*DIGITS, (",", (46, 36, 50, 40)), (",", (46, 40, 50, 44))]
    assert read(page_with(symbols), symbols).text == "31,7"


def test_a_fragment_goes_to_the_symbol_that_it_is_connected_with():
    symbols = [*DIGITS[:2], ("7", (56, 22, 68, 40)), ("-", (56, 20, 58, 22))]
    reading = read(page_with(symbols), symbols)
    assert reading.text == "317"
    assert reading.symbols[-1].box[3] - reading.symbols[-1].box[1] == 20


def test_a_pattern_is_not_writing():
    symbols = [("?", (16 + 20 * k, 20, 28 + 20 * k, 40)) for k in range(14)]
    assert read(page_with(symbols, (64, 320)), symbols).text == ""


def shares(**likely):
    found = np.full(len(SYMBOLS), (1 - sum(likely.values())) / (len(SYMBOLS) - len(likely)))
    for name, share in likely.items():
        found[SYMBOLS.index(name.strip("_"))] = share
    return found


def outputs(digit, share, none=0.01):
    digits = np.full(10, (1 - share) / 9)
    digits[digit] = share
    return np.append(digits, none)


def combine(probabilities, outputs, pool):
    (combined,) = reader.combine(probabilities[None], outputs[None], pool)
    return combined


def test_both_networks_count():
    pool = Pool(layout=1, digit=1, confidence=0.5)
    unsure = shares(_1=0.45, _7=0.5)
    assert SYMBOLS[combine(unsure, outputs(1, 0.99), pool).argmax()] == "1"
    assert SYMBOLS[combine(unsure, outputs(7, 0.99), pool).argmax()] == "7"
    assert SYMBOLS[combine(shares(_7=0.99), outputs(1, 0.4), pool).argmax()] == "7"


def test_an_unlikely_label_is_unknown():
    mask, blank = np.ones((4, 4), bool), np.zeros((28, 28), np.uint8)
    ink = Ink(np.ones((4, 4), np.float32), (0, 0, 4, 4))
    unsure = reader.label_symbol(ink, mask, blank, shares(_7=0.85), confidence=0.9)
    assert unsure.label == "?" and unsure.prediction.digit is None
    assert unsure.prediction.probabilities.argmax() == 7
    sure = reader.label_symbol(ink, mask, blank, shares(_7=0.95), confidence=0.9)
    assert sure.label == "7" and sure.prediction.digit == 7 and sure.confidence == 0.95


def test_the_digit_network_neither_favours_nor_excludes_marks():
    """The digit network has not learned marks: a slash resembles a 1."""
    slash = shares(**{"/": 0.6, "_1": 0.35})
    for single in (outputs(1, 0.999), outputs(1, 0.3, none=0.99)):
        both = combine(slash, single, Pool())
        assert both[SYMBOLS.index("/")] > both[SYMBOLS.index("1")]


def test_labels_are_those_of_eight_neighbours():
    mask = np.array([[1, 0, 0, 1, 1], [0, 1, 0, 0, 0], [1, 0, 0, 1, 0], [0, 0, 1, 0, 1]], bool)
    labels, boxes = label_components(mask)
    assert labels[0, 0] == labels[1, 1] == labels[2, 0] != labels[0, 3]
    assert labels[2, 3] == labels[3, 2] == labels[3, 4]
    assert boxes[labels[0, 3] - 1].tolist() == [3, 0, 5, 1]
    assert len(boxes) == 3
    assert (labels > 0).tolist() == mask.tolist()
