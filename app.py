"""Draw a digit. Draw with a mouse, a finger or a pen, and see what the network sees.

Run `streamlit run app.py`. Each visit runs `page/main.py`; `digits` reads the drawings.
"""

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from page.core.error_boundary import apologize
from page.core.server import Frames, OneUpload, OwnAddresses, OwnPages, lifespan
from page.core.style import Style

app = st.App(
    "page/main.py",
    lifespan=lifespan,
    middleware=[
        Middleware(m) for m in (OwnPages, Frames, OneUpload, OwnAddresses, GZipMiddleware, Style)
    ],
    on_script_error=apologize,
)
