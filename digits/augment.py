"""Each digit a little different every time that it is learned from."""

import keras
from keras import layers, ops


class RandomThickness(layers.Layer):
    """Blends each image with its dilation or its erosion: a thicker or a thinner pen.

    Args:
        factor: the largest share of the dilated or eroded image, 0 to 1.
    """

    def __init__(self, factor: float, **options):
        super().__init__(**options)
        self.factor = factor
        self.seed = keras.random.SeedGenerator()

    def call(self, images):
        share = keras.random.uniform(
            (ops.shape(images)[0], 1, 1, 1), -self.factor, self.factor, seed=self.seed
        )
        thick = ops.max_pool(images, 3, strides=1, padding="same")
        thin = -ops.max_pool(-images, 2, strides=1, padding="same")
        other = ops.where(share > 0, thick, thin)
        return images + ops.abs(share) * (other - images)


class RandomWarp(layers.Layer):
    """Elastic deformation (Simard et al. 2003, https://doi.org/10.1109/ICDAR.2003.1227801).

    Keras's RandomElasticTransform ties the field's smoothness to its strength: what is gentle on a
    photo frays the strokes of a 28×28 digit.

    Args:
        alpha: strength of the displacement, as in `keras.ops.image.elastic_transform`.
        sigma: smoothness of the displacement, in pixels.
    """

    def __init__(self, alpha: float, sigma: float, **options):
        super().__init__(**options)
        self.alpha, self.sigma = alpha, sigma
        self.seed = keras.random.SeedGenerator()

    def call(self, images):
        return ops.image.elastic_transform(
            images, alpha=self.alpha, sigma=self.sigma, fill_mode="constant", seed=self.seed
        )


def augmentation() -> keras.Sequential:
    """Gentle: harsher settings make digits of each other, and measured worse."""
    blank = {"fill_mode": "constant", "fill_value": 0.0}
    return keras.Sequential(
        [
            layers.RandomRotation(11 / 360, **blank),
            layers.RandomShear(0.25, 0.0, **blank),
            layers.RandomZoom((-0.15, 0.2), (-0.15, 0.2), **blank),
            layers.RandomTranslation(2 / 28, 2 / 28, **blank),
            RandomWarp(alpha=2, sigma=4),
            RandomThickness(0.5),
        ],
        name="augmentation",
    )
