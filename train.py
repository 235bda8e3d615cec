"""Trains the network that reads digits, and saves it to model/.

python train.py                     the network, within half an hour
python train.py --pens PATH …       also on real writers' handwriting, as the one that ships
python train.py --quick             a first network within a minute
python train.py --network dense     the network of F. Chollet's book, for comparison
"""

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from digits.card import Card
from training import dense, export, pool, unipen
from training.command_line import add_pens, natural, positive, run
from training.data import Mnist, floats, load_mnist
from training.datasets import Amounts, Datasets
from training.optional import require
from training.plausibility import check_plausible

if TYPE_CHECKING:
    import keras

    from training.fitting import Checkpoints

SEED = 1
BATCH_SIZE = 128
DENSE_EPOCHS = 5


@dataclass(frozen=True)
class Settings:
    """How the convolutional network is trained."""

    epochs: int
    steps: int = 800  # per epoch
    amounts: Amounts = field(default_factory=Amounts)
    learning_rate: float = 1e-2  # the peak: see `training.optimizer.one_cycle`
    weight_decay: float = 0.05
    label_smoothing: float = 0.0  # Szegedy et al. 2016, https://arxiv.org/abs/1512.00567
    small: bool = False
    augment: bool = True


PLAIN = Settings(epochs=8)
PENS = Settings(epochs=15)
# A first network within seconds: small, with a high learning rate, on each image once.
# docs/accuracy.md describes the data on which these settings were chosen.
QUICK = Settings(
    epochs=1, steps=304, learning_rate=2e-2, weight_decay=0.5, label_smoothing=0.05,
    small=True, augment=False,
    amounts=Amounts(
        mnist_times=1, mnist_images=36_000, synthetic_digits=2_000, synthetic_non_digits=1_000,
        synthetic_held_out=500,
    ),
)  # fmt: skip


def main() -> int:
    args = parse_arguments()
    require("tensorflow")
    mnist = load_mnist(args.data)
    check_plausible(mnist)
    drawings = unipen.read_all(args.pens)
    print(f"Data: {mnist.source}")
    if mnist.note:
        print(mnist.note)
    print(f"Training images: shape {mnist.x_train.shape}, {len(mnist.y_train)} labels")
    print(f"Test images: shape {mnist.x_test.shape}, {len(mnist.y_test)} labels")
    if args.network == "dense":
        previous = dense.train(mnist, args)
    else:
        previous = train_convnet(mnist, drawings, args)
    print(f"Saved to {args.out}")
    if previous:
        print(f"The model before is in {previous}; to go back, give that folder this one's name.")
    return 0


def train_convnet(
    mnist: Mnist, drawings: list[unipen.Drawing], args: argparse.Namespace
) -> Path | None:
    """Train the network that ships, and save it; return the folder of the previous model."""
    import keras

    from training import calibration, datasets, examples, fitting, network, provenance, testing

    keras.utils.set_random_seed(args.seed)
    amounts = args.settings.amounts
    folder = Path(args.checkpoint) if args.checkpoint else None
    checkpoints = fitting.Checkpoints(folder)
    data = datasets.prepare(mnist, drawings, amounts, args.seed, folder)
    model, learning_curve = fit(data, args, checkpoints)
    model = network.plain(model)
    exported = export.export(model)

    # Calibrate and evaluate
    held_out = testing.outputs(exported, data.x_held)
    temperature = calibration.fit_temperature(held_out, data.y_held)
    card = Card(
        network="convnet",
        temperature=temperature,
        thresholds=calibration.fit_thresholds(
            held_out[data.for_thresholds], data.y_held[data.for_thresholds],
            testing.outputs(exported, data.x_none), temperature,
        ),
        learning_curve=learning_curve,
        people=data.people,
        seconds=checkpoints.seconds(),
        test=testing.test(exported, mnist, temperature),
        filters=[] if args.quick else examples.filters(model, mnist.x_train[-1000:]),
        **provenance.facts(model, mnist, args),
    )  # fmt: skip

    shown = None
    if not args.quick:
        print("Choosing examples to explain with…", flush=True)
        (x, y), _ = datasets.split_mnist(mnist, amounts)
        shown = examples.choose(model, exported, x, y, args.seed)
    out = Path(args.out)
    card = replace(card, pool=pool.refit(out, exported, card, drawings, args.seed))
    return export.save(out, model, exported, card, shown)


def fit(
    data: Datasets, args: argparse.Namespace, checkpoints: "Checkpoints"
) -> tuple["keras.Model", dict[str, list[float]]]:
    """Build and train the network; return it and its learning curve."""
    import keras

    from training import augmentation, fitting, network, optimizer

    settings: Settings = args.settings
    augment = augmentation.augmentation() if settings.augment else keras.layers.Identity()
    model = network.small_convnet() if settings.small else network.convnet()
    model.compile(
        optimizer=optimizer.ConvMuon(
            optimizer.one_cycle(args.epochs * settings.steps, settings.learning_rate),
            settings.weight_decay,
            exclude_layers=[network.READ_OUT],
        ),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing),
        metrics=["accuracy"],
    )
    fitted = model.fit(
        fitting.batches(data.x, data.y, args.batch_size, augment, args.seed),
        epochs=args.epochs, steps_per_epoch=settings.steps, shuffle=False,
        validation_data=(
            floats(data.x_held), keras.utils.to_categorical(data.y_held, network.CLASSES)
        ),
        callbacks=checkpoints.callbacks(),
        verbose=2 if checkpoints.folder else "auto",
    )  # fmt: skip
    return model, checkpoints.history(fitted.history)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", choices=["convnet", "dense"], default="convnet")
    parser.add_argument("--epochs", type=positive)
    parser.add_argument("--batch-size", type=positive, default=BATCH_SIZE)
    parser.add_argument("--seed", type=natural, default=SEED)
    parser.add_argument("--data", metavar="PATH", help="an .npz, or a folder or .tgz of IDX files")
    parser.add_argument("--out", default="model", help="the folder to save to")
    add_pens(parser)
    parser.add_argument(
        "--checkpoint", metavar="FOLDER",
        help="save progress there after each epoch; the same command goes on from there",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="a first network within a minute")
    args = parser.parse_args()
    if args.network == "dense" and (args.pens or args.checkpoint or args.quick):
        parser.error("--pens, --checkpoint and --quick are for the convnet only")
    args.settings = QUICK if args.quick else PENS if args.pens else PLAIN
    args.epochs = args.epochs or (DENSE_EPOCHS if args.network == "dense" else args.settings.epochs)
    return args


if __name__ == "__main__":
    run(main, "train.py")
