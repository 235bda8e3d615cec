"""How it learned: the second page."""

import streamlit as st

st.write("…")
