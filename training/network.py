"""The networks: two for digits, one of which ships, and one for the layout."""

import keras
import tensorflow as tf
from keras import layers

CLASSES = 11  # the ten digits, then the rejection class
READ_OUT = "read_out"  # the name of the output layer


def convnet() -> keras.Model:
    """The network that ships: convolution blocks, global average pooling, one dense layer.

    Global average pooling (Lin et al. 2013, https://arxiv.org/abs/1312.4400) keeps the network
    small and gives class activation maps: `with_inside`.

    Takes float32 (batch, 28, 28, 1) in 0-1, returns softmax probabilities (batch, 11): the ten
    digits and the rejection class, "none of these".
    """
    inputs = keras.Input((28, 28, 1))
    x = block(inputs, 32, kernel=5, shrink=True)  # 14×14
    x = block(x, 64)
    x = block(x, 64, shrink=True)  # 7×7
    x = block(x, 160)
    x = block(x, 160)
    return read_out(inputs, x)


def small_convnet() -> keras.Model:
    """Like `convnet`, but trains in seconds: most blocks run at 7×7, where they cost least."""
    inputs = keras.Input((28, 28, 1))
    x = block(inputs, 8, kernel=5, shrink=True)  # 14×14
    x = block(x, 32, kernel=5, shrink=True)  # 7×7
    x = block(x, 64)
    x = block(x, 64)
    return read_out(inputs, x)


def layout_convnet(classes: int) -> keras.Model:
    """The layout network: a small U-Net that adds instead of concatenating.

    See Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597. It takes float32 (batch, height,
    width, 1) in 0-1, with sides that are multiples of 16. `digits.numbers.layout.Predict` describes
    its outputs.
    """

    def enlarged(x: keras.KerasTensor, skipped: keras.KerasTensor) -> keras.KerasTensor:
        filters = skipped.shape[-1]
        x = layers.UpSampling2D(2)(block(x, filters, kernel=1))
        return block(layers.Add()([x, skipped]), filters)

    inputs = keras.Input((None, None, 1))
    x = block(inputs, 24, kernel=5, strides=2)
    x = block(x, 48, strides=2)
    fine = block(x, 48)
    x = block(fine, 96, strides=2)
    x = block(x, 96)
    middle = block(x, 96)
    x = block(middle, 128, strides=2)
    x = block(x, 128)
    x = enlarged(enlarged(x, middle), fine)
    heads = [
        layers.Conv2DTranspose(count, 2, strides=2, name=name)(x)
        for name, count in (("classes", classes), ("offsets", 2), ("middles", 1))
    ]
    return keras.Model(inputs, layers.Concatenate()(heads), name="layout")


def read_out(inputs: keras.KerasTensor, x: keras.KerasTensor) -> keras.Model:
    """Add global average pooling and the dense layer to feature maps `x`."""
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(CLASSES, activation="softmax", name=READ_OUT)(x)
    return keras.Model(inputs, outputs, name="convnet")


def block(
    x: keras.KerasTensor,
    filters: int,
    kernel: int = 3,
    strides: int = 1,
    shrink: bool = False,
) -> keras.KerasTensor:
    """Add a convolution, batch normalization (Ioffe and Szegedy 2015) and ReLU.

    Args:
        x: (batch, height, width, channels).
        filters: channels of the result.
        kernel: side of the filters, in pixels.
        strides: of the convolution.
        shrink: halve height and width by max pooling, before the normalization, which then has a
            quarter of the work.
    """
    x = layers.Conv2D(filters, kernel, strides, padding="same", use_bias=False)(x)
    if shrink:
        x = layers.MaxPooling2D(2)(x)
    x = FusedBatchNormalization(momentum=0.9)(x)  # 0.99 is too slow for a short training
    return layers.Activation("relu")(x)


class FusedBatchNormalization(layers.BatchNormalization):
    """Keras's layer, with TensorFlow's fused kernel while it trains.

    Keras composes the normalization of a dozen operations, each of which reads all feature maps.
    With the fused kernel a training step takes 0.6 times as long on one core. A saved model with
    this layer only loads where this module is imported: call `plain` first.
    """

    def call(self, inputs, training=None, mask=None):
        if not training:
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance, *_ = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon, is_training=True
        )
        for kept, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            kept.assign(kept * self.momentum + new * (1 - self.momentum))
        return outputs


def plain(model: keras.Model) -> keras.Model:
    """Copy a network, with Keras's own layers and the same weights; the copy is not compiled."""

    def plain_layer(layer: keras.Layer) -> keras.Layer:
        if isinstance(layer, FusedBatchNormalization):
            return layers.BatchNormalization.from_config(layer.get_config())
        return layer.__class__.from_config(layer.get_config())

    uncompiled = keras.Model(model.inputs, model.outputs, name=model.name)
    copied = keras.models.clone_model(uncompiled, clone_function=plain_layer)
    copied.set_weights(model.get_weights())
    return copied


def with_inside(model: keras.Model) -> keras.Model:
    """Add feature maps and class activation maps to the outputs of a network.

    Returns:
        A model with the outputs "probabilities", as before; "block_1", "block_2" and so on, the
        feature maps of each block; and "evidence" (batch, height, width, outputs), the class
        activation maps (Zhou et al. 2016, https://arxiv.org/abs/1512.04150). These are the last
        feature maps, weighted by the dense layer, which adds up their means and the bias. For a
        network without blocks (`training.dense`), only the probabilities.
    """
    outputs = {"probabilities": model.outputs[0]}
    blocks = [layer.output for layer in model.layers if isinstance(layer, layers.Activation)]
    if blocks:
        outputs |= {f"block_{number}": block for number, block in enumerate(blocks, 1)}
        # A convolution of one pixel: LiteRT runs it faster than a dense layer of four dimensions.
        weigh = layers.Conv2D(model.output_shape[-1], 1, use_bias=False, name="evidence")
        outputs["evidence"] = weigh(blocks[-1])
        weigh.set_weights([model.layers[-1].kernel[None, None]])
    return keras.Model(model.inputs, outputs, name=model.name)
