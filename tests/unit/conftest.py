"""Unit tests need no trained weights, server, browser or TensorFlow: this makes that a rule."""

import socket

import pytest

from tests.helpers.packages import unloadable

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
