"""The networks: the one of the book, the one that ships, and a small kin of it."""

import keras
from keras import layers

DIGITS = 10
CLASSES = DIGITS + 1  # the last one says "none of these"


def dense() -> keras.Model:
    """The fully connected network of F. Chollet, Deep Learning with Python, section 2.1.

    Takes float32 (batch, 784) in 0-1, gives softmax probabilities (batch, 10).
    """
    model = keras.Sequential(
        [
            keras.Input((28 * 28,)),
            layers.Dense(512, activation="relu"),
            layers.Dense(DIGITS, activation="softmax"),
        ],
        name="dense",
    )
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def convnet() -> keras.Model:
    """Convolution blocks with batch normalisation, global average pooling, one dense layer.

    Pooling the last feature maps to their mean (Lin et al. 2013, https://arxiv.org/abs/1312.4400)
    keeps the network small, and lets one see where it looked: `with_inside`.

    Takes float32 (batch, 28, 28, 1) in 0-1, gives softmax probabilities (batch, 11): the ten
    digits and "none of these".
    """
    inputs = keras.Input((28, 28, 1))
    x = block(inputs, 32, kernel=5, shrink=True)  # 14×14
    x = block(x, 64)
    x = block(x, 64, shrink=True)  # 7×7
    x = block(x, 128)
    x = block(x, 128)
    return read_out(inputs, x)


def small_convnet() -> keras.Model:
    """Like `convnet`, for a training of seconds: it is soon at 7×7, where a block costs least."""
    inputs = keras.Input((28, 28, 1))
    x = block(inputs, 8, kernel=5, shrink=True)  # 14×14
    x = block(x, 32, kernel=5, shrink=True)  # 7×7
    x = block(x, 64)
    x = block(x, 64)
    return read_out(inputs, x)


def read_out(inputs: keras.KerasTensor, x: keras.KerasTensor) -> keras.Model:
    """The mean of each feature map, and what that says of the classes."""
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(CLASSES, activation="softmax")(x)
    return keras.Model(inputs, outputs, name="convnet")


def block(x: keras.KerasTensor, filters: int, kernel: int = 3, shrink: bool = False):
    """Convolution, then batch normalisation (Ioffe and Szegedy 2015), then ReLU.

    Pooling comes before the normalisation: the same up to sign, and a quarter of the work.
    """
    x = layers.Conv2D(filters, kernel, padding="same", use_bias=False)(x)
    if shrink:
        x = layers.MaxPooling2D()(x)
    x = layers.BatchNormalization(momentum=0.9)(x)  # 0.99 lags behind in a short training
    return layers.Activation("relu")(x)


def with_inside(model: keras.Model) -> keras.Model:
    """The same network with what goes on inside as further outputs.

    Returns:
        A model that gives "probabilities" as before; "block_1", "block_2" and so on, each block's
        feature maps; and "evidence" (batch, height, width, outputs), the class activation maps:
        the last feature maps, weighted as the dense layer after global average pooling weights
        them (Zhou et al. 2016, https://arxiv.org/abs/1512.04150). Their means over the picture are
        what the dense layer adds up, but for the bias. Of a network without blocks (`dense`) only
        the probabilities.
    """
    outputs = {"probabilities": model.outputs[0]}
    blocks = [layer.output for layer in model.layers if isinstance(layer, layers.Activation)]
    if blocks:
        outputs |= {f"block_{number}": block for number, block in enumerate(blocks, 1)}
        weigh = layers.Dense(model.output_shape[-1], use_bias=False, name="evidence")
        outputs["evidence"] = weigh(blocks[-1])
        weigh.set_weights([model.layers[-1].kernel])
    return keras.Model(model.inputs, outputs, name=model.name)
