"""An existing model folder, for tests of its replacement."""

from pathlib import Path


def write_old_model(folder: Path) -> Path:
    """Write the files of a model, and a file of the user, to a folder "model"."""
    model = folder / "model"
    model.mkdir()
    for name in ("digits.keras", "digits.tflite", "card.json", "mine.txt"):
        (model / name).write_text(f"before: {name}")
    return model


def contents(folder: Path) -> dict[Path, bytes]:
    """The contents of all files in a folder and its subfolders."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
