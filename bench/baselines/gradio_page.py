"""The usual MNIST demo in Gradio, as tutorials show it. Written for this benchmark."""

import os

import gradio as gr
import numpy as np
import tensorflow as tf
from PIL import Image

model = tf.keras.models.load_model(os.environ["KERAS_MODEL"])


def classify(sketch: dict | None) -> dict[str, float]:
    """Probabilities by digit."""
    if sketch is None or sketch["composite"] is None:
        return {}
    ink = 255 - np.asarray(Image.fromarray(sketch["composite"]).resize((28, 28)))
    probabilities = model.predict(ink.reshape(1, 28, 28, 1) / 255)[0]
    return {str(digit): float(share) for digit, share in enumerate(probabilities)}


gr.Interface(
    classify, gr.Sketchpad(image_mode="L"), gr.Label(num_top_classes=3), live=True
).launch()
