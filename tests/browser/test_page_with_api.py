"""The page with an API that reads for it (DIGITS_API)."""

from tests.helpers.page import close_panel, draw, expect_answer, expect_digit, press, written
from tests.helpers.servers import serve, serve_api


def test_the_page_uses_the_api_and_reports_when_it_is_down(visit, tmp_path):
    from playwright.sync_api import expect

    with (
        serve_api() as (api_url, api),
        serve(DIGITS_API=api_url, DIGITS_MODEL=str(tmp_path)) as url,
    ):
        page = visit(url)
        by_itself = visit()
        for one in (page, by_itself):
            draw(one, written(7))
            expect_digit(one, 7)
            one.locator(".st-key-seen img").wait_for()
        for region in (".st-key-answer", ".st-key-seen"):
            assert page.locator(region).inner_html() == by_itself.locator(region).inner_html()
        # The API does not return activations.
        assert page.locator(":is(.st-key-open_story, .st-key-open_teach)").count() == 0
        press(page, "Can I fool you?")
        page.locator(".st-key-play .task").wait_for()
        draw(page, written(7))  # a challenge ignores earlier drawings
        expect(page.locator(".st-key-play .hint")).to_contain_text("I can still read it")
        close_panel(page)
        learned, ours = (
            visit(f"{address}/learned", until=".misread img")
            for address in (url, by_itself.url.rstrip("/"))
        )
        gallery = "images => images.map(image => [image.src, image.alt])"
        shown = [one.locator(".misread img").evaluate_all(gallery) for one in (learned, ours)]
        assert shown[0] == shown[1] != []
        api.terminate()
        api.wait(30)
        press(page, "Clear")
        draw(page, written(3))  # a new drawing: the last one has been read already
        assert api_url in expect_answer(page, "can’t read digits right now")
        assert "Traceback" not in page.locator("body").inner_text()
