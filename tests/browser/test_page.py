"""The page as a whole: its visitors, its requests, and its error messages."""

import re
import shutil
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from tests.helpers.page import (
    CANVAS,
    draw,
    draw_by_mouse,
    expect_answer,
    expect_digit,
    expect_invitation,
    press,
    region,
    written,
)
from tests.helpers.servers import ROOT, TIMEOUT, serve


def test_two_visitors_do_not_see_each_others_drawings(visit):
    one, other = visit(), visit()
    draw(one, written(2))
    expect_digit(one, 2)
    expect_invitation(other)
    draw(other, written(9))
    expect_digit(other, 9)
    expect_digit(one, 2)
    press(other, "Clear")
    expect_invitation(other)
    expect_digit(one, 2)


def test_requests_nothing_unnecessary(visit):
    """It requests nothing from other hosts, and no script that the HTML does not name.

    Such a script would load only after the server answered, and delay the canvas.
    """
    page = visit()
    html = page.request.get(page.url, headers={"Accept": "text/html"}).text()
    scripts = [url for url in page.requested if url.startswith("http") and url.endswith(".js")]
    assert scripts
    assert [url for url in scripts if urlsplit(url).path not in html] == []
    page.get_by_text("Nothing that you draw is kept or leaves this room.").wait_for()
    assert region(page, "phones").count() == 0, "a page for this machine only has no QR code"
    draw(page, written(0))
    expect_digit(page, 0)
    press(page, "Clear")
    expect_invitation(page)
    page.wait_for_load_state("networkidle")
    # data: and blob: URLs are made by the page itself.
    asked = [url for url in page.requested if not url.startswith(("data:", "blob:http://127."))]
    hosts = {urlsplit(url).hostname for url in asked}
    assert hosts == {"127.0.0.1"}
    asked = [urlsplit(url).path for url in asked if "drawable" in url]
    assert asked, "its script"
    assert not [path for path in asked if path.endswith(".css")], "the canvas's is not needed"


def missing(model: Path) -> None:
    shutil.rmtree(model)


def cut_short(model: Path) -> None:
    network = model / "digits.tflite"
    network.write_bytes(network.read_bytes()[:1000])


def without_sense(model: Path) -> None:
    (model / "card.json").write_text("{")


def test_explains_a_bad_model_and_loads_a_repaired_one(visit, tmp_path):
    model = tmp_path / "model"
    with serve(DIGITS_MODEL=str(model)) as url:
        page = None
        for damage in (missing, cut_short, without_sense):
            shutil.copytree(ROOT / "model", model, dirs_exist_ok=True)
            damage(model)
            if page:
                page.reload()
                page.locator(CANVAS).wait_for()
            else:
                page = visit(url)
            answer = expect_answer(page, "can’t read digits right now.*python train.py")
            draw(page, written(7))  # must not change that
            assert answer == expect_answer(page, "can’t read digits right now.*python train.py")
            assert "Traceback" not in page.content()
            assert page.locator("[data-testid=stException]").count() == 0
        shutil.copytree(ROOT / "model", model, dirs_exist_ok=True)
        page.reload()
        page.locator(CANVAS).wait_for()
        expect_invitation(page)
        draw(page, written(7))
        expect_digit(page, 7)


def test_an_unknown_address_shows_the_first_page(visit, server):
    page = visit(f"{server}/nothing")
    expect(page.locator("[data-testid=stDialog]")).to_have_count(0)
    draw_by_mouse(page, written(3))
    expect_digit(page, 3)


# Libraries that can't be loaded or fail, and what visitors then read.
BROKEN = {
    "ai_edge_litert": ("import no_such_library", "--force-reinstall ai-edge-litert"),
    "streamlit_drawable_canvas": ("def st_canvas(**_): 1 / 0", "Something went wrong"),
}


@pytest.mark.parametrize("library", BROKEN)
def test_whatever_goes_wrong_visitors_get_a_sentence(visit, tmp_path, library):
    code, words = BROKEN[library]
    (tmp_path / library).mkdir()
    (tmp_path / library / "__init__.py").write_text(code)
    with serve(PYTHONPATH=str(tmp_path)) as url:
        page = visit(url, until=".says[role=alert]")
        shown = page.locator("body").inner_text()
        assert "can’t read digits right now" in shown and words in shown
        assert not re.search("Traceback|Error|zero|no_such", shown.replace("zero to nine", ""))
        assert page.locator("[data-testid=stException]").count() == 0
        if library == "ai_edge_litert":
            learned = visit(f"{url}/learned", until="[role=alert]")
            assert words in learned.locator("body").inner_text()
            assert learned.locator("[data-testid=stException]").count() == 0


def test_what_went_wrong_is_in_the_log(monkeypatch, caplog):
    def fail(folder):
        raise RuntimeError("a secret of the house")

    # AppTest makes the page this process's main module, which new processes would run again.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr("digits.DigitClassifier.load", fail)
    page = AppTest.from_file(str(ROOT / "page" / "main.py"), default_timeout=TIMEOUT).run()
    assert not page.exception
    assert "a secret of the house" in caplog.text, "nobody can find out what it was"


def test_nobody_is_asked_for_an_address_or_counted():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["showEmailPrompt"] is False
    assert config["browser"]["gatherUsageStats"] is False
