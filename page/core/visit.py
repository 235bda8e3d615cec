"""The state of one visit on the server, from the first page until the browser leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import streamlit as st

if TYPE_CHECKING:  # the canvas can be drawn on before these are imported
    import numpy as np

    from digits.explain.teaching import TaughtSymbol
    from page.draw.drawing import Drawing, Strokes
    from page.draw.reading import CanvasReading
    from page.photo.view import Photo

# What is open in place of the answer; "": nothing. "inside" has no button: the story leads to it.
Panel = Literal["", "story", "inside", "fool", "teach"]


@dataclass
class Draw:
    """The first page's drawing and answer."""

    drawing: Drawing | None = None  # the last one that the browser sent
    reading: CanvasReading | None = None  # its reading,
    read_for: tuple[object, ...] = ()  # and everything that it depends on
    chosen: int | None = None  # the symbol that was tapped; None: the last one
    words: str = ""  # the answer, as HTML
    last_digit: np.ndarray | None = None  # as the network saw it: uint8 (28, 28)


@dataclass
class Play:
    """Challenges, and the symbol that was taught."""

    challenge: int = 0  # the current one; counts up
    solved: set[int] = field(default_factory=set)  # the challenges that were solved
    shown: int = -1  # the challenge that was shown last
    before: Strokes | None = None  # the drawing when that challenge was first shown
    hint: str = ""
    symbol_name: str = ""  # as the visitor typed it: escape it
    taught: TaughtSymbol | None = None
    pictures: list[str] = field(default_factory=list)  # the examples, as data URLs
    last_example: Strokes | None = None  # the drawing of the last example
    changes: int = 0  # to what was taught, and other challenges: see view.js


@dataclass
class Photos:
    """The page “Photo”."""

    count: int = 0  # photographs so far: each gets new widgets
    file: bytes | None = None  # waits to be read
    shown: Photo | None = None
    chosen: int | None = None  # the symbol that was tapped; None: the first one


@dataclass
class TallyRow:
    """“Was I right?”, and the presenter's view of all answers."""

    drawing: str = ""  # a random name: each drawing counts once
    first_stroke: Strokes = ()  # of that drawing
    answer: int = -1  # the digit that the page answered with, or NO_DIGIT
    counted: str = ""  # the drawing that was counted,
    words: str = ""  # and what to say about it
    confirm_clear: bool = False  # the presenter is asked whether to clear the count


@dataclass
class Visit:
    """One visit."""

    language: str = ""  # a key of `page.core.text.LANGUAGES`; empty: not settled yet
    language_from_address: bool = False  # the address has `?lang=`, and is to keep it
    kiosk: bool | None = None  # None: as the server is set
    presenter: bool = False
    panel: Panel | None = None  # None: not settled yet
    draw: Draw = field(default_factory=Draw)
    play: Play = field(default_factory=Play)
    photos: Photos = field(default_factory=Photos)
    tally: TallyRow = field(default_factory=TallyRow)


def visit() -> Visit:
    """Return the visit that this run of the page belongs to."""
    state = st.session_state
    if "visit" not in state:
        state["visit"] = Visit()
    return state["visit"]
