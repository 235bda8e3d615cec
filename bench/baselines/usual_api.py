"""The usual digit API, as tutorials show it: Flask and Keras. Written for this benchmark."""

import os

import numpy as np
import tensorflow as tf
from flask import Flask, jsonify, request
from PIL import Image

app = Flask(__name__)
model = tf.keras.models.load_model(os.environ["KERAS_MODEL"])


@app.post("/v1/classify")
def classify():
    image = Image.open(request.stream).convert("L").resize((28, 28))
    ink = 255 - np.asarray(image)
    probabilities = model.predict(ink.reshape(1, 28, 28, 1) / 255, verbose=0)[0]
    return jsonify(digit=int(probabilities.argmax()), probabilities=probabilities.tolist())


@app.get("/health/ready")
def ready():
    return "ready"
