"""The model card: writing and reading keep it, and damage is reported."""

import json
import shutil
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from digits.card import CARD, NETWORK, Card, CardError, Thresholds, locked, read_model

SHIPPED = Path(__file__).parents[2] / "model"


def test_what_is_written_is_read(tmp_path):
    card = replace(Card.read(SHIPPED), thresholds=Thresholds(0.5, 0.9, 10.0), commit=None)
    card.write(tmp_path)
    assert Card.read(tmp_path) == card


def test_a_command_that_is_not_unicode_can_be_written(tmp_path):
    replace(Card.read(SHIPPED), command="\udce4").write(tmp_path)
    assert Card.read(tmp_path).command == "?"


def test_unknown_names_are_ignored(tmp_path):
    content = json.loads((SHIPPED / CARD).read_text("utf-8"))
    (tmp_path / CARD).write_text(json.dumps(content | {"later": [1]}), "utf-8")
    assert Card.read(tmp_path) == Card.read(SHIPPED)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 1}, {"temperature": "1"}, {"temperature": True}, {"thresholds": {"none": None}},
        {"thresholds": [1, 2]}, {"files": {"digits.tflite": 3}}, {"people": {"digits": 3}},
        {"learning_curve": {"loss": 0.5}}, {"parameters": 1.5},
    ],
)  # fmt: skip
def test_a_wrong_value_is_reported(change):
    content = json.loads((SHIPPED / CARD).read_text("utf-8"))
    with pytest.raises(CardError, match=r"card\.json|another version"):
        Card.from_json(content | change)


@pytest.mark.parametrize("text", ["", "{", "[1]", "\xff", "[" * 100_000 + "]" * 100_000])
def test_damage_is_reported(tmp_path, text):
    (tmp_path / CARD).write_bytes(text.encode("latin-1"))
    with pytest.raises(CardError):
        Card.read(tmp_path)


def test_a_changed_file_is_reported():
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    card = replace(Card.read(SHIPPED), files={"a.txt": abc})
    card.check("a.txt", b"abc")
    card.check("unlisted.txt", b"anything")
    with pytest.raises(CardError, match=r"a\.txt"):
        card.check("a.txt", b"abd")


def test_a_damaged_file_is_reported(tmp_path):
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    read_model(tmp_path, [NETWORK, "unlisted.txt"])
    (tmp_path / NETWORK).write_bytes(b"damaged")
    with pytest.raises(CardError, match=NETWORK):
        read_model(tmp_path, [NETWORK])
    (tmp_path / NETWORK).unlink()
    with pytest.raises(FileNotFoundError):
        read_model(tmp_path, [NETWORK])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can't lock a folder")
@pytest.mark.parametrize("exclusive", [True, False])
def test_replacing_a_model_excludes_other_processes(tmp_path, exclusive):
    def replace_files():
        with locked(tmp_path, exclusive=True):
            seen.append("first file")
            half_way.set()
            other.wait(0.5)  # the lock is still held
            seen.append("last file")

    seen: list[str] = []
    half_way, other = threading.Event(), threading.Event()
    first = threading.Thread(target=replace_files)
    first.start()
    half_way.wait(60)
    with locked(tmp_path, exclusive):
        seen.append("another process")
        other.set()
    first.join()
    assert seen == ["first file", "last file", "another process"]


def test_readers_do_not_wait_for_each_other(tmp_path):
    with locked(tmp_path), locked(tmp_path):
        pass
