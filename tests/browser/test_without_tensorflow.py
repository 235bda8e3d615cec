"""The pages where TensorFlow is not installed."""

from tests.helpers.packages import hide_modules
from tests.helpers.page import draw, expect_digit, written
from tests.helpers.servers import serve


def test_without_tensorflow_it_says_how_to_add_it_and_shows_the_rest(visit, tmp_path):
    from playwright.sync_api import expect

    hide_modules(tmp_path, "tensorflow", "keras")
    with serve(PYTHONPATH=str(tmp_path)) as url:
        page = visit(url + "/learned", until=".misread figure")
        watch = page.locator(".st-key-watch")
        expect(watch).to_contain_text("TensorFlow is not installed: ")
        expect(watch).to_contain_text("--extra train")
        assert watch.get_by_role("button").count() == 0
        assert watch.locator(".chart, .readings").count() == 0
        expect(page.locator("section .chart")).to_be_visible()
        page.get_by_role("link", name="Draw a digit").click()
        page.locator("canvas.upper-canvas").wait_for()
        draw(page, written(5))
        expect_digit(page, 5)
