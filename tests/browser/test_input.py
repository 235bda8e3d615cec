"""Mouse buttons, pens, keyboards: what draws, what does not, and what each key does."""

import base64
import io

import numpy as np
from PIL import Image

from page.draw.drawing import HEIGHT, WIDTH, render
from tests.helpers.page import (
    CANVAS,
    FIND_CANVAS,
    draw_by_mouse,
    expect_answer,
    expect_digit,
    expect_invitation,
    expect_seen,
    expect_whole_page,
    on_screen,
    press,
    sent,
    written,
)

# The events that the browser fires for a real pen.
PEN = """([type, x, y, button, buttons]) => {
  const canvas = CANVAS;
  canvas.dispatchEvent(new PointerEvent(type, {
    pointerType: "pen", pointerId: 7, isPrimary: true, clientX: x, clientY: y, button, buttons,
    bubbles: true, composed: true, cancelable: true,
  }));
}""".replace("CANVAS", FIND_CANVAS)
TIP, BARREL, ERASER = (0, 1), (2, 2), (5, 32)  # PointerEvent's button and buttons


def test_only_the_left_button_of_a_mouse_draws(visit):
    page = visit()
    expect_other_buttons_not_to_draw_and_to_open_no_menu(page)
    clear(page)
    expect_a_stroke_to_end_with_the_left_button_while_the_right_one_is_held(page)
    clear(page)
    expect_the_server_to_draw_what_the_canvas_shows(page)


def test_pens_and_keys(visit):
    page = visit(reduced_motion="reduce")
    expect_whole_page(page)
    expect_keys_to_work_on_any_keyboard_and_after_a_toggle(page)
    clear(page)
    expect_a_pens_eraser_to_remove_the_strokes_it_touches(page)
    clear(page)
    expect_nothing_to_draw_into_a_visitors_stroke(page)


def test_nothing_is_dragged_in_place_of_a_stroke(visit):
    page = visit()
    prevented = page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(["x"], "x.png"));
          const options = { dataTransfer, bubbles: true, cancelable: true };
          return ["dragover", "drop"].map(
            (type) => !document.body.dispatchEvent(new DragEvent(type, options)));
        }"""
    )
    assert prevented == [True, True], "a file that is dropped replaces the page"
    page.keyboard.press("Control+a")  # a press on selected text would drag it
    box = page.locator(CANVAS).bounding_box()
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] - 12)
    page.mouse.down()
    for y in np.linspace(-12, box["height"] / 2, 12):
        page.mouse.move(x, box["y"] + y)
    page.mouse.up()
    expect_seen(page, [np.array([(0.5, 0.02), (0.5, 0.5)])])


def clear(page) -> None:
    press(page, "Clear")
    expect_invitation(page)


def expect_the_server_to_draw_what_the_canvas_shows(page) -> None:
    strokes = written(7)  # with few points, so that the canvas rounds its corners
    draw_by_mouse(page, strokes)
    expect_digit(page, 7)
    png = page.evaluate(
        """CANVAS.parentElement.querySelector("canvas.lower-canvas").toDataURL()""".replace(
            "CANVAS", FIND_CANVAS
        )
    )
    shown = Image.open(io.BytesIO(base64.b64decode(png.partition(",")[2]))).convert("RGB")
    left = (WIDTH - HEIGHT) // 2
    shown = shown.crop((left, 0, left + HEIGHT, HEIGHT)).convert("L").resize((400, 400))
    drawn = render(sent(strokes), 400).crop((40, 40, 440, 440))
    assert np.corrcoef(np.ravel(shown), np.ravel(drawn))[0, 1] > 0.995


def stroke_by_pen(page, points, end: tuple[int, int]) -> None:
    button, buttons = end
    page.evaluate(PEN, ["pointerdown", *points[0], button, buttons])
    for point in points[1:]:
        page.evaluate(PEN, ["pointermove", *point, -1, buttons])
    page.evaluate(PEN, ["pointerup", *points[-1], button, 0])


def expect_a_stroke_to_end_with_the_left_button_while_the_right_one_is_held(page) -> None:
    mouse = page.mouse
    (one,) = on_screen(page, written(1))
    mouse.move(*one[0])
    mouse.down()
    for point in one[1:]:
        mouse.move(*point)
    mouse.down(button="right")
    mouse.up()
    mouse.move(one[-1][0] + 150, one[-1][1] - 200, steps=5)  # not pressed
    mouse.up(button="right")
    expect_seen(page, written(1))
    expect_digit(page, 1)


def expect_other_buttons_not_to_draw_and_to_open_no_menu(page) -> None:
    page.evaluate(
        "addEventListener('contextmenu', event => window.prevented = event.defaultPrevented)"
    )
    (line,) = on_screen(page, written(1))
    for button in ("right", "middle"):
        page.mouse.move(*line[0])
        page.mouse.down(button=button)
        page.mouse.move(*line[-1], steps=3)
        page.mouse.up(button=button)
    stroke_by_pen(page, line.tolist(), BARREL)
    assert page.evaluate("window.prevented")
    page.get_by_role("heading", name="Draw a digit").click(button="right")
    assert not page.evaluate("window.prevented"), "the rest of the page has its menu"
    draw_by_mouse(page, written(3))
    expect_seen(page, written(3))


def expect_a_pens_eraser_to_remove_the_strokes_it_touches(page) -> None:
    five = written(5)  # two strokes, of which the second is the hat
    hat, belly = on_screen(page, five)[1], on_screen(page, five)[0]
    for stroke in (belly, hat):
        stroke_by_pen(page, stroke.tolist(), TIP)
    expect_digit(page, 5)
    middle = hat[len(hat) // 2]
    far_end = [[middle[0] + 40, middle[1] - 120], [middle[0] + 40, middle[1] - 60], middle.tolist()]
    stroke_by_pen(page, far_end, ERASER)
    expect_seen(page, five[:1])
    press(page, "Undo")
    expect_digit(page, 5)


def expect_keys_to_work_on_any_keyboard_and_after_a_toggle(page) -> None:
    """tests/javascript/keys.test.js tests the meaning of each key."""
    press_key(page, "٣", "Digit3")
    expect_digit(page, 3)
    press_key(page, "я", "KeyZ", ctrlKey=True)
    expect_invitation(page)
    page.evaluate(
        """() => {
          const toggle = Object.assign(document.createElement("input"), {type: "checkbox"});
          document.querySelector(".st-key-head").append(toggle);
          toggle.focus();
        }"""
    )
    page.keyboard.press("Control+Shift+z")
    expect_digit(page, 3)


def press_key(page, key: str, code: str, **modifiers: bool) -> None:
    """Press a key of a layout that Playwright does not know."""
    page.evaluate(
        """([key, code, modifiers]) => (document.activeElement ?? document.body).dispatchEvent(
          new KeyboardEvent("keydown", {
            key, code, ...modifiers, bubbles: true, composed: true, cancelable: true,
          }))""",
        [key, code, modifiers],
    )


def expect_nothing_to_draw_into_a_visitors_stroke(page) -> None:
    page.evaluate("Math.random = () => 0.45")  # a four, of two strokes
    (three,) = on_screen(page, written(3))
    page.mouse.move(*three[0])
    page.mouse.down()
    for point in three[1:]:
        page.mouse.move(*point)
    page.keyboard.press("4")
    page.get_by_role("button", name="Draw one for me").evaluate("one => one.click()")
    page.wait_for_timeout(250)
    page.mouse.up()
    page.wait_for_timeout(800)  # longer than the page takes to draw a digit without motion
    expect_seen(page, written(3))
    expect_answer(page, "I see a 3")
