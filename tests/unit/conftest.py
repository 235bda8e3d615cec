"""Keeps trained weights, servers, browsers and TensorFlow out of the unit tests."""

import hashlib
import socket

import pytest

from tests.helpers.mnist import idx, small_set
from tests.helpers.packages import unloadable
from training import data

FRAMEWORKS = ("tensorflow", "keras", "ai_edge_litert", "playwright")


@pytest.fixture(autouse=True)
def isolation():
    """Fail a test that loads a framework or listens on a port.

    With `monkeypatch`, the test's own changes would be undone after this fixture's.
    """

    def listen(*_):
        pytest.fail("A unit test started a server; move it to tests/integration/.")

    with pytest.MonkeyPatch.context() as patch, unloadable(*FRAMEWORKS):
        patch.setattr(socket.socket, "listen", listen)
        yield


@pytest.fixture
def own_home(tmp_path_factory, monkeypatch):
    """Keep caches out of the home directory of whoever runs the tests."""
    home = tmp_path_factory.mktemp("keras_home")
    monkeypatch.setenv("KERAS_HOME", str(home))
    return home


@pytest.fixture
def small_set_is_mnist(monkeypatch):
    """Replace MNIST, which is too large for the repository, by a small set."""
    md5 = {key: hashlib.md5(idx(array)).hexdigest() for key, array in small_set().items()}
    monkeypatch.setattr(data, "CANONICAL_MD5", md5)
    monkeypatch.setattr(data, "FULL_SIZES", (7, 5))
