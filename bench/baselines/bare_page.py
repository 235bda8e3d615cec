"""The bare page: a canvas and one line of text.

It shows what Streamlit and a canvas cost by themselves.
"""

import streamlit as st
from streamlit_drawable_canvas import st_canvas

canvas = st_canvas(
    stroke_width=26,
    stroke_color="#1B2540",
    background_color="#FFFFFF",
    width=400,
    height=400,
    return_image_data=True,
    key="sheet",
)
strokes = (canvas.json_data or {}).get("objects", [])
st.write(f"Strokes: {len(strokes)}")
