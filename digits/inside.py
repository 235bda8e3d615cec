"""What goes on inside the network, as numbers that can be made into pictures."""

import numpy as np


def class_activation_map(features: np.ndarray, weights: np.ndarray, output: int) -> np.ndarray:
    """Where in the picture the network found what speaks for one of its outputs.

    Zhou et al. 2016, Learning Deep Features for Discriminative Localization
    (https://arxiv.org/abs/1512.04150): the last feature maps, each weighted as the dense layer
    after global average pooling weights it.

    Args:
        features: float (height, width, channels): the last block's feature maps.
        weights: float (channels, outputs): of the dense layer.
        output: 0-9 for a digit, 10 for "none of these".

    Returns:
        float32 (height, width): above 0 where something speaks for it, below 0 where against.
        Its mean is what the dense layer adds up, but for the bias.
    """
    return (features @ weights[:, output]).astype(np.float32)
