"""Fingers, hands and pens on a touch screen."""

import numpy as np

from tests.helpers.page import (
    CANVAS,
    FIND_CANVAS,
    HASH,
    PHONE,
    SMALL,
    Glass,
    expect_digit,
    expect_invitation,
    expect_seen,
    expect_whole_page,
    on_screen,
    press,
    region,
    written,
)


def test_fingers_draw_on_a_small_phone(visit):
    page = visit(**PHONE)
    expect_a_dot_of_a_tap_only(page)
    press(page, "Clear")
    expect_invitation(page)
    expect_the_first_finger_to_draw(page)
    press(page, "Clear")
    expect_invitation(page)
    Glass(page).draw(written(4, *SMALL))
    expect_seen(page, written(4, *SMALL))
    expect_digit(page, 4)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 360
    canvas, answer = (region(page, key).bounding_box() for key in ("canvas", "answer"))
    assert canvas["x"] >= 0 and canvas["x"] + canvas["width"] <= 360
    assert answer["y"] + answer["height"] <= 740, "the answer is below the first screen"
    press(page, "Clear")
    expect_invitation(page)


def expect_a_dot_of_a_tap_only(page) -> None:
    """A resting hand makes no dot."""
    glass = Glass(page)
    box = page.locator(CANVAS).bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    glass.put(0, *middle)
    page.wait_for_function(
        "from => performance.now() > from + 800", arg=page.evaluate("performance.now()")
    )
    glass.lift(0)
    assert page.evaluate("document.documentElement.dataset.drawing") is None
    page.touchscreen.tap(*middle)  # a quick tap, even on a slow machine
    expect_seen(page, [np.array([(0.5, 0.5)] * 2)])


def expect_the_first_finger_to_draw(page) -> None:
    glass = Glass(page)
    (line,) = on_screen(page, written(3))
    glass.put(0, *line[0])
    for number, point in enumerate(line[1:]):
        glass.move(0, *point)
        if number == 3:  # another finger comes, wipes about, and goes
            glass.put(1, *line[-1])
        if 3 < number < 9:
            glass.move(1, *(line[-1] - 12 * number))
        if number == 9:
            glass.lift(1)
    glass.lift(0)
    expect_digit(page, 3)
    expect_seen(page, written(3))
    glass.draw(HASH[:1])
    expect_seen(page, [*written(3), HASH[0]])


def expect_no_hidden_button_in_the_way(page) -> None:
    """Invisible buttons take no strokes before the first stroke."""
    comb = [np.array([(x, 0.02), (x, 0.3)]) for x in np.linspace(0.62, 0.98, 7)]
    across = [np.array([(0.6, y), (1.0, y)]) for y in (0.09, 0.16, 0.23)]  # else it reads ones
    Glass(page).draw(comb + across)
    expect_seen(page, comb + across)


# Other contacts on the glass: positions as fractions of the canvas's width and height.
HANDS_ON = {
    "a palm on the canvas": (0.8, 0.9),
    "a thumb beside it": (-0.02, 0.5),
    "above": (0.5, -0.8),
}


def test_a_hand_on_the_glass_changes_nothing(visit):
    page = visit(**PHONE)
    expect_no_hidden_button_in_the_way(page)
    press(page, "Clear")
    expect_invitation(page)
    box = page.locator(".canvas-root").bounding_box()
    glass = Glass(page)
    roof, body = written(5)
    for right, down in HANDS_ON.values():
        x, y = box["x"] + right * box["width"], box["y"] + down * box["height"]
        glass.put(7, x, y)
        glass.draw([roof], who=1)
        expect_seen(page, [roof])  # answered while the hand still rests
        glass.draw([body], who=2)
        expect_digit(page, 5)
        glass.tap(page.get_by_role("button", name="Undo"), who=3)
        expect_seen(page, [roof])
        glass.move(7, x + 2, y + 1)  # hands never rest quite still
        glass.tap(page.get_by_role("button", name="Clear"), who=3)
        expect_invitation(page)
        glass.lift(7)
        expect_invitation(page)
    expect_a_pen_not_to_be_disturbed(page)


def expect_a_pen_not_to_be_disturbed(page) -> None:
    """The hand that holds the pen makes no strokes."""
    roof, body = (list(map(list, stroke)) for stroke in on_screen(page, written(5)))
    page.evaluate(
        """async strokes => {
          const canvas = CANVAS;
          const event = (type, pointerType, pointerId, [clientX, clientY]) =>
            canvas.dispatchEvent(new PointerEvent(type, {
              pointerType, pointerId, clientX, clientY, buttons: type === "pointerup" ? 0 : 1,
              isPrimary: true, bubbles: true, composed: true, cancelable: true,
            }));
          const [x, y] = strokes[1].at(-1);
          event("pointerdown", "touch", 1, [x, y]);  // the palm first, and it slides into place
          event("pointermove", "touch", 1, [x + 40, y + 40]);
          for (const stroke of strokes) {
            await new Promise(requestAnimationFrame);
            event("pointerdown", "pen", 2, stroke[0]);
            event("pointermove", "touch", 1, [x + 60, y]);
            for (const point of stroke) event("pointermove", "pen", 2, point);
            event("pointerup", "pen", 2, stroke.at(-1));
          }
          event("pointerup", "touch", 1, [x, y]);
        }""".replace("CANVAS", FIND_CANVAS),
        [roof, body],
    )
    expect_seen(page, written(5))
    expect_digit(page, 5)


def test_a_stroke_that_begins_beside_the_canvas_does_not_scroll(visit):
    page = visit(**PHONE)
    expect_whole_page(page)
    page.set_viewport_size({"width": 390, "height": 560})
    scroller = page.locator("[data-testid=stMain]")
    assert scroller.evaluate("main => main.scrollHeight > main.clientHeight + 40")
    for element in (scroller, page.locator("body"), page.locator("html")):
        style = "element => getComputedStyle(element).overscrollBehaviorY"
        assert element.evaluate(style) == "none", "pulling it down loads the page anew"
    box = page.locator(".canvas-root").bounding_box()
    glass = Glass(page)
    x, top, height, bottom = box["x"], box["y"], box["height"], box["y"] + box["height"]
    beside = [(x - 10, bottom - 20), (x + box["width"] + 10, bottom - 20), (x + 100, bottom - 5)]
    for start_x, start_y in beside:
        glass.put(0, start_x, start_y)
        for y in np.linspace(start_y, top + 10, 12):
            glass.move(0, start_x, y)
        glass.lift(0)
        assert scroller.evaluate("main => main.scrollTop") == 0
    expect_seen(page, [np.array([(0.5, (bottom - 5 - top) / height), (0.5, 10 / height)])])
    # Elsewhere the page still scrolls.
    glass.put(0, 200, 220)
    for step in range(12):
        glass.move(0, 200, 220 - 15 * step)
    glass.lift(0)
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop > 30")
