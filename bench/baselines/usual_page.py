"""The usual MNIST demo in Streamlit, as tutorials show it. Written for this benchmark.

With CACHED=1 it keeps the loaded model, as careful tutorials do.
"""

import os

import numpy as np
import streamlit as st
import tensorflow as tf
from PIL import Image
from streamlit_drawable_canvas import st_canvas

load_model = tf.keras.models.load_model
if os.environ.get("CACHED"):
    load_model = st.cache_resource(load_model)
model = load_model(os.environ["KERAS_MODEL"])

st.title("MNIST digit recogniser")
canvas = st_canvas(
    stroke_width=20,
    stroke_color="#FFFFFF",
    background_color="#000000",
    width=280,
    height=280,
    return_image_data=True,
    key="canvas",
)
if canvas.image_data is not None:
    image = Image.fromarray(canvas.image_data).convert("L").resize((28, 28))
    probabilities = model.predict(np.asarray(image).reshape(1, 28, 28, 1) / 255)[0]
    st.write(f"Result: {probabilities.argmax()} ({probabilities.max():.3%})")
    st.bar_chart(probabilities)
