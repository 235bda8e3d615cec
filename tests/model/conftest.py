"""The examples that ship with the model, and the embeddings of MNIST's images."""

import pytest

from digits.explain.neighbours import Examples
from tests.helpers.servers import ROOT


@pytest.fixture(scope="session")
def examples(classifier):
    """The examples that ship with the model."""
    return Examples.load(ROOT / "model", classifier.card.sha256)


@pytest.fixture(scope="session")
def mnist_described(classifier, examples, mnist_sample):
    """The embedding and the bars of each of the images of `mnist_sample`."""
    predictions = [classifier.predict(image, inside=True) for image in mnist_sample[0]]
    return [(examples.embed(one.inside), one.bars) for one in predictions]
