"""The optimizer, and the schedule of the learning rate."""

from collections.abc import Sequence

import keras
import tensorflow as tf


class ConvMuon(keras.optimizers.Muon):
    """Muon for convolutional networks.

    Keras's Muon only orthogonalizes the updates of matrices. Here a convolution's kernel counts as
    the matrix (height × width × inputs, outputs), as its author proposes (Jordan et al. 2024,
    https://kellerjordan.github.io/posts/muon/). Everything else, and `exclude_layers`, is updated
    by AdamW.

    Args:
        learning_rate: of both kinds of steps, which are about equally large: Muon's are scaled as
            by Liu et al. 2025 (https://arxiv.org/abs/2502.16982).
        weight_decay: of both.
        exclude_layers: the names of the output layers.
    """

    def __init__(
        self,
        learning_rate: float | keras.optimizers.schedules.LearningRateSchedule,
        weight_decay: float,
        exclude_layers: Sequence[str],
    ):
        super().__init__(
            learning_rate,
            weight_decay=weight_decay,
            adam_weight_decay=weight_decay,
            exclude_layers=list(exclude_layers),
        )

    def _should_use_adamw(self, variable: keras.Variable) -> bool:
        layer = variable.path.split("/")[-2]
        return len(variable.shape) < 2 or layer in self.exclude_layers

    def _muon_update_step(
        self, gradient: tf.Tensor, variable: keras.Variable, lr: tf.Tensor, m: keras.Variable
    ) -> None:
        self.assign_add(m, gradient + m * (self.momentum - 1))
        momentum = tf.reshape(gradient + self.momentum * m, (-1, variable.shape[-1]))
        update = self.zeropower_via_newtonschulz5(momentum, self.ns_steps)
        self.assign_sub(variable, tf.reshape(self.lr_adjust(lr * update), variable.shape))


def one_cycle(
    steps: int, peak: float, rise: float = 0.2
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Raise the learning rate, then lower it along half a cosine to 0 (Smith 2018).

    https://arxiv.org/abs/1803.09820

    Args:
        steps: of the whole training.
        peak: the maximum learning rate; the initial one is a twentieth of it.
        rise: the share of the steps that raise it, 0-1.
    """
    warm_up = int(steps * rise)
    return keras.optimizers.schedules.CosineDecay(
        peak / 20, decay_steps=steps - warm_up, warmup_target=peak, warmup_steps=warm_up
    )
