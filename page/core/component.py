"""Declare Streamlit components (version 2) from the files beside a module."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from page.core.bundle import bundle


def component(module: str, name: str = "") -> Callable[..., Any]:
    """Declare the component whose files have a module's name: `menu.py`, `menu.js`, `menu.html`.

    Args:
        module: `__file__` of the module.
        name: stem of the files, if it differs from the module's.

    Returns:
        A function that mounts the component: `mount(key=…, data={…}, on_<name>_change=…)`. Values
        in `data` are text, numbers or booleans; pass a list or a dictionary as JSON text, because
        Streamlit imports pandas to find out whether it is a data frame.
    """
    file = Path(module).with_name(f"{name or Path(module).stem}.js")
    html = file.with_suffix(".html")
    return st.components.v2.component(
        f"digits_{file.parent.name}_{file.stem}",
        js=bundle(file),
        html=html.read_text("utf-8") if html.exists() else None,
        isolate_styles=False,  # the page's style sheet applies
    )
