"""The layout of the page: canvas, answer and buttons on screens of all kinds."""

from itertools import pairwise

import numpy as np
import pytest

from tests.helpers.page import (
    CANVAS,
    LARGE,
    close_panel,
    draw,
    expect_answer,
    expect_digit,
    expect_invitation,
    expect_seen,
    expect_whole_page,
    number,
    on_screen,
    open_panel,
    press,
    written,
)

SCREENS = [
    (1920, 1080), (1920, 945), (1366, 650), (1280, 720), (1024, 768), (768, 1024), (1080, 1920),
    (2160, 3840), (360, 740), (740, 360),
]  # fmt: skip
PARTS = {
    "canvas": ".canvas-root",
    "answer": ".st-key-answer",
    "bars": ".st-key-probabilities .bars",
    "undo": "[data-command=undo]",
    "story": ".st-key-open_story button",
    "fool": ".st-key-open_fool button",
    "teach": ".st-key-open_teach button",
}


def boxes(page) -> dict[str, dict[str, float]]:
    return {name: page.locator(part).bounding_box() for name, part in PARTS.items()}


def test_everything_fits_every_screen(visit):
    page = visit()
    draw(page, written(8))
    expect_digit(page, 8)
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        found = boxes(page)
        for name, box in found.items():
            where = f"{name} on {width}x{height}: {box}"
            assert box["x"] >= 0 and box["x"] + box["width"] <= width, where
            assert box["y"] >= 0 and box["y"] + box["height"] <= height, where
            assert box["width"] > 0.12 * width and box["height"] >= 40, where
        canvas = found["canvas"]
        assert canvas["width"] * canvas["height"] > 0.2 * width * height
        assert 0.95 <= canvas["width"] / canvas["height"] <= 2.21, (width, height, canvas)
        digit = page.locator(".says .digit").bounding_box()
        least = 0.55 if width > height else 0.42 if width >= 1080 else 0.3  # of the canvas
        assert digit["height"] > least * canvas["height"]
        scroller = page.locator("[data-testid=stMain]")
        below = scroller.evaluate("main => main.scrollHeight - main.clientHeight")
        assert below <= (120 if min(width, height) < 500 else 0), "a phone has the last line below"
        assert scroller.evaluate("main => main.scrollWidth - main.clientWidth") <= 0
    # The browser's default font may be twice as large.
    device = page.context.new_cdp_session(page)
    device.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    for width, height in ((1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        names = [one.bounding_box() for one in page.locator(".bars .name").all()]
        parts = [*boxes(page).values(), *names]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in parts)
        written_at = page.locator(".bars .name").evaluate_all(
            """names => names.map((name) => {
              const range = document.createRange();
              range.selectNodeContents(name);
              const { left, right } = range.getBoundingClientRect();
              return [left, right];
            })"""
        )
        for (_, end), (start, _) in pairwise(written_at):
            assert end <= start, "the digits below the bars overlap"


@pytest.mark.parametrize("language", ["de", "ja"])  # long text below the number, long text after it
def test_a_number_and_its_sentences_fit_every_screen(visit, language):
    page = visit(locale=language)
    draw(page, number("2026"))
    expect_answer(page, "2026")
    digits = page.locator(".number .digit")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<i class=st-key-tally></i>')")
    for width, height, filled in [(*screen, on) for screen in SCREENS for on in ("", "filled")]:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(f"document.documentElement.toggleAttribute('data-fullscreen', !!'{filled}')")
        size = digits.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
        assert size > 40, f"{width}x{height} {filled}: digits of {size} px"
        parts = (digits, page.locator(".number .more"), page.locator(".symbols"))
        places = [part.bounding_box() for part in parts if part.is_visible()]
        for above, below in pairwise(places):
            beside = above["x"] + above["width"] <= below["x"]
            where = f"{width}x{height} {filled}: {above} {below}"
            assert beside or above["y"] + above["height"] <= below["y"] + 2, where
        end = page.locator(".number .hero").evaluate(
            """hero => {
              const range = document.createRange();
              range.selectNodeContents(hero);
              return range.getBoundingClientRect().right;
            }"""
        )
        assert end <= width, f"{width}x{height}: {end}"
        seen = page.locator(".st-key-seen")
        cut = seen.evaluate("one => one.scrollHeight - one.clientHeight")
        assert cut <= 1, f"{width}x{height} {filled}: the words are {cut} px too long"


def test_nothing_moves_when_an_answer_comes_or_a_panel_closes(visit):
    page = visit()
    expect_whole_page(page)
    empty = boxes(page)
    draw(page, written(8))
    expect_digit(page, 8)
    before = boxes(page)
    assert all(before[name] == empty[name] for name in before if name != "answer")
    open_panel(page, "inside")
    close_panel(page)
    assert boxes(page) == before


def test_the_story_takes_three_quarters_and_the_canvas_can_be_drawn_on(visit):
    page = visit(reduced_motion="reduce")
    draw(page, written(8))
    expect_digit(page, 8)
    open_panel(page, "story")
    page.locator(".story ol button").first.wait_for()
    for width, height in ((1920, 1080), (1280, 800), (1080, 1920), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        story, canvas = (
            page.locator(part).bounding_box() for part in (".st-key-story", ".canvas-root")
        )
        if width > height:
            assert story["width"] > 2.6 * canvas["width"]
            assert canvas["x"] + canvas["width"] < story["x"], "one covers the other"
        else:
            assert story["height"] > 2 * canvas["height"]
            assert story["y"] + story["height"] < canvas["y"], "one covers the other"
        if width > 500:
            main = page.locator("[data-testid=stMain]")
            assert main.evaluate("main => main.scrollHeight - main.clientHeight") <= 0
    press(page, "Clear")
    draw(page, written(3))
    expect_digit(page, 3)


def test_in_full_screen_the_story_is_legible_from_the_back_row(visit):
    page = visit(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
    draw(page, number("2026"))
    expect_answer(page, "2026")
    page.keyboard.press("f")
    open_panel(page, "story")
    page.locator(".story ol button").first.wait_for()
    sentence = page.locator(".story .sentence")
    assert sentence.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") >= 64
    boxes = {
        part: page.locator(part).bounding_box()
        for part in (".canvas-root", ".sentence", ".screen", ".story nav")
    }
    tile, words, screen, buttons = boxes.values()
    assert tile["width"] * tile["height"] < 0.05 * 1920 * 1080
    assert tile["x"] + tile["width"] <= words["x"], "the tile covers the sentence"
    assert tile["y"] + tile["height"] <= screen["y"], "the tile covers the picture"
    assert screen["width"] * screen["height"] > 0.45 * 1920 * 1080
    assert buttons["y"] + buttons["height"] <= 1080
    press(page, "Clear")
    draw(page, written(3))
    expect_answer(page, "I see a 3")
    close_panel(page)


def test_nothing_moves_when_play_opens(visit):
    page = visit()
    draw(page, written(8))
    expect_digit(page, 8)
    for width, height in ((1080, 1920), (1920, 1080), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        before = boxes(page)
        press(page, "Can I fool you?")
        page.locator(".st-key-another button").wait_for()
        after = boxes(page)
        assert all(after[name] == before[name] for name in before if name != "answer")
        close_panel(page)


def test_a_stroke_keeps_its_shape_while_a_panel_opens(visit):
    page = visit()
    expect_whole_page(page)
    (stroke,) = written(6)
    points = on_screen(page, [stroke])[0]
    middle = len(points) // 2
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:middle]:
        page.mouse.move(*point)
    page.keyboard.press("PageDown")
    page.locator(".story canvas").wait_for()
    for point in points[middle:]:
        page.mouse.move(*point)
    page.mouse.up()
    page.keyboard.press("Escape")
    page.locator(".st-key-story").wait_for(state="detached")
    expect_seen(page, [stroke])
    expect_digit(page, 6)


def test_escape_closes_a_panel_before_full_screen(visit):
    page = visit()
    open_panel(page, "fool")
    page.keyboard.press("f")
    page.wait_for_function("'fullscreen' in document.documentElement.dataset")
    page.keyboard.press("Escape")
    page.locator(".st-key-play").wait_for(state="detached")
    assert page.locator("[data-fullscreen]").count() == 1
    page.keyboard.press("Escape")
    page.wait_for_function("!('fullscreen' in document.documentElement.dataset)")


def test_a_drawing_is_kept_when_the_screen_is_turned(visit):
    page = visit()
    for turned in ((740, 360), (360, 740)):
        page.set_viewport_size({"width": turned[1], "height": turned[0]})
        strokes = written(5, *LARGE)
        draw(page, strokes)
        expect_digit(page, 5)
        canvas = page.locator(".canvas-root").bounding_box()
        # At both ends of the canvas.
        ends = (canvas["width"] / canvas["height"] / 2 - 0.08) * np.array([-1, 1]) + 0.5
        draw(page, [np.array([(end, 0.3), (end, 0.7)]) for end in ends])
        expect_answer(page, "^(?!Draw)")
        page.set_viewport_size({"width": turned[0], "height": turned[1]})
        shown = page.locator(".canvas-root").bounding_box()
        whole = page.locator(CANVAS).bounding_box()
        for end in ends:
            x = whole["x"] + whole["width"] / 2 + (end - 0.5) * whole["height"]
            assert shown["x"] <= x <= shown["x"] + shown["width"], "it is cut off"
        for _ in ends:
            page.keyboard.press("Control+z")
        expect_seen(page, strokes)
        across = np.array([(0.15, 0.2), (0.85, 0.75)])
        draw(page, [across])  # drawing works where the finger is
        expect_seen(page, [*strokes, across])
        press(page, "Clear")
        expect_invitation(page)


def test_in_full_screen_the_answer_grows_and_buttons_do_not(visit):
    page = visit(viewport={"width": 1920, "height": 1080})
    draw(page, written(8))
    expect_digit(page, 8)
    page.locator(PARTS["story"]).wait_for()

    def size(part: str) -> float:
        return page.locator(part).evaluate("one => parseFloat(getComputedStyle(one).fontSize)")

    button, share = ".canvas-buttons [data-command=undo]", ".bars .best .share"
    before = {part: size(part) for part in (button, share)}
    page.keyboard.press("f")
    page.wait_for_function(
        "document.fullscreenElement && 'fullscreen' in document.documentElement.dataset"
    )
    assert size(button) == before[button]
    assert size(share) >= 1.5 * before[share]
    bars = page.locator(".st-key-probabilities").bounding_box()
    assert 0.33 * 1080 < bars["height"] < 0.37 * 1080
    for menu in (".st-key-head h1", ".st-key-foot", "[data-testid=stPageLink]"):
        assert not page.locator(menu).first.is_visible()
    scroller = page.locator("[data-testid=stMain]")
    assert scroller.evaluate("main => main.scrollHeight - main.clientHeight") <= 0
    canvas = page.locator(PARTS["canvas"]).bounding_box()
    assert canvas["width"] * canvas["height"] > 0.3 * 1920 * 1080
    assert page.url.endswith("?stage=")
    page.reload()
    page.locator("html[data-fullscreen] .st-key-home").wait_for()
    page.evaluate(
        "() => { document.documentElement.requestFullscreen = () => { window.asked = true } }"
    )
    page.locator(".fullscreen-button").click()
    page.wait_for_function("!('fullscreen' in document.documentElement.dataset)")
    assert not page.evaluate("window.asked"), "a touch of this button leaves full screen"
    assert "stage" not in page.url and page.locator(".st-key-head h1").is_visible()


def test_full_screen_works_on_every_page(visit, server):
    for path, until in (("learned", ".st-key-learned"), ("photo", ".st-key-photo")):
        page = visit(f"{server}/{path}", until=until)
        page.locator(".fullscreen-button[aria-pressed]").wait_for()  # the script listens to keys
        page.keyboard.press("f")
        page.wait_for_function("document.fullscreenElement")
        page.keyboard.press("f")
        page.wait_for_function("!document.fullscreenElement")


SHIFTS = """window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""


def test_nothing_jumps_while_the_page_loads(visit):
    page = visit()
    page.add_init_script(SHIFTS)
    for width, height in ((1280, 800), (1080, 1920), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        page.reload()
        page.locator(".st-key-open_story button").wait_for(state="attached")
        page.locator(".says").wait_for()
        page.locator("[data-word]").first.wait_for(state="attached")
        page.wait_for_timeout(500)
        assert page.evaluate("window.shift") < 0.1
