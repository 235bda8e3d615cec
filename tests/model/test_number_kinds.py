"""Reading composed numbers of every kind."""

import numpy as np

from evaluation import numbers

MIN_RIGHT = 0.6  # of a few numbers of every kind, by a writer in the test split


def test_every_kind_of_number_is_read(classifier, writer):
    """A smoke test: the evaluation measures each kind."""
    rng = np.random.default_rng(3)
    right = [
        numbers.is_right(kind, text, classifier.read(image).text)
        for kind, compose in numbers.KINDS.items()
        for image, text in (compose(writer, rng) for _ in range(5))
    ]
    assert np.mean(right) >= MIN_RIGHT


def test_a_number_struck_out_states_no_digit():
    assert numbers.is_right("struck out", "????", "?")
    assert not numbers.is_right("struck out", "????", "??1?")
    assert not numbers.is_right("struck out", "????", "")


def test_a_minus_may_be_a_question_mark():
    assert numbers.is_right("minus", "-42", "?42") and numbers.is_right("minus", "-42", "-42")
    assert not numbers.is_right("minus", "-42", "42")


class Reads:
    """Returns given texts."""

    def __init__(self, texts):
        self.texts = iter(texts)

    def read(self, image):
        return self

    @property
    def text(self):
        return next(self.texts)


def test_the_report_counts_right_and_different_texts(writer, monkeypatch):
    monkeypatch.setattr(numbers, "KINDS", {"date": lambda writer, rng: (None, "1.2.26")})
    report = numbers.measure(Reads(["1.2.26", "1?2.26", "12.26", "1.2.26"]), [writer], 4)
    assert report == {"date": {"right": 0.5, "different": 0.25}}
