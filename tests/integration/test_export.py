"""Saving models, with and without errors."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from digits.card import Card, Pool, Thresholds
from tests.helpers.old_model import contents, write_old_model
from tests.helpers.packages import needs_tensorflow

pytestmark = [pytest.mark.slow, needs_tensorflow]

CARD = Card(network="convnet", temperature=1.0, thresholds=Thresholds())


def test_a_full_disk_leaves_the_old_model(tmp_path, monkeypatch):
    """Fail at each write in turn, like a full disk."""
    import keras

    from training import export

    model = write_old_model(tmp_path)
    before = contents(tmp_path)
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    write, writes_left = Path.write_bytes, 0

    def write_until_full(path, data):
        nonlocal writes_left
        if not writes_left:
            raise OSError(errno.ENOSPC, "No space left on device")
        writes_left -= 1
        return write(path, data)

    for writes in range(3):
        writes_left = writes
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", write_until_full)
            with pytest.raises(OSError, match="No space left"):
                export.save(model, network, b"network", CARD, b"examples")
        assert contents(model.parent) == before
    export.save(model, network, b"network", CARD, b"examples")
    assert (model / "digits.tflite").read_bytes() == b"network"
    assert (model / "examples.npz").read_bytes() == b"examples"
    export.save(model, network, b"another network", CARD)
    assert not (model / "examples.npz").exists(), "examples of another network"
    assert (model / "mine.txt").read_text() == "before: mine.txt", "other files stay"


def test_the_layout_network_keeps_the_pool_that_was_fitted_to_it(tmp_path):
    import keras

    from training import export, pool

    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    folder, fitted = tmp_path / "model", Pool(layout=0.7, confidence=0.5)
    assert pool.kept(folder) == Pool()
    export.save(folder, network, b"network", CARD)
    export.save_layout(folder, b"layout", fitted)
    assert pool.refit(folder, b"another network", CARD, drawings=[], seed=1) == fitted
    export.save(folder, network, b"another network", replace(CARD, pool=fitted))
    assert Card.read(folder).pool == fitted
