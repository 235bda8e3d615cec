"""Full screen, for an audience: see fullscreen.js."""

from __future__ import annotations

from page.core.component import component
from page.core.text import _

_stage = component(__file__)


def fullscreen_button() -> None:
    """Show the button for full screen. The key F and `?stage` in the address open it, too."""
    _stage(key="stage_button", data={"label": _("Full screen (F)")})
