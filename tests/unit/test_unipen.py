"""The UNIPEN reader, on a small made-up distribution in the official layout."""

import gzip
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from training import unipen

NOTES = """.VERSION 1.0
.DATA_SOURCE made up
.COORD X Y T
.DATA_INFO
    Characters: 12 34
"""
# Components with the pen above the tablet have points and numbers, too. The first component has no
# points, so it has no number; the fourth belongs to another character.
INK = """.INCLUDE demo/demo.doc
.WRITER_ID Ada Lovelace
.WRITER_INFO
    Age: 36
    12 10
.PEN_DOWN
.PEN_UP
 5 5 1
.START_BOX
.PEN_DOWN
 0 100 2
 50 100 3
 20 0 4
.DT 100
.PEN_UP
 70 70 5
.PEN_DOWN
 10 50 6
 40 50 7
.PEN_UP
.PEN_DOWN
 0 0 8
 0 10 9
 0 20 10
 100 20 11
"""
LABELS = r""".VERSION 1.0
.INCLUDE demo/data/ink.dat
.SEGMENT CHARACTER 1-3 ? "7"
.SEGMENT CHARACTER 1 OK "F"
.SEGMENT CHARACTER 1,3 OK "T"
.SEGMENT CHARACTER 4:1-4:2 ? "1"
.SEGMENT CHARACTER 3:1-4:0 ? "+"
.SEGMENT CHARACTER 4 ? "\""
.SEGMENT CHARACTER 4 ? "\@"
.SEGMENT CHARACTER 99-101 ? "8"
.SEGMENT CHARACTER 0 ? "0"
"""


def write(root: Path) -> Path:
    """A folder with the layout of the official archive."""
    root = root / "train_r01_v07"
    files = {
        "data/1a/demo/one.dat": LABELS,
        "data/1c/demo/sub/two.dat": '.INCLUDE demo/data/anonymous.dat\n.SEGMENT CHARACTER 0 "a"\n',
        "data/2/demo/word.dat": '.INCLUDE demo/data/ink.dat\n.SEGMENT WORD 1-4 ? "seven"\n',
        "include/demo/demo.doc": NOTES,
        "include/demo/data/ink.dat": INK,
        "include/demo/data/anonymous.dat": ".COORD T Y X\n.PEN_DOWN\n1 0 0\n2 30 10\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def pack(root: Path, kind: str) -> Path:
    path = root.parent / f"unipen{kind}"
    if kind == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file in root.rglob("*"):
                archive.write(file, file.relative_to(root.parent))
    else:
        with tarfile.open(path, "w:gz") as archive:
            archive.add(root, root.name)
    return path


def assert_as_written(drawings: list[unipen.Drawing]) -> None:
    assert [d.label for d in drawings] == ["7", "F", "T", "1", "+", '"', "a"]
    assert {d.writer for d in drawings[:-1]} == {"Ada Lovelace"}
    assert drawings[-1].writer == "demo/two"
    seven, stroke, both, one, plus, quote, letter = (d.strokes for d in drawings)
    # y points upwards on a tablet, downwards here; the longer side becomes 1.
    np.testing.assert_allclose(seven[0], [[-0.25, -0.5], [0.25, -0.5], [-0.05, 0.5]])
    np.testing.assert_allclose(seven[1], [[-0.15, 0], [0.15, 0]])
    assert len(seven) == len(both) == 2 and len(stroke) == 1
    np.testing.assert_allclose(stroke[0], seven[0])
    np.testing.assert_allclose(one, [[[0, 0.5], [0, -0.5]]])
    assert [len(part) for part in plus] == [1, 1], "a point of each, both ends belong to it"
    assert len(quote[0]) == 4
    # `.COORD T Y X`: the columns are swapped.
    np.testing.assert_allclose(letter, [[[-1 / 6, 0.5], [1 / 6, -0.5]]])


@pytest.mark.parametrize("kind", ["folder", ".tgz", ".tar.gz", ".zip"])
def test_a_distribution_is_read_as_it_was_downloaded(tmp_path, kind):
    root = write(tmp_path)
    assert_as_written(unipen.read(root if kind == "folder" else pack(root, kind)))


@pytest.mark.parametrize("kind", [".tgz", ".zip"])
def test_an_archive_that_unpacks_to_far_too_much_is_not_unpacked(tmp_path, monkeypatch, kind):
    root = write(tmp_path)
    (root / "data" / "2" / "unused.dat").write_bytes(bytes(20_000))
    archive = pack(root, kind)
    monkeypatch.setattr(unipen, "MAX_BYTES", 10_000)
    assert_as_written(unipen.read(archive))  # unused files are not unpacked
    (root / "include" / "bomb.dat").write_bytes(bytes(20_000))
    with pytest.raises(unipen.PenFileError, match="too big once unpacked"):
        unipen.read(pack(root, kind))


def test_a_distribution_may_lie_deeper_and_has_only_isolated_characters_read(tmp_path):
    write(tmp_path / "downloads")
    drawings = unipen.read(tmp_path)
    assert_as_written(drawings)


def test_ink_outside_of_the_distribution_is_not_read(tmp_path):
    root = write(tmp_path)
    (tmp_path / "secret.dat").write_text(".PEN_DOWN\n0 0\n1 1\n")
    (root / "data/1a/demo/one.dat").write_text(
        '.INCLUDE ../../secret.dat\n.SEGMENT CHARACTER 0 ? "8"\n'
    )
    assert [d.label for d in unipen.read(root)] == ["a"]


def test_files_that_include_each_other_end(tmp_path):
    root = write(tmp_path)
    notes = root / "include/demo/demo.doc"
    notes.write_text(".INCLUDE demo/data/ink.dat\n" + notes.read_text())
    assert [d.label for d in unipen.read(root)][-1] == "a"


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("include/demo/data/ink.dat", ".PEN_DOWN\n0 0\n5 up\n", "ink.dat|one.dat"),
        ("include/demo/data/ink.dat", ".PEN_DOWN\n0 nan\n", "not a point"),
        ("include/demo/data/ink.dat", ".PEN_DOWN\n0 1e300\n", "not a point"),
        ("include/demo/data/ink.dat", ".PEN_DOWN\n7\n", "damaged"),
    ],
)
def test_damaged_ink_is_reported(tmp_path, file, text, words):
    root = write(tmp_path)
    (root / file).write_text(text)
    with pytest.raises(unipen.PenFileError, match=words):
        unipen.read(root)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.tgz", b"", "can't be read"),
        ("no.zip", b"PK no zip at all", "can't be read"),
        ("cut.tgz", gzip.compress(b"x" * 999, mtime=0)[:-9], "can't be read"),
        ("missing.tgz", None, "No such file"),
        ("missing", None, "No such file"),
    ],
)
def test_a_file_that_is_not_an_archive_is_reported(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(unipen.PenFileError, match=words):
        unipen.read(tmp_path / name)


def test_a_folder_without_characters_is_reported(tmp_path):
    (tmp_path / "data" / "1a").mkdir(parents=True)
    with pytest.raises(unipen.PenFileError, match="include"):
        unipen.read(tmp_path)


HEAD = '.INCLUDE dene.doc\n.LEXICON "0" "1" "2"\n.HIERARCHY DIGIT\n\n'
PENDIGITS = """.SEGMENT DIGIT 0 ? "7"
.COMMENT 7 12 224
.PEN_DOWN
 0 100
 50 100
 20 0
.PEN_UP
.DT 100
.PEN_DOWN
 10 50
 40 50
.PEN_UP
.DT 100
.SEGMENT DIGIT 1 ? "0"
.COMMENT 0 3 25
.PEN_DOWN
 0 0
 4 4
.PEN_UP
"""


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_single_file_is_read_as_it_was_written(tmp_path, pack):
    file = tmp_path / "digits.tra"
    file.write_bytes(pack((HEAD + PENDIGITS).encode()))
    seven, zero = unipen.read(file)
    assert (seven.label, seven.writer) == ("7", "writer 12")
    assert (zero.label, zero.writer) == ("0", "writer 3")
    np.testing.assert_allclose(seven.strokes[0], [[-0.25, -0.5], [0.25, -0.5], [-0.05, 0.5]])
    np.testing.assert_allclose(seven.strokes[1], [[-0.15, 0], [0.15, 0]])


def test_the_top_of_the_tablet_is_the_top(tmp_path):
    file = tmp_path / "seven"
    file.write_text('.SEGMENT DIGIT 0 ? "7"\n.PEN_DOWN\n0 100\n50 100\n20 0\n.PEN_UP\n7 7\n')
    (seven,) = unipen.read(file)
    np.testing.assert_allclose(seven.strokes, [[[-0.25, -0.5], [0.25, -0.5], [-0.05, 0.5]]])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no digit"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "no digit"),
        (HEAD.encode(), "no digit"),
        (b'.SEGMENT DIGIT 0 ? "1"\n', "no digit"),
        (b'.SEGMENT DIGIT 0 ? "AB"\n', "no digit"),
        (b".PEN_DOWN\n1 2\n", "no digit"),
        (b'.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n1 2\n3 up\n', "“3 up” is not a point"),
        (b'.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n1 nan\n', "not a point"),
        (b'.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n1 1e300\n', "not a point"),
        (gzip.compress(b"cut short" * 99, mtime=0)[:-9], "can't be read"),
        (b"\x1f\x8b no gzip at all", "can't be read"),
    ],
)
def test_another_file_is_refused(tmp_path, content, words):
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(unipen.PenFileError, match=words):
        unipen.read(file)
