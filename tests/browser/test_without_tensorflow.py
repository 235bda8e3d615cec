"""The pages where TensorFlow is not installed."""

from tests.helpers.packages import hide_modules
from tests.helpers.page import CANVAS, draw, expect_digit, written
from tests.helpers.servers import serve


def test_every_page_works_without_tensorflow(visit, tmp_path):
    hide_modules(tmp_path, "tensorflow", "keras")
    with serve(PYTHONPATH=str(tmp_path)) as url:
        page = visit(url + "/learned", until=".misread figure")
        page.get_by_role("button", name="Let’s go!").click()
        page.locator(".lesson[data-state=looking]").wait_for()
        page.get_by_role("link", name="Draw a digit").click()
        page.locator(CANVAS).wait_for()
        draw(page, written(5))
        expect_digit(page, 5)
