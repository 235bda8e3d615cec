"""The style sheets, and their links in the page."""

import asyncio

from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.testclient import TestClient

from page.core.first_page import blocked_html, preload_html
from page.core.style import PAGE, STYLE_SHEETS, Style, colours_css, style_html

PAGE_HTML = "<html><head><title>x</title></head><body></body></html>"


async def streamlit(scope, receive, send):
    """Answer as Streamlit does: with a page that a browser may cache, or with a script."""
    headers = dict(scope["headers"])
    if scope["method"] == "GET" and scope["path"] == "/":
        assert b"accept-encoding" not in headers, "the page would be compressed"
    if b"if-none-match" in headers:
        response = PlainTextResponse("", 304)
    elif scope["path"] == "/":
        response = HTMLResponse(PAGE_HTML, headers={"etag": '"streamlit"'})
    else:
        response = PlainTextResponse("</body>")
    await response(scope, receive, send)


def test_a_page_has_the_style_before_anything_is_painted():
    client = TestClient(Style(streamlit), headers={"accept": "text/html,*/*"})
    answer = client.get(
        "/", headers={"if-none-match": '"streamlit"', "accept-language": "de-CH, en"}
    )
    end = f"{style_html()}{blocked_html('de')}</body>"
    html = PAGE_HTML.replace("</body>", end).replace("</head>", f"{preload_html()}</head>")
    assert answer.text == html
    assert int(answer.headers["content-length"]) == len(answer.content)
    # Otherwise browsers would keep the style sheets of an older version.
    assert "etag" not in answer.headers


def test_the_sentence_about_websockets_is_in_the_browsers_language():
    assert 'lang="de" dir="ltr">Immer noch nichts?' in blocked_html("de-CH,de;q=0.9,en;q=0.8")
    assert 'lang="ar" dir="rtl"' in blocked_html("ar")
    for unknown in ("", "*", "tlh", ";;,"):
        assert 'lang="en" dir="ltr">Still nothing?' in blocked_html(unknown)


def test_nothing_else_is_changed():
    client = TestClient(Style(streamlit))
    assert client.get("/static/script.js", headers={"accept": "*/*"}).text == "</body>"
    assert client.head("/", headers={"accept": "text/html"}).status_code == 200


def test_websockets_are_passed_on():
    passed = []

    async def app(scope, receive, send):
        passed.append(scope)

    scope = {"type": "websocket", "headers": []}
    asyncio.run(Style(app)(scope, None, None))
    assert passed == [scope]


def test_every_style_sheet_is_loaded_or_belongs_to_the_canvas():
    loaded = {PAGE / name for name in STYLE_SHEETS}
    assert loaded | {PAGE / "draw" / "canvas.css"} == set(PAGE.rglob("*.css"))


def test_the_colours_of_the_theme_are_defined_once():
    for colour in ("#C2410C", "#FFB454", "#EFE9DF", "#1F2A3D"):
        assert colour in colours_css()
        for file in [*PAGE.rglob("*.css"), *PAGE.rglob("*.js"), *PAGE.rglob("*.py")]:
            assert colour not in file.read_text("utf-8").upper(), file
