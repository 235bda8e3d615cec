"""The model card: facts about a model, read from and written to `card.json` here only."""

import dataclasses
import hashlib
import json
import os
import types
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

# The files of a model.
CARD = "card.json"
NETWORK = "digits.tflite"  # for single digits
LAYOUT = "layout.tflite"  # locates and labels the symbols of numbers
EXAMPLES = "examples.npz"  # training images to explain predictions with
FORMAT = 2  # increase it when older programs can't read newer models


class CardError(ValueError):
    """The card is damaged or from another version. The message is a phrase without a full stop."""


@dataclass(frozen=True)
class Thresholds:
    """The limits beyond which a prediction is "unsure".

    Attributes:
        none: the highest probability of "none of these" for a digit, 0-1.
        confidence: the lowest probability of the likeliest digit, 0-1.
        cost: of a wrong digit, in unsure digits; the two limits minimize the total cost. None if
            they were set by hand.
    """

    none: float = 1.0
    confidence: float = 0.0
    cost: float | None = None


@dataclass(frozen=True)
class Pool:
    """How the predictions of the two networks for a symbol of a number are combined.

    Attributes:
        layout, digit: the powers to which the predictions of the layout network and of the digit
            network are raised.
        unknown: a factor for the product for "?".
        confidence: the minimum probability of a label; below it, the label is "?".
    """

    layout: float = 1.0
    digit: float = 0.5
    unknown: float = 1.0
    confidence: float = 0.6


@dataclass(frozen=True)
class MnistSource:
    """Where MNIST came from.

    Attributes:
        source: a package, or the name of a file.
        sha256: of the four arrays as IDX files.
        mnist: whether they are MNIST, byte for byte.
    """

    source: str
    sha256: str
    mnist: bool


@dataclass(frozen=True)
class DataSet:
    """A collection of handwriting."""

    name: str
    by: str
    url: str
    licence: str


@dataclass(frozen=True)
class People:
    """How many writers, and how many of their drawings, the network was trained on.

    Writers are split into training, validation and test; `digit_writers` are those of the
    training split with at least one digit.
    """

    digits: int
    digit_writers: int
    writers: int
    letters_and_symbols: int = 0
    doubtful_digits_left_out: int = 0
    doubtful_letters_left_out: int = 0
    validation_writers: int = 0
    validation_digits: int = 0
    test_writers: int = 0
    sources: list[DataSet] = field(default_factory=list)


@dataclass(frozen=True)
class Misread:
    """A test image that was classified wrong."""

    number: int  # its index among the test images
    label: int
    guess: int
    confidence: float
    pixels: str  # a PNG as a data URL


@dataclass(frozen=True)
class Test:
    """The result on MNIST's test images."""

    images: int
    accuracy: float
    loss: float
    digit_accuracy: list[float]
    confusion: list[list[int]]  # rows: label, columns: prediction
    misread: list[Misread] = field(default_factory=list)


@dataclass(frozen=True)
class Filter:
    """A filter of the first block, for explanations."""

    kernel: list[list[float]]  # with odd sides
    bias: float
    map: int  # its index among the first block's feature maps


@dataclass(frozen=True)
class Card:
    """The facts about a model.

    Attributes:
        temperature: of temperature scaling, above 0.
        thresholds: when a prediction is "unsure". Users may change these two numbers in
            `card.json`.
        network: "convnet" or "dense".
        pool: how numbers are read, and when a symbol of one is "?".
        sha256: of `digits.tflite`, in `files` too; identifies the model.
        files: the SHA-256 of each file that belongs to the model, by name.
        seconds: how long the training took, interruptions excluded.
        trained: date and time, ISO 8601.
        command: the command line of the training, without folders.
        commit: of the program; "+changes" if files differed.
        learning_curve: a number for each epoch, by Keras's names of the metrics.
        people: the writers of other handwriting than MNIST; None if there was none.
    """

    network: str
    temperature: float
    thresholds: Thresholds
    pool: Pool = field(default_factory=Pool)
    sha256: str = ""
    files: dict[str, str] = field(default_factory=dict)
    parameters: int = 0
    classes: int = 11
    epochs: int = 0
    batch_size: int = 0
    seed: int = 0
    quick: bool = False
    seconds: float = 0.0
    trained: str = ""
    command: str = ""
    commit: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    data: MnistSource | None = None
    learning_curve: dict[str, list[float]] = field(default_factory=dict)
    people: People | None = None
    test: Test | None = None
    filters: list[Filter] = field(default_factory=list)
    format: int = FORMAT

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """Check a parsed `card.json` and convert it. Unknown names are ignored.

        Raises:
            CardError: it is from another version, or a field is missing or of another type.
        """
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise CardError("the model is from another version of this program")
        return convert(cls, content)

    def to_json(self) -> dict[str, Any]:
        """Convert the card to what `json.dumps` accepts, without fields that are None."""
        content = dataclasses.asdict(self)
        return {"format": self.format, **{k: v for k, v in content.items() if v is not None}}

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read `card.json`.

        Raises:
            OSError: the file can't be read.
            CardError: it is damaged or from another version.
        """
        try:
            content = json.loads((folder / CARD).read_text("utf-8"))
        except (ValueError, RecursionError):  # RecursionError: nested very deeply
            raise CardError(f"the model's {CARD} is damaged") from None
        return cls.from_json(content)

    def write(self, folder: Path) -> None:
        """Write `card.json`.

        Raises:
            OSError: the file can't be written.
        """
        text = json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n"
        # A command line may contain bytes that are not UTF-8.
        (folder / CARD).write_bytes(text.encode("utf-8", "replace"))

    def check(self, name: str, content: bytes) -> None:
        """Compare a file of the model with its checksum, if the card has one.

        Raises:
            CardError: the file is damaged, or belongs to another card.
        """
        expected = self.files.get(name)
        if expected and hashlib.sha256(content).hexdigest() != expected:
            raise CardError(f"the model's {name} is damaged, or belongs to another {CARD}")


def read_model(folder: Path, names: Iterable[str]) -> tuple[Card, dict[str, bytes]]:
    """Read a card, and files that belong to it.

    Args:
        folder: the folder of the model.
        names: the files to read. Those that the card doesn't list may be missing.

    Returns:
        The card, and the content of the files by name.

    Raises:
        OSError: a file can't be read.
        CardError: a file is damaged, or the card is from another version.
    """
    with locked(folder):
        card = Card.read(folder)
        listed = [name for name in names if name in card.files or (folder / name).exists()]
        files = {name: (folder / name).read_bytes() for name in listed}
    for name, content in files.items():
        card.check(name, content)
    return card, files


@contextmanager
def locked(folder: Path, exclusive: bool = False) -> Iterator[None]:
    """Lock a model's folder while its files are read or replaced together.

    Waits for other processes. The system releases the lock of a process that dies. Where folders
    can't be locked, such as on Windows, it does nothing.

    Args:
        folder: the folder of the model.
        exclusive: True to replace files, False to read them.
    """
    with ExitStack() as stack:
        with suppress(ImportError, OSError):
            import fcntl

            descriptor = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield


def convert(expected: Any, value: Any, where: str = "card") -> Any:
    """Convert parsed JSON to a type made of dataclasses, lists, dicts, unions and plain types.

    Raises:
        CardError: something is missing or of another type; the message calls it `where`.
    """
    origin, arguments = get_origin(expected), get_args(expected)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        (expected,) = (kind for kind in arguments if kind is not type(None))
        return convert(expected, value, where)
    if origin is list and isinstance(value, list):
        return [convert(arguments[0], item, where) for item in value]
    if origin is dict and isinstance(value, dict):
        return {name: convert(arguments[1], v, f"{where}.{name}") for name, v in value.items()}
    if dataclasses.is_dataclass(expected) and isinstance(value, dict):
        make: Any = expected
        hints = get_type_hints(expected)
        names = [field.name for field in dataclasses.fields(expected) if field.name in value]
        try:
            return make(**{n: convert(hints[n], value[n], f"{where}.{n}") for n in names})
        except TypeError as error:
            raise CardError(f"the model's {CARD} is incomplete: {error}") from None
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(expected, type) and type(value) is expected:
        return value
    raise CardError(f"{where} in the model's {CARD} is not what it should be")
