from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from digits import DigitClassifier
from digits.card import Pool
from digits.classifier import SHIPPED
from digits.ink.components import label
from handwriting import allographs, pen

HEIGHT = 120.0
PLAIN = {
    "0": "closed", "1": "flag", "2": "plain", "3": "round", "4": "closed", "5": "in one",
    "6": "curved", "7": "plain", "8": "from the right", "9": "straight",
}  # fmt: skip


def symbol(name, variant=None, height=HEIGHT):
    """The strokes of a digit, or a symbol, with their left end at 0 and their foot at 0."""
    variants = pen.VARIANTS[int(name)] if name.isdigit() else {name: allographs.SYMBOLS[name]}
    skeleton = variants[variant or (PLAIN[name] if name.isdigit() else name)]
    drawn = pen.strokes_from_skeleton(skeleton, np.random.default_rng(4))
    points = np.concatenate(drawn)
    scale = height / np.ptp(points[:, 1])
    corner = [points[:, 0].min(), points[:, 1].max()]
    return [(stroke - corner) * scale for stroke in drawn]


def in_a_row(symbols, gap=32.0, foot=170.0, slope=0.0):
    """Strokes of symbols side by side; a float among them is additional space."""
    right, found = 40.0, []
    for drawn in symbols:
        if isinstance(drawn, float):
            right += drawn
            continue
        found += pen.place(drawn, 1, (right, foot + slope * right))
        right += np.ptp(np.concatenate(drawn)[:, 0]) + gap
    return found


def picture(drawn, width=10):
    points = np.concatenate(drawn)
    size = points.max(axis=0) + 40
    return pen.render(drawn, width, (int(size[0]), int(size[1])))


def number(text, **how):
    return picture(in_a_row([symbol(digit) for digit in text], **how))


@pytest.mark.parametrize("slope", [-0.17, 0, 0.17])
def test_reads_a_number(classifier, slope):
    texts = ["2026", "12", "100", "47", "10", "1984", "365", "007", "111"]
    found = [classifier.read(number(text, foot=300, slope=slope)).text for text in texts]
    assert found == texts


def touching(text, overlap):
    """Digits moved together until they touch, and then by `overlap`."""
    gap = 0.0
    while len(label(number(text, gap=gap) > 0)[1]) > 1:
        gap -= 1
    return number(text, gap=gap - overlap)


@pytest.mark.parametrize("overlap", [0.0, 4.0])
def test_digits_that_touch_are_separated(classifier, overlap):
    texts = ["47", "20", "35", "68", "12", "100", "2026"]
    assert [classifier.read(touching(text, overlap)).text for text in texts] == texts


@pytest.mark.parametrize("position", [0, 1, 2])
def test_parts_of_a_digit_stay_together(classifier, position):
    for digit, variant in (
        ("5", "hat apart"), ("7", "crossed"), ("7", "round, crossed"), ("4", "open"),
        ("8", "circles, apart"), ("0", "slashed"), ("1", "flag and foot"),
    ):  # fmt: skip
        symbols = [symbol("2"), symbol("6")]
        symbols.insert(position, symbol(digit, variant))
        text = "26"[:position] + digit + "26"[position:]
        reading = classifier.read(picture(in_a_row(symbols)))
        assert (reading.text, len(reading.symbols)) == (text, 3), variant


@pytest.mark.parametrize("wide", [0.95, 1.05, 1.15])
def test_a_wide_0_is_a_single_digit(classifier, wide):
    t = np.linspace(-1.7, 2 * np.pi - 1.7, 60)
    ring = np.column_stack([wide * HEIGHT / 2 * (1 + np.cos(t)), -HEIGHT / 2 * (1 + np.sin(t))])
    assert (
        classifier.read(picture(in_a_row([symbol("5"), [ring], symbol("2")]), width=9)).text
        == "502"
    )


def test_dot_grid_paper_is_not_writing(classifier):
    dots = [
        np.array([[x, y], [x + 1, y]], float)
        for x in range(20, 480, 40)
        for y in range(20, 480, 40)
    ]
    found = classifier.read(pen.render(dots, 5, 500))
    assert (found.text, len(found.symbols)) == ("", 0)


def test_a_model_of_digits_reads_numbers_as_the_shipped_one_does(classifier, tmp_path):
    (tmp_path / "digits.tflite").write_bytes((SHIPPED / "digits.tflite").read_bytes())
    files = {name: sum for name, sum in classifier.card.files.items() if name == "digits.tflite"}
    replace(classifier.card, files=files, pool=Pool()).write(tmp_path)
    page = pen.render(in_a_row([symbol("4"), symbol("7")]), 14)
    expected, found = classifier.read(page), DigitClassifier.load(tmp_path).read(page)
    assert found.text == expected.text == "47"
    confidences = [[one.confidence for one in each.symbols] for each in (found, expected)]
    assert confidences[0] == confidences[1]


def test_rows_are_read_from_top_to_bottom(classifier):
    rows = in_a_row([symbol("1"), symbol("2")], foot=170) + in_a_row(
        [symbol("3"), symbol("4"), symbol("6")], foot=400
    )
    assert classifier.read(picture(rows)).text == "12\n346"


def test_numbers_in_a_row_are_separated_by_a_space(classifier):
    drawn = in_a_row([symbol("1"), symbol("2"), 150.0, symbol("3"), symbol("6")])
    assert classifier.read(picture(drawn)).text == "12 36"


def test_wide_writing_is_one_number(classifier):
    assert classifier.read(number("2026", gap=110)).text == "2026"


def test_a_small_digit_is_not_a_speck(classifier):
    drawn = in_a_row([symbol("2"), symbol("6"), symbol("3", height=0.55 * HEIGHT)])
    assert classifier.read(picture(drawn)).text == "263"


def test_specks_are_left_out(classifier):
    image = number("26").copy()
    for y, x in [(4, 5), (100, 20), (30, 130), (190, 90)]:
        image[y : y + 3, x : x + 3] = 255
    assert classifier.read(image).text == "26"


@pytest.mark.parametrize("letter", ["A", "+"])
def test_a_letter_among_digits_is_a_question_mark(classifier, letter):
    drawn = in_a_row([symbol("2"), symbol(letter), symbol("6")])
    assert classifier.read(picture(drawn)).text == "2?6"


def test_one_digit_is_the_prediction_of_predict(classifier):
    for digit in "0123456789":
        image = picture(in_a_row([symbol(digit)]))
        reading, prediction = classifier.read(image, inside=True), classifier.predict(image)
        assert reading.text == digit
        (only,) = reading.symbols
        assert only.prediction.digit == prediction.digit
        assert np.array_equal(only.prediction.pixels, prediction.pixels)
        assert only.prediction.probabilities == pytest.approx(prediction.probabilities, abs=1e-6)
        assert only.prediction.inside is not None


def test_the_text_and_the_symbols_say_the_same(classifier):
    drawn = in_a_row([symbol("2"), symbol("A"), 150.0, symbol("6")])
    drawn += in_a_row([symbol("4"), symbol("7")], foot=400)
    image = picture(drawn)
    reading = classifier.read(image, inside=True)
    characters = "".join(reading.text.split())
    assert len(characters) == len(reading.symbols)
    for character, one in zip(characters, reading.symbols, strict=True):
        prediction = one.prediction
        assert character == ("?" if prediction.digit is None else str(prediction.digit))
        assert prediction.verdict == ("unsure" if prediction.digit is None else "digit")
        assert prediction.inside is not None
        left, top, right, bottom = one.box
        assert 0 <= left < right <= image.shape[1]
        assert 0 <= top < bottom <= image.shape[0]
        assert image[top:bottom, left:right].any()


@pytest.mark.parametrize("gap", [20, -4])
def test_the_activations_do_not_change_the_bars(classifier, gap):
    """Also of symbols that touch, which another network reads."""
    image = number("47", gap=gap)
    for plain, looked in zip(
        classifier.read(image).symbols, classifier.read(image, inside=True).symbols, strict=True
    ):
        assert plain.prediction.bars == pytest.approx(looked.prediction.bars, abs=1e-6)


def test_a_box_is_around_its_symbol(classifier):
    reading = classifier.read(number("47"))
    first, second = (one.box for one in reading.symbols)
    width = np.ptp(np.concatenate(symbol("4"))[:, 0])
    assert first == pytest.approx((35, 45, 45 + width, 175), abs=2)
    assert second[0] == pytest.approx(40 + width + 32 - 5, abs=2)


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_a_blank_picture_has_no_text(classifier, shade):
    reading = classifier.read(np.full((200, 500), shade, np.uint8))
    assert (reading.text, reading.symbols) == ("", [])


images = arrays.arrays(
    np.uint8,
    st.tuples(st.integers(1, 60), st.integers(1, 90)),
    elements=st.sampled_from([0, 255, 90]),
    fill=st.just(0),
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(images, st.integers(1, 5))
def test_any_pixels_give_a_consistent_reading(classifier, image, scale):
    reading = classifier.read(np.kron(image, np.ones((scale, scale), np.uint8)))
    assert len("".join(reading.text.split())) == len(reading.symbols)
    assert not reading.text or reading.text == reading.text.strip()
