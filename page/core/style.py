"""The look of the pages: the style sheets of all features, and the accent colour they share."""

from pathlib import Path

import streamlit as st

PAGE = Path(__file__).parents[1]
# In this order: of two rules that are equally specific, the later one wins. The style sheets that
# are not here belong to components and are sent with them.
STYLE_SHEETS = (
    "core/base.css",
    "draw/draw.css",
    "draw/inside.css",
    "story/stage.css",
    "play/play.css",
    "tally/tally.css",
    "photo/photo.css",
    "learned/learned.css",
    "share/share.css",
    "kiosk/kiosk.css",
)


def load_style() -> None:
    """Sends the style sheets of all features to the browser, as one."""
    sheets = [(PAGE / name).read_text("utf-8") for name in STYLE_SHEETS]
    st.html(f"<style>{accent_css()}{''.join(sheets)}</style>")


def accent_css() -> str:
    """The accent colour for light and for dark backgrounds, as custom properties.

    Streamlit's own buttons take theirs from `.streamlit/config.toml`; so that is its only source.
    """
    colours = {theme: st.get_option(f"theme.{theme}.primaryColor") for theme in ("light", "dark")}
    return ":root {" + "".join(f"--accent-on-{k}: {v};" for k, v in colours.items()) + "}\n"
