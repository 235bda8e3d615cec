"""Unit tests need no trained weights, server, browser or TensorFlow: this makes that a rule."""

import hashlib
import socket

import pytest

from tests.helpers.mnist import idx, small_set
from tests.helpers.packages import unloadable
from training import data

FRAMEWORKS = ("tensorflow", "keras", "ai_edge_litert", "playwright")


@pytest.fixture(autouse=True)
def isolation():
    """Fails a test that loads a framework or listens on a port.

    It does not use `monkeypatch`, which then would undo a test's own changes after this.
    """

    def listen(*_):
        pytest.fail("A unit test started a server; move it to tests/integration/.")

    with pytest.MonkeyPatch.context() as patch, unloadable(*FRAMEWORKS):
        patch.setattr(socket.socket, "listen", listen)
        yield


@pytest.fixture
def own_home(tmp_path_factory, monkeypatch):
    """No test may see or leave a cache in the home of whoever runs it."""
    home = tmp_path_factory.mktemp("keras_home")
    monkeypatch.setenv("KERAS_HOME", str(home))
    return home


@pytest.fixture
def small_set_is_mnist(monkeypatch):
    """MNIST itself is too big to carry along, so the small set takes its place."""
    md5 = {key: hashlib.md5(idx(array)).hexdigest() for key, array in small_set().items()}
    monkeypatch.setattr(data, "CANONICAL_MD5", md5)
    monkeypatch.setattr(data, "FULL_SIZES", (7, 5))
