"""Real training runs, of a few steps, through the command line."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from digits import DigitClassifier
from digits.card import NETWORK, Card
from digits.explain.neighbours import Examples
from digits.images import data_url
from handwriting import pen
from tests.helpers.old_model import contents, write_old_model
from tests.helpers.packages import hide_modules, needs_tensorflow
from training import provenance, writers
from training.command_line import exit_status
from training.datasets import Amounts

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "data" / "mnist_small.npz"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), needs_tensorflow]


# The whole program, but with little to draw, which is what takes it longest.
AMOUNTS = Amounts(
    mnist_times=1,
    synthetic_digits=500,
    synthetic_non_digits=100,
    synthetic_held_out=100,
    letters=50,
)
STEPS = 12
ASCII = {**os.environ, "PYTHONIOENCODING": "ascii"}
LITTLE = f"""
from dataclasses import replace
import train
from training.datasets import Amounts
train.QUICK = replace(train.QUICK, steps={STEPS}, amounts={AMOUNTS})
train.run(train.main, "train.py")
"""


def train(*arguments, program=(ROOT / "train.py",), **options):
    return subprocess.run(
        [sys.executable, *program, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=600, **options,
    )  # fmt: skip


@pytest.fixture
def train_here(monkeypatch, capsys):
    """As `train`, with little to draw, in this process: it need not import TensorFlow again."""
    import train as program

    little = replace(program.QUICK, epochs=1, steps=STEPS, amounts=AMOUNTS)
    monkeypatch.setattr(program, "QUICK", little)
    monkeypatch.setattr(program, "PLAIN", replace(little, small=False, augment=True, steps=3))

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["train.py", *map(str, arguments)])
        try:
            code = exit_status(program.main, "train.py")
        except SystemExit as end:  # of the arguments
            code = end.code
        return subprocess.CompletedProcess(sys.argv, code, *capsys.readouterr())

    return run


def test_trains_and_saves_a_network(tmp_path, mnist_sample, train_here):
    """In a process of its own, on an ASCII console, in folders of another language."""
    folder = tmp_path / "обучение"
    folder.mkdir()
    data, out = shutil.copy(SMALL, folder / "цифры.npz"), folder / "модель"
    write_pens(tmp_path / "pens", 20)
    kept = "--checkpoint", tmp_path / "kept"
    arguments = ("--quick", "--epochs", 3, "--pens", tmp_path / "pens", "--data", data)
    done = train(*kept, *arguments, "--out", out, program=("-c", LITTLE), env=ASCII)
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(folder)) == ["модель", "цифры.npz"], "nothing is left beside it"
    assert sorted(os.listdir(out)) == ["card.json", "digits.keras", "digits.tflite"]

    images, labels = mnist_sample
    predictions = DigitClassifier.load(out).predict_batch(list(images))
    guesses = np.array([p.probabilities.argmax() for p in predictions])
    assert np.mean(guesses == labels) > 0.2, "it has learned something"
    expect_exports_to_agree(out, images)
    expect_card_of_three_epochs(out)
    card = Card.read(out)
    assert card.data.source == "цифры.npz"
    assert card.command.endswith("--data 'цифры.npz' --out 'модель'")
    expect_20_writers_to_be_split(card)

    assert "Traceback" not in done.stderr
    assert "Drawing synthetic handwriting?\n" in done.stdout
    assert "Data: ?????.npz\n" in done.stdout
    assert "This is not the full MNIST: 400 training and 100 test images" in done.stdout
    assert re.search(r"accuracy: 0\.\d+ - loss: \d", done.stdout)
    assert re.findall(r"Test accuracy: (\S+)", done.stdout) == [f"{card.test.accuracy:.4f}"]

    again = train_here(*arguments, "--out", tmp_path / "again")
    assert again.returncode == 0, again.stderr
    for one, other in zip(weights(out), weights(tmp_path / "again"), strict=True):
        assert np.array_equal(one, other), "the same seed gives the same network"

    for file in (tmp_path / "kept").rglob("*"):
        assert file.suffix not in (".pickle", ".pkl"), "nothing there can hold code"
    # The same command goes on from there: here there is nothing left to do but to save.
    resumed = train_here(*kept, *arguments, "--out", tmp_path / "resumed")
    assert resumed.returncode == 0, resumed.stderr
    assert "Drawing" not in resumed.stdout
    after = Card.read(tmp_path / "resumed")
    assert after.learning_curve == card.learning_curve
    assert after.test == card.test, "the network is the same"


def weights(folder):
    import keras

    return keras.models.load_model(folder / "digits.keras").get_weights()


def expect_card_of_three_epochs(folder):
    card = json.loads((folder / "card.json").read_text("utf-8"))
    assert card["network"] == "convnet"
    assert card["command"].startswith("python ")
    assert card["data"]["mnist"] is False
    assert card["test"]["images"] == 100
    confusion, misread = np.array(card["test"]["confusion"]), card["test"]["misread"]
    assert confusion.sum() == 100
    assert len(misread) == 100 - confusion.trace() > 0
    with np.load(SMALL) as small:
        for one in misread:
            assert one["label"] == small["y_test"][one["number"]] != one["guess"]
            assert 0.1 <= one["confidence"] <= 1
            assert one["pixels"] == data_url(small["x_test"][one["number"]])
    assert len(card["learning_curve"]["loss"]) == card["epochs"] == 3
    assert set(card["versions"]) >= {"python", "tensorflow", "keras", "numpy"}
    assert set(card["thresholds"]) == {"none", "confidence", "cost"}
    assert card["files"].keys() == {"digits.keras", "digits.tflite"}


def expect_exports_to_agree(folder, images):
    import keras
    from ai_edge_litert.interpreter import Interpreter

    x = images[:, :, :, None].astype(np.float32) / 255
    by_keras = keras.models.load_model(folder / "digits.keras").predict(x, verbose=0)
    run = Interpreter(str(folder / "digits.tflite")).get_signature_runner()
    (entry,) = run.get_input_details()
    by_litert = run(**{entry: x})["probabilities"]
    assert np.abs(by_keras - by_litert).max() < 0.1, "the weights are rounded to int8"
    assert np.abs(by_keras - by_litert).mean() < 1e-3


def test_the_shipped_exports_agree(mnist_sample):
    expect_exports_to_agree(ROOT / "model", mnist_sample[0])


def write_pens(file, count):
    """Digits by so many writers in a pen file, each digit once."""
    rng, lines = np.random.default_rng(0), []
    for writer in range(count):
        for digit in range(10):
            lines += [f'.SEGMENT DIGIT {digit} ? "{digit}"', f".COMMENT {digit} {writer} 0"]
            for stroke in pen.draw_digit(digit, rng):
                points = [f"{1000 * x:.0f} {-1000 * y:.0f}" for x, y in stroke]
                lines += [".PEN_DOWN", *points, ".PEN_UP"]
    file.write_text("\n".join(lines) + "\n")


def expect_20_writers_to_be_split(card):
    parts = [writers.split_of(f"writer {number}") for number in range(20)]
    assert 0 < card.people.writers <= parts.count(writers.TRAIN)
    assert card.people.validation_writers == parts.count(writers.VALIDATION) > 0
    assert card.people.test_writers == parts.count(writers.TEST) > 0


def test_the_previous_model_is_kept(tmp_path, train_here):
    (tmp_path / "model").mkdir()
    shutil.copy(ROOT / "model" / NETWORK, tmp_path / "model")
    shipped = Card.read(ROOT / "model")
    before = replace(shipped, filters=[], files={NETWORK: shipped.files[NETWORK]})
    before.write(tmp_path / "model")
    done = train_here("--data", SMALL, "--out", tmp_path / "model", "--seed", 3)
    assert done.returncode == 0, done.stderr
    assert "model.previous" in done.stdout
    card = Card.read(tmp_path / "model")
    assert Card.read(tmp_path / "model.previous") == before != card
    DigitClassifier.load(tmp_path / "model.previous")
    # Without --quick there are also examples and filters to explain with.
    assert card.filters
    assert Examples.load(tmp_path / "model", card.sha256) is not None


def test_implausible_data_is_rejected_before_anything_is_drawn(tmp_path, train_here):
    with np.load(SMALL) as small:
        arrays = dict(small)
    arrays["x_train"] = arrays["x_train"].transpose(0, 2, 1)
    np.savez(tmp_path / "emnist.npz", **arrays)
    done = train_here("--quick", "--data", tmp_path / "emnist.npz", "--out", tmp_path / "model")
    assert done.returncode == 2
    assert re.search(r"^train.py: .*emnist.npz.*transposed.*\.$", done.stderr, re.M)
    assert not (tmp_path / "model").exists()


def test_the_dense_network_is_the_one_of_the_book(tmp_path, mnist_sample, train_here):
    done = train_here("--network", "dense", "--data", SMALL, "--out", tmp_path / "model")
    assert done.returncode == 0, done.stderr
    assert "Training images: shape (400, 28, 28), 400 labels" in done.stdout
    assert "Test images: shape (100, 28, 28), 100 labels" in done.stdout
    assert done.stdout.count("Epoch ") == 5
    assert re.search(r"Test loss: \d", done.stdout)
    card = json.loads((tmp_path / "model" / "card.json").read_text("utf-8"))
    assert card["parameters"] == 784 * 512 + 512 + 512 * 10 + 10
    prediction = DigitClassifier.load(tmp_path / "model").predict(mnist_sample[0][0])
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)


STOPPED = "train.py: stopped. No files were changed."


def heed_interrupts():
    """A shell has what it starts in the background ignore Ctrl-C; the tests may run there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupted_training_leaves_the_old_model(tmp_path):
    """Keras's progress bar gets to an ASCII console."""
    model = write_old_model(tmp_path)
    before = contents(tmp_path)
    running = subprocess.Popen(
        [sys.executable, "-u", "-c", LITTLE, "--quick", "--epochs=50", "--data", SMALL,
         "--out", model],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ASCII,
    )  # fmt: skip
    for line in running.stdout:
        if "Epoch 2/" in line:
            break
    assert contents(model.parent) == before, "what a kill or a power cut would leave"
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 130
    assert errors.splitlines()[-1] == STOPPED and "Traceback" not in errors
    assert contents(model.parent) == before


DRAWING = """
import numpy as np
from handwriting.synthetic import training_images
from training.command_line import run

def draw():
    print("Drawing", flush=True)
    training_images(np.zeros(100_000, int), 1)

run(draw, "train.py")
"""


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupt_while_drawing_ends_all_processes(stop):
    running = subprocess.Popen(
        [sys.executable, "-c", DRAWING],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=heed_interrupts,
    )  # fmt: skip
    assert running.stdout.readline() == "Drawing\n"
    started = psutil.Process(running.pid)
    while len(helpers := started.children(recursive=True)) < 2:
        time.sleep(0.05)
    running.send_signal(stop)
    _, errors = running.communicate(timeout=120)
    _, left = psutil.wait_procs(helpers, timeout=30)
    if stop == signal.SIGKILL:
        assert running.returncode == -stop
    else:
        assert running.returncode == 130
        assert STOPPED in errors.splitlines()
    assert not left


def test_a_processor_without_avx_is_reported(monkeypatch, capsys):
    import train as program

    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("training.optional.CPU_FEATURES", {"AVX": False})
    monkeypatch.setattr(sys, "argv", ["train.py", "--quick"])
    assert exit_status(program.main, "train.py") == 2
    assert capsys.readouterr().err.startswith("train.py: TensorFlow needs a processor with AVX")


@pytest.mark.parametrize(
    ("argument", "recorded"),
    [
        ("/home/ada/mnist.npz", "mnist.npz"),
        ("--data=/home/ada/mnist.npz", "--data=mnist.npz"),
        (r"C:\Users\ada\mnist.npz", "mnist.npz"),
        ("--epochs=24", "--epochs=24"),
        ("--out=models/a=b", "--out=a=b"),
    ],
)
def test_the_recorded_command_names_no_folders(monkeypatch, argument, recorded):
    monkeypatch.setattr(sys, "argv", ["/home/ada/digits/train.py", argument])
    assert provenance.command("train.py") == f"python train.py {recorded}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "nowhere.npz"], "nowhere.npz"),
        (["--data", __file__], "npz"),
        (["--epochs", "0"], "at least 1"),
        (["--epochs", "many"], "many"),
        (["--seed", "-1"], "-1"),
        (["--network", "transformer"], "convnet"),
        (["--network", "dense", "--quick"], "convnet only"),
        (["--pens", "nowhere.tgz"], "nowhere.tgz"),
    ],
)
def test_bad_input_is_reported_and_writes_nothing(tmp_path, arguments, words, train_here):
    done = train_here(*arguments, "--out", tmp_path / "model")
    assert done.returncode == 2
    assert words in done.stderr
    assert not any(tmp_path.iterdir())


def test_missing_tensorflow_is_reported_with_a_remedy(tmp_path):
    hide_modules(tmp_path, "tensorflow", "keras")
    done = train(
        "--data", SMALL, "--out", tmp_path / "model",
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("train.py: TensorFlow is not installed: ")
    assert "--extra train" in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("program", [["train.py"], ["-m", "evaluation.accuracy"]])
def test_output_can_go_to_files_of_another_encoding(tmp_path, program):
    out, errors = tmp_path / "out.txt", tmp_path / "errors.txt"
    command = [sys.executable, *program, "--data", "нет.npz", "--quick"]
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    with out.open("wb") as stdout, errors.open("wb") as stderr:
        done = subprocess.run(
            command, cwd=ROOT, stdout=stdout, stderr=stderr, env=environment, timeout=300
        )
    assert done.returncode == 2
    assert "Traceback" not in errors.read_text("cp1252")
    assert re.search(
        r"^\w+(\.py)?: \?{3}\.npz can't be used: .*\.$", errors.read_text("cp1252"), re.M
    )
