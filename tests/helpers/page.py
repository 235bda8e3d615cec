"""Draw on the page with a mouse or fingers, and wait for its answers."""

import base64
import io
import re
import time

import numpy as np
from PIL import Image

from digits.normalize import normalize
from handwriting.pen import VARIANTS, Strokes, by_hand, place, render, strokes_from_skeleton
from page.draw import drawing
from tests.helpers.servers import TIMEOUT

# A legible variant of each digit. 4, 5 and 7 take two strokes.
HANDS = {
    0: "closed", 1: "small head", 2: "plain", 3: "round", 4: "open", 5: "hat last", 6: "upright",
    7: "crossed", 8: "from the right", 9: "straight",
}  # fmt: skip
SMALL = 0.28, (0.8, 0.18)  # size and middle, relative to the canvas's height: upper right corner
LARGE = 0.75, (0.5, 0.5)
PEN_WIDTH = round(drawing.PEN * 400 / drawing.HEIGHT)  # in a picture that is 400 pixels high
# Matches once the canvas can be drawn on: Streamlit loads a component's script after its HTML.
CANVAS = "[data-reader] canvas.upper-canvas"
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
# "#", which is not a digit
HASH = [np.array(line) for line in (
    [(0.35, 0.15), (0.35, 0.85)], [(0.65, 0.15), (0.65, 0.85)],
    [(0.15, 0.35), (0.85, 0.35)], [(0.15, 0.65), (0.85, 0.65)],
)]  # fmt: skip


def written(digit: int, size: float = 0.75, middle: tuple[float, float] = (0.5, 0.5)) -> Strokes:
    """A handwritten digit; all lengths are fractions of the canvas's height."""
    rng = np.random.default_rng(0)
    skeleton = strokes_from_skeleton(VARIANTS[digit][HANDS[digit]], rng)
    return place(quick(by_hand(skeleton, rng, wild=0.4)), size, middle)


def quick(strokes: Strokes) -> Strokes:
    """Keep a third of the points of curves, because each point takes time to draw."""
    return [
        stroke if len(stroke) < 15 else np.concatenate([stroke[:-1:3], stroke[-1:]])
        for stroke in strokes
    ]


def number(text: str, size: float = 0.3, pitch: float = 0.23) -> Strokes:
    """A handwritten number in the middle of the canvas; `pitch` is the distance of digits."""
    first = 0.5 - pitch * (len(text) - 1) / 2
    return [
        stroke
        for nth, digit in enumerate(text)
        for stroke in written(int(digit), size, (first + nth * pitch, 0.5))
    ]


def sent(strokes: Strokes) -> tuple[tuple[int, ...], ...]:
    """Convert strokes to the format in which the browser sends them: see `page.draw.drawing`."""
    left = (drawing.WIDTH - drawing.HEIGHT) / 2
    return tuple(
        tuple(np.rint(stroke * drawing.HEIGHT + [left, 0]).astype(int).ravel().tolist())
        for stroke in strokes
    )


def on_screen(page, strokes: Strokes) -> Strokes:
    """Convert strokes, in a square in the middle of the canvas, to screen coordinates."""
    box = page.locator(CANVAS).bounding_box()
    left = box["x"] + (box["width"] - box["height"]) / 2
    return [stroke * box["height"] + [left, box["y"]] for stroke in strokes]


def press_down(page, stroke: np.ndarray) -> None:
    """Draw a stroke with a real mouse, and keep its button down."""
    page.mouse.move(*stroke[0])
    page.mouse.down()
    for point in stroke[1:]:
        page.mouse.move(*point)


def draw_by_mouse(page, strokes: Strokes) -> None:
    """Draw with a real mouse: each point takes the browser a frame."""
    for stroke in on_screen(page, strokes):
        press_down(page, stroke)
        page.mouse.up()


# In the page: the canvas that takes what is drawn, for `dispatchEvent`.
FIND_CANVAS = """(function find(root) {
  return root.querySelector("canvas.upper-canvas") ??
    [...root.querySelectorAll("*")].map(e => e.shadowRoot && find(e.shadowRoot)).find(Boolean);
})(document)"""


def draw(page, strokes: Strokes) -> None:
    """Draw with synthetic mouse events, a stroke at a time, which is faster."""
    page.evaluate(
        """async strokes => {
          const canvas = CANVAS;
          const event = (type, [clientX, clientY]) =>
            canvas.dispatchEvent(new PointerEvent(type, {
              pointerType: "mouse", pointerId: 1, isPrimary: true, clientX, clientY,
              buttons: type === "pointerup" ? 0 : 1, bubbles: true, composed: true,
            }));
          for (const stroke of strokes) {
            event("pointerdown", stroke[0]);
            for (const point of stroke.slice(1)) event("pointermove", point);
            event("pointerup", stroke.at(-1));
            await new Promise(resolve => setTimeout(resolve));
          }
        }""".replace("CANVAS", FIND_CANVAS),
        [stroke.tolist() for stroke in on_screen(page, strokes)],
    )


class Glass:
    """A touch screen and its contacts."""

    def __init__(self, page):
        self.page, self.resting = page, {}
        self.device = page.context.new_cdp_session(page)

    def _touch(self, kind: str, contacts: dict[int, tuple[float, float]]) -> None:
        points = [{"x": x, "y": y, "id": who} for who, (x, y) in contacts.items()]
        self.device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def put(self, who: int, x: float, y: float) -> None:
        """Put a finger or a palm, identified by a number, on the glass."""
        self.resting[who] = x, y
        self._touch("touchStart", self.resting)

    def move(self, who: int, x: float, y: float) -> None:
        self.resting[who] = x, y
        self._touch("touchMove", self.resting)

    def lift(self, who: int) -> None:
        self._touch("touchEnd", {who: self.resting.pop(who)})

    def draw(self, strokes: Strokes, who: int = 0) -> None:
        """Draw with one finger, while other contacts rest on the glass."""
        for stroke in on_screen(self.page, strokes):
            self.put(who, *stroke[0])
            for point in stroke[1:]:
                self.move(who, *point)
            self.lift(who)

    def tap(self, locator, who: int = 0) -> None:
        box = locator.bounding_box()
        self.put(who, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.lift(who)


def expect_whole_page(page) -> None:
    """Wait until all scripts are loaded and listen to keys."""
    page.locator(".language option").first.wait_for(state="attached")  # made by the last script
    # A script may be loaded later than those that were asked for after it.
    urls = [url for url in page.requested if url.startswith("blob:")]
    page.evaluate("urls => Promise.allSettled(urls.map((url) => import(url)))", urls)


def expect_stillness(page) -> None:
    """Wait until no transition runs, and no finite animation."""
    page.wait_for_function(
        """async () => {
          for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame);
          return !document.getAnimations().some(({ playState, effect }) =>
            playState === "running" && effect.getComputedTiming().endTime < Infinity);
        }"""
    )


def expect_end_of_run(page) -> None:
    """Wait until the script's run has ended: until then, elements that it removed are shown."""
    page.locator("[data-test-script-state=notRunning]").wait_for()


def press(page, button: str) -> None:
    page.get_by_role("button", name=button).click()


def open_panel(page, panel: str) -> None:
    """Open the story, “All at once” ("inside"), a challenge ("fool") or a lesson ("teach").

    This uses a script, because the buttons are invisible before the first stroke.
    """
    button = "story" if panel == "inside" else panel
    page.locator(f".st-key-open_{button} button").evaluate("button => button.click()")
    page.locator(".story[data-step]" if button == "story" else ".st-key-play").wait_for()
    if panel == "inside":
        press(page, "All at once")
        page.locator(".st-key-inside").wait_for()


def close_panel(page) -> None:
    """Close the open panel, and wait for the answer."""
    panels = page.locator(":is(.st-key-story, .st-key-inside, .st-key-play)")
    panels.first.wait_for()
    expect_end_of_run(page)
    page.get_by_role("button", name="Close", exact=True).click()
    page.locator(".st-key-reading").wait_for()
    panels.wait_for(state="detached")


def go_to_learned(page) -> None:
    """Go to “How I learned”, like the button at the end of the story."""
    page.locator(".st-key-to_learned a").evaluate("link => link.click()")


STREAMING = ".lesson[data-state=streaming]"


def press_in_lesson(page, action: str, until: str, then: str) -> None:
    """Press a button of “Watch me learn”, and the next one as soon as `until` is visible.

    This uses a script, because on a slow machine a test could miss that moment.
    """
    page.evaluate(
        """([action, until, then]) => new Promise((resolve) => {
          const lesson = document.querySelector(".lesson");
          const press = (name) => lesson.querySelector(`[data-do=${name}]`).click();
          const observer = new MutationObserver(() => {
            const shown = document.querySelector(until);
            if (!shown?.checkVisibility() || !shown.textContent) return;
            observer.disconnect();
            press(then);
            resolve();
          });
          observer.observe(lesson, { attributes: true, childList: true, subtree: true });
          press(action);
        })""",
        [action, until, then],
    )


def hurry(page) -> None:
    """Press “Faster” three times at once in “Watch me learn”."""
    page.locator(".lesson [data-do=faster]").evaluate(
        "button => { for (let n = 0; n < 3; n++) button.click(); }"
    )


def leave_alone(page) -> None:
    """Let more than the minute pass after which a kiosk starts over.

    The page must have been opened with `visit(…, clock=True)`.
    """
    page.clock.fast_forward("01:01")


def region(page, key: str):
    return page.locator(f".st-key-{key}")


def expect_answer(page, pattern: str) -> str:
    """Wait until the answer matches, and return it."""
    from playwright.sync_api import expect

    # While the answer is outdated, `data-reader` has another value.
    answer = page.locator("[data-reader=answered] .st-key-answer")
    try:
        expect(answer).to_contain_text(re.compile(pattern), timeout=TIMEOUT * 1000)
    except AssertionError as error:
        marks = page.evaluate("({...document.documentElement.dataset})")
        error.add_note(f"The page is marked {marks}.")
        raise
    return answer.inner_text()


def expect_digit(page, digit: int) -> None:
    answer = expect_answer(page, rf"I see an? {digit}\..*I’m .*\d+% sure\.")
    assert re.findall(r"\d", re.sub(r"\d+%", "", answer)) == [str(digit)]


def expect_seen(page, strokes: Strokes) -> None:
    """Wait until the network's input on the page shows all of these strokes."""
    drawn = 255 - render([stroke * 400 for stroke in strokes], PEN_WIDTH, 400)
    expected = normalize(drawn, source="canvas")
    image = page.locator(".st-key-seen img")
    deadline = time.monotonic() + TIMEOUT
    while True:
        png = base64.b64decode(image.get_attribute("src").split("base64,")[1])
        shown = np.asarray(Image.open(io.BytesIO(png)))
        assert shown.shape == (28, 28)
        likeness = np.corrcoef(shown.ravel(), expected.ravel())[0, 1]
        if likeness > 0.95:
            return
        assert time.monotonic() < deadline, f"another picture is shown (r = {likeness:.2f})"
        page.wait_for_timeout(50)


def expect_invitation(page) -> None:
    """Wait for the invitation, with no digit, number or picture anywhere."""
    from playwright.sync_api import expect

    expect_answer(page, "^Draw a digit from zero to nine")
    for key in ("answer", "probabilities", "seen"):
        expect(region(page, key)).not_to_contain_text(re.compile(r"\d|%"))
    expect(page.locator(".st-key-seen img")).to_have_count(0)
