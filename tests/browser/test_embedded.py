"""The page in a frame of another site, as Hugging Face Spaces show it."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.test_photo_page import INPUT, photographed
from tests.helpers.servers import serve


@pytest.fixture
def site() -> Iterator[tuple[str, dict[str, str]]]:
    """Serve another site; yield its address, and a dictionary with the address in its frame."""
    framed = {"src": ""}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            style = "width: 1200px; height: 700px"
            self.wfile.write(f'<iframe src="{framed["src"]}" style="{style}">'.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", framed
    server.shutdown()
    server.server_close()


def test_a_site_that_is_allowed_shows_the_page_and_its_visitors_upload(visit, site):
    address, framed = site
    with serve(DIGITS_EMBED=address) as url:
        # Another host name, so that it is another site for cookies.
        framed["src"] = url.replace("127.0.0.1", "localhost") + "/photo?embed=true"
        page = visit(address, until="iframe")
        frame = page.frame_locator("iframe")
        frame.locator(INPUT).wait_for(state="attached")
        frame.locator(INPUT).set_input_files(
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photographed("7")}
        )
        expect(frame.locator(".st-key-photo .says")).to_contain_text("I see a 7.")


def test_no_other_site_shows_the_page(visit, site, server):
    address, framed = site
    framed["src"] = server
    page = visit(address, until="iframe")
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.reload()
