"""The page draws by itself: on request, and in kiosk mode while nobody is there."""

from playwright.sync_api import expect

from tests.helpers.page import (
    CANVAS,
    PHONE,
    Glass,
    draw,
    draw_by_mouse,
    expect_answer,
    expect_digit,
    expect_invitation,
    expect_seen,
    expect_whole_page,
    go_to_learned,
    leave_alone,
    press,
    region,
    written,
)

ANY = r"I see an? \d\."


def test_draws_a_digit_on_request(visit):
    page = visit()
    draw(page, written(5))
    expect_digit(page, 5)
    expect_whole_page(page)
    page.keyboard.press("3")  # a single stroke
    expect_digit(page, 3)
    press(page, "Undo")  # undoes it like a visitor's stroke
    expect_invitation(page)
    press(page, "Undo")
    expect_digit(page, 5)
    page.keyboard.press("7")
    expect_digit(page, 7)
    page.keyboard.press("Control+0")  # a shortcut of the browser, not a digit
    press(page, "Draw one for me")
    expect_answer(page, r"I see an? [^7]\.I’m (more than )?9\d% sure")


def test_a_link_is_followed_while_the_page_draws(visit):
    page = visit()
    expect_whole_page(page)
    page.keyboard.press("8")
    page.wait_for_function("document.documentElement.dataset.drawing > 0")
    go_to_learned(page)
    region(page, "learned").wait_for()
    page.wait_for_timeout(1500)  # long enough to draw a digit
    assert region(page, "learned").is_visible()
    page.get_by_role("link", name="Draw a digit").click()
    page.locator(CANVAS).wait_for()
    page.keyboard.press("2")
    expect_digit(page, 2)
    go_to_learned(page)
    expect(page.locator(".lesson .mine figcaption")).to_have_text("Your drawing")


def test_a_visitors_pointer_takes_precedence(visit):
    page = visit()
    expect_whole_page(page)
    page.keyboard.press("8")
    page.wait_for_function("document.documentElement.dataset.drawing > 1")
    press(page, "Clear")  # while it draws
    page.wait_for_timeout(1500)
    press(page, "Clear")
    expect_invitation(page)
    drawn = int(page.evaluate("document.documentElement.dataset.drawing"))
    page.keyboard.press("8")
    page.wait_for_function(f"document.documentElement.dataset.drawing > {drawn}")
    draw_by_mouse(page, written(1))
    page.wait_for_timeout(1500)  # long enough to draw a digit
    press(page, "Undo")
    press(page, "Undo")
    expect_invitation(page)


def expect_show(page) -> None:
    page.wait_for_function("'attract' in document.documentElement.dataset")
    expect_answer(page, ANY)


def test_a_page_that_is_left_alone_starts_over_and_draws_by_itself(visit, server):
    page = visit(f"{server}/?kiosk", clock=True, **PHONE)
    glass = Glass(page)
    page.wait_for_function("'kiosk' in document.documentElement.dataset")
    leave_alone(page)
    expect_show(page)  # nobody has been there yet
    page.get_by_text("Touch the sheet and draw a digit!").wait_for()
    glass.draw(written(4))  # the first stroke counts
    expect_seen(page, written(4))
    expect_digit(page, 4)
    page.evaluate("window.mine = true")
    glass.put(1, 180, 250)  # rests there for longer than it takes to start over
    leave_alone(page)
    page.wait_for_timeout(500)
    assert page.evaluate("window.mine && !('attract' in document.documentElement.dataset)")
    glass.lift(1)
    page.get_by_role("button", name="Can I fool you?").tap()
    region(page, "play").wait_for()
    leave_alone(page)
    page.wait_for_function("!window.mine")  # it was reloaded
    expect_show(page)
    assert region(page, "play").count() == 0
    page.evaluate("dispatchEvent(new Event('digits-person'))")
    go_to_learned(page)
    # It forgot the last visitor's drawing, and its own drawings are not a visitor's.
    expect(page.locator(".lesson .mine figcaption")).to_have_text("A drawing of mine")
    page.wait_for_function("location.search.includes('kiosk')")
    leave_alone(page)
    page.wait_for_function("!location.pathname.includes('learned')")
    expect_show(page)


def test_a_contact_that_rests_for_long_is_not_a_visitor(visit, server):
    """For example a bag, or a finger whose end the system lost."""
    page = visit(f"{server}/?kiosk", clock=True, **PHONE)
    page.wait_for_function("'kiosk' in document.documentElement.dataset")
    Glass(page).put(0, 180, 250)
    page.evaluate("window.mine = true")
    page.clock.fast_forward("10:01")
    page.wait_for_function("!window.mine")


def test_without_kiosk_mode_nothing_starts_over(visit):
    page = visit(clock=True, **PHONE)
    draw(page, written(2))
    expect_digit(page, 2)
    page.evaluate("window.mine = true")
    leave_alone(page)
    page.wait_for_timeout(500)
    expect_digit(page, 2)
    assert page.evaluate("window.mine")


def test_no_touch_leads_out_of_the_page(visit, server):
    page = visit(f"{server}/?kiosk", **PHONE)
    page.wait_for_function("'kiosk' in document.documentElement.dataset")
    prevented = page.evaluate(
        """() => {
          const body = document.body;
          const link = document.createElement("a");
          link.href = "https://example.org/";
          const inner = document.createElement("a");
          inner.href = "/learned";
          inner.onclick = (event) => (window.went = true, event.preventDefault());
          body.append(link, inner);
          const tried = ["contextmenu", "dragstart", "selectstart"].map(
            (type) => !body.dispatchEvent(new Event(type, { bubbles: true, cancelable: true })));
          const click = new MouseEvent("click", { bubbles: true, cancelable: true });
          tried.push(!link.dispatchEvent(click));
          inner.click();
          const zoom = new WheelEvent("wheel", { ctrlKey: true, bubbles: true, cancelable: true });
          tried.push(!body.dispatchEvent(zoom), window.went);
          return tried;
        }"""
    )
    assert prevented == [True] * 6
    style = page.evaluate(
        "[getComputedStyle(document.documentElement)].map(s => [s.touchAction, s.userSelect])[0]"
    )
    assert style == ["pan-x pan-y", "none"]
    glass = Glass(page)  # two fingers that move apart
    glass.put(0, 150, 600)
    glass.put(1, 200, 600)
    for step in range(10):
        glass.move(0, 150 - 10 * step, 600)
        glass.move(1, 200 + 10 * step, 600)
    glass.lift(0)
    glass.lift(1)
    assert page.evaluate("visualViewport.scale") == 1
