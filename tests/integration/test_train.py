"""Real training runs, of a few steps, through the command line."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from digits import DigitClassifier
from digits.explain.neighbours import Examples
from digits.images import data_url
from tests.helpers.packages import hide_modules, needs_tensorflow

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "data" / "mnist_small.npz"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), needs_tensorflow]


# The whole program, but with little to draw, which is what takes it longest.
QUICK = {"pen_digits": 700, "non_digits": 200, "held_out_pen": 100}
LITTLE = f"import train\ntrain.QUICK |= {QUICK}\ntrain.run()\n"


def train(*arguments, program=(ROOT / "train.py",), **options):
    return subprocess.run(
        [sys.executable, *program, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=600, **options,
    )  # fmt: skip


def few_steps(out, *more, data=SMALL, **options):
    arguments = ("--quick", "--epochs", 3, "--data", data, "--out", out, *more)
    return train(*arguments, program=("-c", LITTLE), **options)


@pytest.fixture
def train_here(monkeypatch, capsys):
    """As `train`, with little to draw, in this process: it need not import TensorFlow again."""
    import train as program

    for name, count in QUICK.items():
        monkeypatch.setitem(program.QUICK, name, count)
    monkeypatch.setitem(program.FULL, "held_out_pen", 300)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["train.py", *map(str, arguments)])
        try:
            code = program.main()
        except SystemExit as end:  # of the arguments
            code = end.code
        return subprocess.CompletedProcess(sys.argv, code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("trained") / "model"
    done = few_steps(out)
    assert done.returncode == 0, done.stderr
    return out, done


@pytest.fixture(scope="module")
def watched(tmp_path_factory, mnist_sample):
    """Trained as before, but watched, on an ASCII console, in folders of another language."""
    folder = tmp_path_factory.mktemp("смотри", numbered=False)
    np.save(folder / "drawings.npy", mnist_sample[0][:2])
    data = shutil.copy(SMALL, folder / "цифры.npz")
    ascii = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = few_steps(folder / "модель", "--watch", folder, data=data, env=ascii)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_writes_a_model_that_loads_and_predicts(trained, mnist_sample):
    out, _ = trained
    assert sorted(file.name for file in out.iterdir()) == [
        "card.json", "digits.keras", "digits.tflite",
    ]  # fmt: skip
    assert os.listdir(out.parent) == ["model"], "nothing half-written is left beside it"
    images, labels = mnist_sample
    predictions = DigitClassifier.load(out).predict_batch(list(images))
    guesses = np.array([p.probabilities.argmax() for p in predictions])
    assert np.mean(guesses == labels) > 0.2, "it has learned something"


def test_the_card_tells_what_was_done(trained):
    card = json.loads((trained[0] / "card.json").read_text("utf-8"))
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
    assert set(card["thresholds"]) == {"none", "confidence"}


def test_prints_progress_and_no_chatter(trained):
    _, done = trained
    assert "This is not the full MNIST: 400 training and 100 test images" in done.stdout
    assert re.search(r"accuracy: 0\.\d+ - loss: \d", done.stdout)
    accuracy = DigitClassifier.load(trained[0]).card["test"]["accuracy"]
    assert re.findall(r"Test accuracy: (\S+)", done.stdout) == [f"{accuracy:.4f}"]
    assert done.stderr == ""


def test_both_exports_agree(trained, mnist_sample):
    import keras
    from ai_edge_litert.interpreter import Interpreter

    for folder in (trained[0], ROOT / "model"):
        x = mnist_sample[0][:, :, :, None].astype(np.float32) / 255
        by_keras = keras.models.load_model(folder / "digits.keras").predict(x, verbose=0)
        run = Interpreter(str(folder / "digits.tflite")).get_signature_runner()
        (entry,) = run.get_input_details()
        by_litert = run(**{entry: x})["probabilities"]
        assert np.abs(by_keras - by_litert).max() < 1e-4


def test_the_same_seed_gives_the_same_network_watched_or_not(trained, watched):
    folder, _ = watched
    before, after = (out / "digits.tflite" for out in (trained[0], folder / "модель"))
    assert after.read_bytes() == before.read_bytes()
    told = [json.loads(line) for line in (folder / "progress.jsonl").open(encoding="utf-8")]
    steps = [one["step"] for one in told]
    assert len(steps) > 3
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, told[0]["steps"])
    for one in told:
        assert 0 <= one["accuracy"] <= 1
        assert np.shape(one["readings"]) == (2, 11)
        assert np.allclose(np.sum(one["readings"], axis=1), 1, atol=1e-3)
    for name in ("accuracy", "readings"):
        assert len({str(one[name]) for one in told}) > 3, (
            "they are those of the step, not the first"
        )


def test_consoles_and_folders_of_any_language(watched):
    folder, done = watched
    assert done.stderr == ""
    assert "Drawing digits, and what is none...\n" in done.stdout
    assert "Data: ?????.npz\n" in done.stdout
    card = DigitClassifier.load(folder / "модель").card
    assert card["data"]["source"] == "цифры.npz"
    assert card["command"].endswith("--data 'цифры.npz' --out 'модель' --watch 'смотри'")


def test_fine_tuning_ends_between_before_and_after(trained, tmp_path, train_here):
    """The held-out digits choose where, and the card tells of it."""
    before, _ = trained
    out = ("--data", SMALL, "--out", tmp_path / "model")
    done = train_here("--quick", *out, "--from", before, "--seed", 3)
    assert done.returncode == 0, done.stderr
    card = DigitClassifier.load(tmp_path / "model").card
    assert card["started_from"]["sha256"] == DigitClassifier.load(before).card["sha256"]
    losses = card["mixed"]["losses"]
    assert set(losses) == {"0.25", "0.5", "0.75", "1.0"}
    assert all(np.shape(parts) == (2,) and np.isfinite(parts).all() for parts in losses.values())
    means = {float(share): np.mean(parts) for share, parts in losses.items()}
    assert card["mixed"]["share"] == min(means, key=means.get)


def test_another_kind_of_network_to_begin_with_is_refused_in_a_sentence(train_here, tmp_path):
    out = ("--data", SMALL, "--out", tmp_path / "model")
    done = train_here("--quick", *out, "--from", ROOT / "model")
    assert done.returncode == 2
    assert "another kind" in done.stderr and "with --quick" in done.stderr
    assert "Drawing" not in done.stdout, "it is said before anything is done"
    assert not list(tmp_path.iterdir())
    (tmp_path / "digits.keras").touch()
    (tmp_path / "card.json").write_text('{"network": ')
    done = train_here("--quick", *out, "--from", tmp_path)
    assert done.returncode == 2 and "can be read" in done.stderr


def test_recalibrating_keeps_the_network(trained, mnist_sample, tmp_path, train_here):
    out = tmp_path / "model"
    shutil.copytree(trained[0], out)
    before = DigitClassifier.load(out)
    # With another temperature, and as a program of before had written it.
    edited = before.card | {"temperature": 2.0, "format": 1, "quick": False}
    (out / "card.json").write_text(json.dumps(edited), "utf-8")
    done = train_here("--recalibrate", "--data", SMALL, "--out", out)
    assert done.returncode == 0, done.stderr
    after = DigitClassifier.load(out)
    assert after.card["temperature"] != 2.0
    for kept in ("trained", "seconds", "command", "epochs", "learning_curve"):
        assert after.card[kept] == before.card[kept]
    assert "--recalibrate" in after.card["recalibrated"]["command"]
    # What it explains itself with is chosen too, but not for a quick model.
    assert after.card["filters"] and "filters" not in before.card
    examples = Examples.load(out, after.card["sha256"])
    inside = after.predict(mnist_sample[0][0], inside=True).inside
    assert len(examples.nearest(examples.embed(inside))) == 8
    first, second = (
        model._network.run(mnist_sample[0][:20], ["probabilities"])["probabilities"]
        for model in (before, after)
    )
    assert np.allclose(first, second, atol=1e-6)


def test_recalibrating_nothing_is_said_in_a_sentence(tmp_path, train_here):
    done = train_here("--recalibrate", "--data", SMALL, "--out", tmp_path / "model")
    assert done.returncode == 2
    assert done.stderr.startswith("train.py: ")
    assert os.listdir(tmp_path) == []


def test_recalibrating_the_dense_network_is_refused_in_a_sentence(files_before, train_here):
    from training import export, network

    model, _ = files_before
    dense = network.dense()
    export.save(model, dense, export.export(dense), {"network": "dense"})
    before = contents(model)
    done = train_here("--recalibrate", "--data", SMALL, "--out", model)
    assert done.returncode == 2
    assert re.fullmatch(r"train.py: .*dense network.*\n", done.stderr)
    assert contents(model) == before


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


@pytest.fixture
def files_before(tmp_path):
    """A model from before, and what it consists of."""
    model = tmp_path / "model"
    model.mkdir()
    for name in ("digits.keras", "digits.tflite", "card.json", "mine.txt"):
        (model / name).write_text(f"before: {name}")
    return model, contents(tmp_path)


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


STOPPED = "train.py: stopped. Nothing was written."


def heed_interrupts():
    """A shell has what it starts in the background ignore Ctrl-C; the tests may run there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_stopped_half_way_leaves_the_model_of_before(files_before, tmp_path_factory):
    model, before = files_before
    watch = tmp_path_factory.mktemp("watch")
    np.save(watch / "drawings.npy", np.zeros((1, 28, 28), np.uint8))
    running = subprocess.Popen(
        [sys.executable, "-c", LITTLE, "--quick", "--epochs=50", "--data", SMALL,
         "--out", model, "--watch", watch],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    progress = watch / "progress.jsonl"
    while not (progress.exists() and progress.read_text("utf-8").count("\n") > 1):
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.05)
    assert contents(model.parent) == before, "what a kill or a power cut would leave"
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 130
    assert errors.strip() == STOPPED
    assert contents(model.parent) == before


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_stopped_while_it_draws_leaves_no_process_behind(tmp_path, stop):
    running = subprocess.Popen(
        [sys.executable, ROOT / "train.py", "--data", SMALL, "--out", tmp_path / "model"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=heed_interrupts,
    )  # fmt: skip
    for line in running.stdout:
        if "Drawing" in line:
            break
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
    assert os.listdir(tmp_path) == []


def test_a_sentence_on_a_console_of_another_encoding():
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = train("--quick", "--data", "нет.npz", env=environment, encoding="cp1252")
    assert done.returncode == 2
    assert re.fullmatch(r"train.py: \?{3}.npz can't be used: .*\.\n", done.stderr)


def test_a_processor_without_avx_is_said_before_tensorflow_dies_of_it(monkeypatch, capsys):
    import train as program

    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("training.optional.CPU_FEATURES", {"AVX": False})
    monkeypatch.setattr(sys, "argv", ["train.py", "--quick"])
    assert program.main() == 2
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
def test_the_recorded_command_tells_nothing_of_the_computer(monkeypatch, argument, recorded):
    import train as program

    monkeypatch.setattr(sys, "argv", ["/home/ada/digits/train.py", argument])
    assert program.command() == f"python train.py {recorded}"


def test_a_full_disk_leaves_the_model_of_before(files_before, monkeypatch):
    """Each write in turn fails as on a full disk."""
    import keras

    from training import export

    model, before = files_before
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    write, room = Path.write_bytes, 0

    def write_while_there_is_room(path, data):
        nonlocal room
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        room -= 1
        return write(path, data)

    for files in range(3):
        room = files
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", write_while_there_is_room)
            with pytest.raises(OSError, match="No space left"):
                export.save(model, network, b"network", {"card": 1}, b"examples")
        assert contents(model.parent) == before
    export.save(model, network, b"network", {"card": 1}, b"examples")
    assert (model / "digits.tflite").read_bytes() == b"network"
    assert (model / "examples.npz").read_bytes() == b"examples"
    export.save(model, network, b"another network", {"card": 1})
    assert not (model / "examples.npz").exists(), "examples of another network"
    assert (model / "mine.txt").read_text() == "before: mine.txt", "other files stay"


def test_a_model_can_be_saved_from_any_thread(tmp_path):
    import keras

    from training import export

    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with ThreadPoolExecutor(1) as thread:
        thread.submit(export.save, tmp_path, network, b"network", {"odd": "\udce4"}).result()
    assert (tmp_path / "digits.tflite").read_bytes() == b"network"
    assert json.loads((tmp_path / "card.json").read_text("utf-8"))["odd"] == "?"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "nowhere.npz"], "nowhere.npz"),
        (["--data", __file__], "npz"),
        (["--epochs", "0"], "at least 1"),
        (["--epochs", "many"], "many"),
        (["--seed", "-1"], "-1"),
        (["--network", "transformer"], "convnet"),
        (["--watch", "nowhere"], "drawings.npy"),
    ],
)
def test_bad_input_gets_a_sentence_and_writes_nothing(tmp_path, arguments, words, train_here):
    done = train_here(*arguments, "--out", tmp_path / "model")
    assert done.returncode == 2
    assert words in done.stderr
    assert not any(tmp_path.iterdir())


def test_without_tensorflow_it_says_how_to_add_it(tmp_path):
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
def test_output_can_go_to_files(tmp_path, program):
    out, errors = tmp_path / "out.txt", tmp_path / "errors.txt"
    command = [sys.executable, *program, "--data", "nowhere.npz", "--quick"]
    with out.open("wb") as stdout, errors.open("wb") as stderr:
        done = subprocess.run(command, cwd=ROOT, stdout=stdout, stderr=stderr, timeout=300)
    assert done.returncode == 2
    assert "Traceback" not in errors.read_text("utf-8")
    assert "nowhere.npz can't be used" in errors.read_text("utf-8")
