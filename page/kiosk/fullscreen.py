"""The stage: the page on a full screen, for an audience; see stage.js."""

from __future__ import annotations

from page.core.component import component
from page.core.text import _

_stage = component(__file__)


def fullscreen_button() -> None:
    """A button that fills the screen with the page. The key F does so, too, and `?stage`."""
    _stage(key="stage_button", data={"label": _("Full screen (F)")})
