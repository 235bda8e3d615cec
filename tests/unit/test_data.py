"""The MNIST loader, with real files: sound ones of every kind, then hostile and broken ones."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.mnist import NAMES, idx, idx_files, small_set, write_folder, write_npz, write_tgz
from training import archives, data
from training.data import DataError, load_mnist

pytestmark = pytest.mark.usefixtures("own_home")

ROOT = Path(__file__).parents[2]


def refusal(path: Path | str, root: Path) -> str:
    """The message with which `path` is refused, without any change below `root`."""
    before = sorted((p, p.lstat().st_mtime_ns) for p in root.rglob("*"))
    with pytest.raises(DataError) as refused:
        load_mnist(path)
    assert sorted((p, p.lstat().st_mtime_ns) for p in root.rglob("*")) == before
    assert str(path) in str(refused.value)
    return str(refused.value)


# Sound files


FILES = idx_files()
GZ = {f"{name}.gz": gzip.compress(content) for name, content in FILES.items()}
DOTTED = {name.replace("-idx", ".idx"): content for name, content in FILES.items()}
STALE_GZ = {name: gzip.compress(b"stale") for name in GZ}
DEEP = idx_files("package/data/")
SOURCES = {
    "npz": lambda tmp: write_npz(tmp / "small.npz"),
    "folder": lambda tmp: write_folder(tmp / "plain", FILES),
    "folder of gz": lambda tmp: write_folder(tmp / "gz", GZ),
    "dotted names": lambda tmp: write_folder(tmp / "dotted", DOTTED | {"readme.txt": b"hello"}),
    "as `gunzip --keep` leaves it": lambda tmp: write_folder(tmp / "both", FILES | STALE_GZ),
    "deep folder": lambda tmp: write_folder(tmp / "deep", DEEP),
    "tgz": lambda tmp: write_tgz(tmp / "small.tgz", DEEP),
    "tar.gz of gz": lambda tmp: write_tgz(tmp / "small.tar.gz", GZ, tarfile.TarInfo("./x.txt")),
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_every_kind_of_file_gives_the_same_arrays(source, tmp_path):
    path = source(tmp_path)
    mnist = load_mnist(path)
    for key, expected in small_set().items():
        found = getattr(mnist, key)
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, expected)
        assert not found.flags.writeable
    expected = hashlib.sha256(b"".join(idx_files().values())).hexdigest()
    assert mnist.checksum == expected
    assert not mnist.canonical
    assert "not the full MNIST: 7 training and 5 test images" in mnist.note
    assert mnist.source == path.name


def test_a_changed_pixel_changes_the_checksum(tmp_path):
    changed = small_set()["x_test"]
    changed[0, 0, 0] ^= 1
    former = load_mnist(write_npz(tmp_path / "a.npz"))
    assert load_mnist(write_npz(tmp_path / "b.npz", x_test=changed)).checksum != former.checksum


def test_labels_of_any_integer_dtype_and_order_of_images_in_memory_are_fine(tmp_path):
    arrays = small_set()
    path = write_npz(
        tmp_path / "int64.npz",
        y_train=arrays["y_train"].astype(">i8"),
        x_train=np.asfortranarray(arrays["x_train"]),
    )
    mnist = load_mnist(str(path))
    assert mnist.y_train.dtype == np.uint8
    assert mnist.checksum == load_mnist(write_npz(tmp_path / "plain.npz")).checksum


def test_the_set_nearest_the_top_is_taken(tmp_path):
    files = idx_files() | {f"old/{name}": b"stale" for name in idx_files()}
    assert len(load_mnist(write_folder(tmp_path, files)).x_train) == 7


@pytest.mark.parametrize("parts", [("x_train", "x_test"), ("x_test",)])
def test_dark_digits_on_light_are_inverted_with_a_note(parts, tmp_path):
    with np.load(ROOT / "tests" / "data" / "mnist_small.npz") as small:
        arrays = dict(small)
    np.savez(tmp_path / "light.npz", **arrays)
    np.savez(tmp_path / "dark.npz", **arrays | {part: 255 - arrays[part] for part in parts})
    light, dark = (load_mnist(tmp_path / name) for name in ("light.npz", "dark.npz"))
    for part in ("x_train", "x_test"):
        np.testing.assert_array_equal(getattr(light, part), getattr(dark, part))
        assert not getattr(dark, part).flags.writeable
    assert dark.checksum == light.checksum
    said = f"Its {' and '.join(parts)} are dark on light; they were inverted. "
    assert dark.note == said + light.note
    assert "inverted" not in light.note


def test_the_full_mnist_inverted_is_the_full_mnist(small_set_is_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "_is_dark_on_light", lambda images: images[0, 0, 0] > 127)
    assert small_set()["x_train"][0, 0, 0] < 127
    mnist = load_mnist(write_npz(tmp_path / "dark.npz", x_train=255 - small_set()["x_train"]))
    assert mnist.canonical
    assert mnist.note == "Its x_train are dark on light; they were inverted."


# Content that is not a set of digits


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"y_test": None}, "lacks y_test.npy"),
        ({"x_train": np.zeros((7, 28, 27), np.uint8)}, "x_train is uint8 of shape (7, 28, 27)"),
        ({"x_train": np.zeros((7, 784), np.uint8)}, "instead of uint8 of shape (n, 28, 28)"),
        ({"x_test": np.zeros((5, 28, 28), np.int16)}, "x_test is int16"),
        ({"x_test": np.zeros((5, 28, 28))}, "x_test is float64"),
        ({"y_train": np.zeros((7, 1), np.uint8)}, "instead of integers of shape (n,)"),
        ({"y_train": np.full(7, 10)}, "y_train has labels outside 0 to 9"),
        ({"y_train": np.full(7, -1)}, "y_train has labels outside 0 to 9"),
        ({"y_test": np.zeros(6, np.uint8)}, "x_test has 5 images but y_test 6 labels"),
        ({"x_test": np.zeros((0, 28, 28), np.uint8)}, "x_test is empty"),
        ({"y_test": np.array([print] * 5, dtype=object)}, "allow_pickle"),
    ],
)
def test_wrong_content_of_an_npz(changed, words, tmp_path):
    assert words in refusal(write_npz(tmp_path / "bad.npz", **changed), tmp_path)


def test_a_single_altered_label_is_refused(small_set_is_mnist, tmp_path):
    sound = load_mnist(write_npz(tmp_path / "sound.npz"))
    assert sound.canonical
    assert sound.note is None
    labels = small_set()["y_train"]
    labels[-1] ^= 1
    message = refusal(write_npz(tmp_path / "altered.npz", y_train=labels), tmp_path)
    assert "y_train differ from MNIST's checksums" in message


def test_swapped_parts_are_recognized(small_set_is_mnist, tmp_path):
    a = small_set()
    swapped = dict(zip(a, (a["x_test"], a["y_test"], a["x_train"], a["y_train"]), strict=True))
    message = refusal(write_npz(tmp_path / "both.npz", **swapped), tmp_path)
    assert "swapped: its x_train is MNIST's x_test" in message
    message = refusal(write_npz(tmp_path / "labels.npz", y_train=a["y_test"]), tmp_path)
    assert "swapped: its y_train is MNIST's y_test" in message


# Damaged files, and hostile .npz files


def flipped(content: bytes) -> bytes:
    """The content with one damaged byte."""
    place = len(content) // 3
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


DAMAGE = {
    "empty": lambda content: b"",
    "begun": lambda content: content[:100],
    "cut off": lambda content: content[: len(content) * 2 // 3],
    "flipped": flipped,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("source", ["npz", "tgz", "folder of gz"])
def test_damaged_file(source, damage, tmp_path):
    path = SOURCES[source](tmp_path)
    file = path / f"{NAMES['x_train']}.gz" if path.is_dir() else path
    file.write_bytes(damage(file.read_bytes()))
    assert "can't be used" in refusal(path, tmp_path)


def test_pickle_in_an_npz_is_never_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "it ran",))

    path = write_npz(tmp_path / "pickle.npz", y_test=np.array([Bomb()] * 5, dtype=object))
    refusal(path, tmp_path)
    assert not (tmp_path / "it ran").exists()


@pytest.mark.parametrize("shape", [(10**12, 28, 28), (10**6, 28, 28), (-7, -28, 28)])
def test_npy_header_with_an_impossible_shape(shape, tmp_path):
    header = io.BytesIO()
    claim = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, claim)
    path = write_npz(tmp_path / "terabytes.npz", x_train=None)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x_train.npy", header.getvalue() + bytes(7 * 784))
    assert "can't be used" in refusal(path, tmp_path)


def test_npz_that_unpacks_to_too_much(monkeypatch, tmp_path):
    monkeypatch.setattr(data, "MAX_BYTES", 10_000)
    path = write_npz(tmp_path / "bomb.npz", x_train=np.zeros((100, 28, 28), np.uint8))
    assert path.stat().st_size < 10_000
    assert "x_train.npy is far too big once unpacked" in refusal(path, tmp_path)


# Broken and hostile IDX files


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x_train", b"\0\0\x08\x01" + idx(small_set()["x_train"])[4:], "does not begin as"),
        ("x_train", b"", "does not begin as"),
        ("x_train", idx(small_set()["x_train"])[:9], "does not begin as"),
        ("y_test", idx(small_set()["x_test"]), "does not begin as"),
        ("x_train", idx(small_set()["x_train"])[:-1], "5487 bytes where its header says 5488"),
        ("y_train", idx(small_set()["y_train"]) + b"\0", "8 bytes where its header says 7"),
        ("x_test", struct.pack(">I3I", 0x803, *[2**32 - 1] * 3), "0 bytes where its header says"),
    ],
)
def test_broken_idx_file(name, content, words, tmp_path):
    path = write_folder(tmp_path / "broken", idx_files() | {NAMES[name]: content})
    message = refusal(path, tmp_path)
    assert words in message
    assert NAMES[name] in message


def test_missing_idx_file(tmp_path):
    files = idx_files()
    del files[NAMES["y_test"]]
    path = write_tgz(tmp_path / "less.tgz", files)
    assert f"lacks {NAMES['y_test']}" in refusal(path, tmp_path)


@pytest.mark.parametrize("kind", ["gz", "tgz", "gz in tgz"])
def test_decompression_bombs(kind, monkeypatch, tmp_path):
    monkeypatch.setattr(data, "MAX_BYTES", 200_000)
    bomb = {"train-images-idx3-ubyte.gz": gzip.compress(bytes(1_000_000))}
    files = idx_files()
    del files[NAMES["x_train"]]
    if kind == "gz":
        path = write_folder(tmp_path / "bomb", files | bomb)
    elif kind == "gz in tgz":
        path = write_tgz(tmp_path / "bomb.tgz", files | bomb)
    else:
        path = write_tgz(tmp_path / "bomb.tgz", files | {NAMES["x_train"]: bytes(1_000_000)})
    assert "far too big once unpacked" in refusal(path, tmp_path)


def test_two_sets_side_by_side_are_not_guessed_between(tmp_path):
    folder = write_folder(tmp_path / "two", idx_files("digits/") | idx_files("letters/"))
    assert "several sets" in refusal(folder, tmp_path)


@pytest.mark.parametrize("write", [write_folder, write_tgz])
def test_too_many_files(write, monkeypatch, tmp_path):
    monkeypatch.setattr(archives, "MAX_FILES", 10)
    path = write(tmp_path / "many.tgz", idx_files() | {f"more/{i}": b"" for i in range(10)})
    assert "too many files" in refusal(path, tmp_path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_a_tgz_are_not_followed(kind, tmp_path):
    member = tarfile.TarInfo(NAMES["x_train"])
    member.type = kind
    member.linkname = "/etc/passwd"
    files = idx_files()
    del files[NAMES["x_train"]]
    message = refusal(write_tgz(tmp_path / "link.tgz", files, member), tmp_path)
    assert f"lacks {NAMES['x_train']}" in message


# Paths that lead nowhere


@pytest.mark.parametrize("name", ["absent.npz", "absent", "absent/absent.tgz", "a\0b"])
def test_absent_path(name, tmp_path):
    assert "no such file or folder" in refusal(tmp_path / name, tmp_path)


@pytest.mark.parametrize("name", ["digits.csv", "digits", "digits.tgz.txt"])
def test_unknown_kind_of_file(name, tmp_path):
    (tmp_path / name).write_bytes(b"0,1,2")
    message = refusal(tmp_path / name, tmp_path)
    assert "unknown kind" in message
    assert ".npz with Keras's keys" in message


def test_a_pipe_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.npz")
    assert "unknown kind" in refusal(tmp_path / "pipe.npz", tmp_path)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_permission_denied(kind, tmp_path, monkeypatch):
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)  # its parent folders are not accessible to “nobody”
    path = Path("secret.npz")
    if kind == "file":
        write_npz(path)
    else:
        path.mkdir()
    path.chmod(0)
    root = os.geteuid() == 0
    if root:  # root may read anything, so become “nobody” for a while
        os.seteuid(65534)
    try:
        with pytest.raises(DataError, match="permission denied"):
            load_mnist(path)
    finally:
        if root:
            os.seteuid(0)
        path.chmod(0o700)
