"""A model from before, for tests of what replaces it."""

from pathlib import Path


def write_old_model(folder: Path) -> Path:
    """Writes the files of a model, and one of the user, to a folder "model"."""
    model = folder / "model"
    model.mkdir()
    for name in ("digits.keras", "digits.tflite", "card.json", "mine.txt"):
        (model / name).write_text(f"before: {name}")
    return model


def contents(folder: Path) -> dict[Path, bytes]:
    """The contents of all files in a folder, and in folders in it."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
