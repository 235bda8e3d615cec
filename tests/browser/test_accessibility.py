"""Accessibility of the pages: screen readers, keyboards, contrast, forced colours."""

from importlib.resources import files

import pytest

from page.core.text import LANGUAGES, catalogue
from page.share.lan import interface_addresses
from page.tally.counts import Tally
from tests.browser.test_photo_page import hand_in, photographed
from tests.helpers.contrast import low_contrasts
from tests.helpers.page import (
    HASH,
    STREAMING,
    close_panel,
    draw,
    draw_by_mouse,
    expect_answer,
    expect_digit,
    expect_end_of_run,
    expect_invitation,
    expect_stillness,
    expect_whole_page,
    go_to_learned,
    hurry,
    leave_alone,
    number,
    open_panel,
    press,
    press_in_lesson,
    region,
    written,
)
from tests.helpers.servers import running, serve, serve_page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# Violations in Streamlit's own markup, which the page can't change. None of them does harm.
NOT_OURS = {
    "landmark-one-main",  # its main part is a <section>
    "region",
    "page-has-heading-one",
    "presentation-role-conflict",  # in the file drop zone
}

# The focused element with its text, and whether the focus is visible.
FOCUS = """() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  if (!one || one === document.body) return null;
  const seen = [one, one.closest("label"), one.parentElement].filter(Boolean).some((element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
  });
  return [one.outerHTML.slice(0, 90) + one.innerText, seen];
}"""


def expect_complete(page) -> None:
    """Wait until all scripts and elements of the page are loaded."""
    expect_whole_page(page)
    expect_end_of_run(page)
    page.locator("[data-testid=stSkeleton]").first.wait_for(state="detached")


def look(page, scheme: str, size: dict[str, int]) -> None:
    """Check axe's rules and the contrasts, in a theme and on a screen of this size."""
    if page.viewport_size != size:  # a window in full screen can't be resized
        page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    expect_complete(page)
    page.wait_for_function(
        "dark => (getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme"
        ".includes('dark')) === dark",
        arg=scheme == "dark",
    )
    expect_stillness(page)
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    assert not [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in found
        if one["id"] not in NOT_OURS
        for node in one["nodes"]
    ]
    assert not low_contrasts(page)


def both(page) -> None:
    """On a light desktop and a dark phone."""
    look(page, "dark", PHONE)
    look(page, "light", DESK)


@pytest.fixture
def visitor(visit):
    return lambda **options: visit(device_scale_factor=2, reduced_motion="reduce", **options)


def test_every_page_and_state(visitor):
    page = visitor(color_scheme="light")
    both(page)
    draw(page, HASH)
    expect_answer(page, "not a digit I know")
    both(page)
    press(page, "Clear")
    draw(page, written(7))
    expect_digit(page, 7)
    both(page)
    press(page, "How do you know?")
    page.locator(".story .next").get_by_text("Next").wait_for()
    both(page)
    for step in range(2, 8):
        page.keyboard.press("PageDown")
        page.locator(f'.story[data-step="{step}"][data-still="yes"]').wait_for()
        look(page, *(("dark", PHONE), ("light", DESK))[step % 2])
    press(page, "All at once")
    region(page, "inside").locator(".looked").wait_for()
    both(page)
    close_panel(page)
    press(page, "Can I fool you?")
    page.locator(".st-key-play .task").wait_for()
    both(page)
    press(page, "Teach you")
    press(page, "Keep this one")
    page.locator(".examples img").wait_for()
    expect_invitation(page)
    both(page)
    go_to_learned(page)
    page.locator(".lesson .wall figure").first.wait_for()
    page.get_by_text("More numbers").click()
    page.locator(".confusion").wait_for()
    both(page)
    page.get_by_role("link", name="Photo").click()
    page.get_by_text("Use a camera").wait_for()
    both(page)
    hand_in(page, photographed("2026", "150"))
    page.locator(".number .text").wait_for()
    page.get_by_text("Look inside").click()
    region(page, "photo_inside").locator(".looked img").wait_for()
    both(page)


# A network of six units instead of 512 looks the same.
LEARN_QUICKLY = """() => {
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message) {
    if (message.begin) message.begin.units = 6;
    post.call(this, message);
  };
}"""


def test_every_state_while_it_learns(visitor, server):
    page = visitor(url=f"{server}/learned", until=".lesson .wall figure", color_scheme="light")
    page.evaluate(LEARN_QUICKLY)
    press(page, "Let’s go!")
    page.locator(".lesson .example:is(.right, .wrong)").wait_for()
    press(page, "Pause")
    both(page)
    press_in_lesson(page, "faster", STREAMING, "pause")
    both(page)
    hurry(page)
    page.locator(".lesson[data-state=bet]").wait_for()
    both(page)
    press_in_lesson(page, "test", ".lesson[data-state=testing] .so-far", "pause")
    both(page)
    press(page, "Go on")
    hurry(page)
    page.locator(".lesson[data-state=done]").wait_for()
    both(page)


def test_the_stage_a_number_and_the_qr_code(visitor):
    options = ["--server.headless=true", "--server.address=0.0.0.0", "--server.port=0"]
    command = ["-m", "streamlit", "run", "app.py", *options]
    with running(*command, health="/_stcore/health") as (url, _):
        url = url.replace("127.0.0.1", interface_addresses()[0])
        for scheme, size in (("dark", PHONE), ("light", DESK)):
            page = visitor(url=f"{url}/?stage", color_scheme=scheme, viewport=size)
            page.wait_for_function("'fullscreen' in document.documentElement.dataset")
            look(page, scheme, size)
            draw(page, number("2026"))
            expect_answer(page, "I see 2026")
            look(page, scheme, size)
        page.keyboard.press("f")
        page.wait_for_function("!('fullscreen' in document.documentElement.dataset)")
        page.locator(".symbols button").first.click()
        page.locator('.symbols button:first-child[aria-pressed="true"]').wait_for()
        both(page)
        press(page, "On your phone")
        page.get_by_role("img", name="A QR code").wait_for()
        look(page, "dark", DESK)
        look(page, "light", DESK)


def test_every_other_language(visitor, server):
    first, *others = (code for code in LANGUAGES if code not in ("en", "ar"))
    page = visitor(url=f"{server}/?lang={first}")
    draw(page, written(8))
    page.locator(".st-key-open_story button").click()
    for nth, code in enumerate((first, *others)):
        scheme, size = (("dark", PHONE), ("light", DESK))[nth % 2]
        if code != first:
            page.locator(".language select").select_option(code)
        page.wait_for_function("code => document.documentElement.lang === code", arg=code)
        next_step = catalogue(code).gettext("Next")
        page.locator(f'.story .next[aria-label="{next_step}"]').wait_for()
        expect_answer(page, "8")
        look(page, scheme, size)
        scroller = page.locator("[data-testid=stMain]")
        assert scroller.evaluate("main => main.scrollWidth - main.clientWidth") <= 0, code


def test_counting_right_answers(visitor, tmp_path):
    tally = Tally(tmp_path / "tally.sqlite")
    tally.add("one", 1, 7)
    with serve(DIGITS_TALLY=str(tmp_path / "tally.sqlite")) as url:
        page = visitor(url=f"{url}/?presenter", color_scheme="light")
        draw(page, written(3))
        expect_digit(page, 3)
        page.locator(".st-key-presenter table").wait_for()
        both(page)
        page.get_by_text("It was a …").click()
        page.locator(".choices").wait_for()
        both(page)
        press(page, "Clear the count")
        page.get_by_role("button", name="Yes, forget it").wait_for()
        both(page)


# In a kiosk, time stands still while its window is hidden.
HIDE = "Object.defineProperty(document, 'hidden', { value: true, configurable: true })"
SHOW = "delete document.hidden"
HIDE_ONCE_DRAWN = f"""new Promise((resolve) =>
  addEventListener("digits-drawn", () => resolve({HIDE}), {{ once: true }}))"""


def test_the_line_of_a_kiosk(visitor):
    with serve(DIGITS_KIOSK_SECONDS="30") as url:
        page = visitor(url=f"{url}/?kiosk", color_scheme="light", clock=True)
        page.wait_for_function("'kiosk' in document.documentElement.dataset")
        leave_alone(page)
        page.get_by_text("Touch the sheet and draw a digit!").wait_for()
        page.evaluate(HIDE_ONCE_DRAWN)
        expect_answer(page, "I see")
        both(page)
        page.evaluate(SHOW)
        draw_by_mouse(page, written(4))
        expect_digit(page, 4)
        page.mouse.move(1, 1)  # the seconds begin anew
        page.clock.fast_forward(22_000)
        page.get_by_text("Are you still there?").wait_for()
        page.evaluate(HIDE)
        both(page)


def test_a_lost_connection(visitor):
    looks = ("dark", PHONE), ("light", DESK)
    with serve_page() as (url, process):
        pages = []
        for opened in ("", "story", "inside", "fool"):
            page = visitor(url=url, color_scheme="light")
            draw(page, written(3))
            expect_digit(page, 3)
            if opened:
                open_panel(page, opened)
            pages.append(page)
        pages.append(visitor(url=f"{url}/photo", until=".st-key-take", color_scheme="light"))
        pages.append(visitor(url=f"{url}/learned", until=".lesson figure", color_scheme="light"))
        for page in pages:
            expect_complete(page)
        process.kill()
        for nth, page in enumerate(pages):
            page.locator("html[data-connection=gone]").wait_for(state="attached")
            look(page, *looks[nth % 2])
        for nth, page in enumerate(pages[:4]):
            press(page, "Clear")
            page.locator("html[data-outdated]").wait_for(state="attached")
            look(page, *looks[1 - nth % 2])


def test_right_to_left(visitor):
    page = visitor(locale="ar", color_scheme="dark")
    draw(page, written(8))
    expect_answer(page, "أرى الرقم 8")
    look(page, "dark", DESK)
    open_panel(page, "story")
    page.locator(".story .all").click()
    region(page, "inside").locator(".looked").wait_for()
    look(page, "light", PHONE)
    page.locator(".st-key-close_inside button").click()
    region(page, "inside").wait_for(state="detached")
    open_panel(page, "fool")
    page.locator(".st-key-play .task").wait_for()
    look(page, "light", PHONE)


def test_low_contrast_would_be_found(visitor):
    page = visitor()
    expect_complete(page)
    assert not low_contrasts(page)
    page.evaluate(
        "document.querySelector('.privacy').insertAdjacentHTML('beforeend',"
        "'<span style=\"opacity: 0.45\">hard to read</span>')"
    )
    page.locator(".privacy").scroll_into_view_if_needed()
    assert [one for one in low_contrasts(page) if "hard to read" in one]


def test_the_keyboard_reaches_everything_with_a_visible_focus(visit):
    page = visit()
    draw(page, written(3))
    expect_digit(page, 3)
    open_panel(page, "inside")
    region(page, "inside").locator(".looked").wait_for()
    page.locator(".maps img").first.wait_for()
    page.wait_for_function("document.activeElement.innerText === 'Step by step'")
    page.mouse.click(1, 1)
    stops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus in stops:
            break
        if focus:  # None: the browser's own controls, after which Tab returns to the page
            stops.append(focus)
    assert len(stops) > 6
    assert not [name for name, seen in stops if not seen]
    maps = page.locator(".maps img")
    assert sum("<img" in name for name, _ in stops) == 1, "the pictures are one stop"
    maps.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    focused = "[...document.querySelectorAll('.maps img')].indexOf(document.activeElement)"
    row = page.locator(".maps").first.locator("img").count()
    assert page.evaluate(focused) == row + 1
    page.keyboard.press("End")
    assert page.evaluate(focused) == maps.count() - 1
    page.evaluate("window.spoken = document.querySelector('.says')")
    page.keyboard.press("5")
    expect_digit(page, 5)
    assert page.evaluate("window.spoken === document.querySelector('.says[role=status]')")
    label = page.locator(".bars").get_attribute("aria-label")
    assert label.count("%") == 2, "the answer and the runner-up, no more"


def test_forced_colours_hide_nothing(visit):
    page = visit(forced_colors="active", color_scheme="dark", reduced_motion="reduce")
    expect_whole_page(page)
    links = page.locator(".st-key-head [data-testid=stPageLink] p:visible").first
    before = links.screenshot()
    draw(page, written(7))
    expect_digit(page, 7)
    assert links.screenshot() == before, "the answer covers the links"
    background = "one => getComputedStyle(one).backgroundColor"
    bar = page.locator(".bars .best .bar").evaluate(background)
    open_panel(page, "fool")
    gauge = page.locator(".gauge i").evaluate(background)
    open_panel(page, "inside")
    region(page, "inside").locator(".looked").wait_for()
    expect_stillness(page)
    colours = {
        name: page.locator(selector).first.evaluate(background)
        for name, selector in {
            "page": "[data-testid=stApp]",
            "for": ".looked .for",
            "switch": ".st-key-why_not label > div:first-of-type > div",
        }.items()
    }
    hidden = colours.pop("page")
    assert hidden not in (bar, gauge, *colours.values()), colours
    durations = "document.getAnimations().map(one => one.effect.getComputedTiming().duration)"
    assert not [one for one in page.evaluate(durations) if one > 10], "something moves"
