"""A symbol that a visitor teaches: it is recognized, and digits still are."""

import numpy as np
import pytest

from digits.explain.teaching import MAX_EXAMPLES, USUAL_EXAMPLES, TaughtSymbol
from handwriting import pen
from handwriting.allographs import SYMBOLS, VARIANTS

TAUGHT = ["heart", "star", "A", "house", "arrow", "K", "smile", "infinity"]
Described = tuple[np.ndarray, np.ndarray]  # the embedding and the bars


@pytest.fixture(scope="module")
def embed(classifier, examples):
    """Describe strokes as the page does, drawn with a random pen."""

    def embed(strokes: pen.Strokes, rng: np.random.Generator) -> Described:
        drawing = pen.render(pen.place(strokes, 180, (140, 140)), rng.uniform(10, 22))
        prediction = classifier.predict(drawing, inside=True)
        return examples.embed(prediction.inside), prediction.bars

    return embed


@pytest.fixture(scope="module")
def drawn(embed):
    """100 digits, drawn in all variants."""
    rng = np.random.default_rng(0)
    return [embed(pen.draw_digit(number % 10, rng), rng) for number in range(100)]


def by_hand(skeleton: str, rng: np.random.Generator) -> pen.Strokes:
    strokes = pen.strokes_from_skeleton(skeleton, rng, shake=rng.uniform(0.5, 3))
    return pen.by_hand(strokes, rng, wild=rng.uniform(0.3, 0.7))


@pytest.fixture
def teach(embed, examples):
    def teach(skeleton: str, rng: np.random.Generator, count: int = USUAL_EXAMPLES) -> TaughtSymbol:
        symbol = TaughtSymbol(examples)
        for _ in range(count):
            symbol.add(*embed(by_hand(skeleton, rng), rng))
        return symbol

    return teach


def known(symbol: TaughtSymbol, drawings: list[Described]) -> int:
    return sum(symbol.score(*one) >= 0.5 for one in drawings)


@pytest.mark.parametrize("seed", range(2))
def test_five_examples_are_enough_and_no_digit_is_lost(teach, embed, drawn, mnist_described, seed):
    for name in TAUGHT:
        rng = np.random.default_rng(seed)
        symbol = teach(SYMBOLS[name], rng)
        later = [embed(by_hand(SYMBOLS[name], rng), rng) for _ in range(10)]
        assert known(symbol, later) >= 9, name
        assert known(symbol, [*drawn, *mnist_described]) == 0, name


def test_other_things_are_not_taken_for_it(teach, embed):
    rng = np.random.default_rng(0)
    symbol = teach(SYMBOLS["heart"], rng)
    others = [
        embed(by_hand(skeleton, rng), rng) for name, skeleton in SYMBOLS.items() if name != "heart"
    ]
    assert known(symbol, others) <= 0.05 * len(others)


@pytest.mark.parametrize(("digit", "variant"), [(7, "crossed"), (1, "flag"), (4, "open")])
def test_a_taught_variant_of_a_digit_takes_no_other_digit(
    teach, drawn, mnist_described, mnist_sample, digit, variant
):
    symbol = teach(VARIANTS[digit][variant], np.random.default_rng(1))
    labelled = [(one, place % 10) for place, one in enumerate(drawn)]
    labelled += zip(mnist_described, mnist_sample[1].tolist(), strict=True)
    # Leave out digits that are misread without the symbol, too.
    others = [one for one, label in labelled if label != digit and one[1].argmax() == label]
    assert known(symbol, others) == 0
    assert known(symbol, mnist_described) <= 0.01 * len(mnist_described)


def test_the_number_of_further_examples_is_reported(teach, embed, examples):
    rng = np.random.default_rng(2)
    assert [teach(SYMBOLS["heart"], rng, count).wanted for count in range(6)] == [
        5,
        4,
        3,
        2,
        1,
        0,
    ]
    unlike = TaughtSymbol(examples)
    for name in TAUGHT[:USUAL_EXAMPLES]:
        unlike.add(*embed(by_hand(SYMBOLS[name], rng), rng))
    assert unlike.wanted == 5
    while len(unlike) < MAX_EXAMPLES:
        unlike.add(*embed(by_hand(SYMBOLS["x"], rng), rng))
    assert unlike.wanted == 0, "enough is enough"


def test_more_examples_help(teach, embed):
    rng = np.random.default_rng(3)
    later = [embed(by_hand(SYMBOLS["star"], rng), rng) for _ in range(40)]
    scores = []
    for count in (1, 5):
        symbols = [teach(SYMBOLS["star"], np.random.default_rng(seed), count) for seed in range(4)]
        scores.append(sum(known(symbol, later) for symbol in symbols))
    assert scores[0] < scores[1]


def test_the_score_is_a_share(teach, embed, examples):
    rng = np.random.default_rng(4)
    drawing = embed(by_hand(SYMBOLS["heart"], rng), rng)
    assert TaughtSymbol(examples).score(*drawing) == 0
    for count in (1, 2, 5):
        symbol = teach(SYMBOLS["heart"], rng, count)
        assert len(symbol) == count
        assert 0 <= symbol.score(*drawing) <= 1
        assert symbol.score(symbol.embeddings[0], symbol.bars[0]) == pytest.approx(1)
