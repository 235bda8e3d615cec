"""Two page servers behind the documented Caddyfile, with TLS and a cookie for each visitor."""

import pytest

from tests.helpers.caddy import documented, needs_caddy, serve_caddy
from tests.helpers.page import CANVAS, draw, expect_digit, press, written
from tests.helpers.servers import ROOT, serve_page

pytestmark = pytest.mark.slow


@needs_caddy
def test_visitors_stay_with_their_server_and_move_when_it_stops(visit):
    environment = {"STREAMLIT_BROWSER_SERVER_ADDRESS": "localhost"}
    with serve_page(**environment) as (one, process), serve_page(**environment) as (two, _):
        options, sticky = documented("caddyfile")
        # Shorter than the visit: the limit must not end WebSockets.
        caddyfile = options[: options.index("\n}\n") + 3].replace("body 60s", "body 2s") + sticky
        for documented_port, url in (("8501", one), ("8502", two)):
            caddyfile = caddyfile.replace(f"127.0.0.1:{documented_port}", url[len("http://") :])
        with serve_caddy(caddyfile, "digits.example.org", tls=True) as (url,):
            page = visit(url, ignore_https_errors=True)
            draw(page, written(7))
            expect_digit(page, 7)
            page.wait_for_timeout(2_500)
            press(page, "Clear")
            draw(page, written(3))
            expect_digit(page, 3)
            for _ in range(3):
                # An upload is a separate request, and only the visitor's server accepts it.
                page = visit(f"{url}/photo", until=".st-key-ways", ignore_https_errors=True)
                page.locator("input[type=file]").set_input_files(ROOT / "docs" / "photo.jpg")
                page.locator(".st-key-photo_read", has_text="4").wait_for()
            process.terminate()
            process.wait(60)
            page.goto(url)
            page.locator(CANVAS).wait_for()
            draw(page, written(7))
            expect_digit(page, 7)
