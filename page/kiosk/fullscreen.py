"""The button for full screen, for an audience: see fullscreen.js."""

from __future__ import annotations

from page.core.component import component
from page.core.text import _

_button = component(__file__)


def fullscreen_button() -> None:
    """Show the button. The key F and `?stage` in the address also open full screen."""
    _button(key="fullscreen", data={"label": _("Full screen (F)")})
