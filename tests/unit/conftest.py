"""Unit tests need no trained weights, server, browser or TensorFlow: this makes that a rule."""

import socket

import pytest

from tests.helpers.packages import unloadable

FRAMEWORKS = ("tensorflow", "keras", "ai_edge_litert", "playwright")


@pytest.fixture(autouse=True)
def isolation(monkeypatch):
    """Fails a test that loads a framework or listens on a port."""

    def listen(*_):
        pytest.fail("A unit test started a server; move it to tests/integration/.")

    monkeypatch.setattr(socket.socket, "listen", listen)
    with unloadable(*FRAMEWORKS):
        yield
