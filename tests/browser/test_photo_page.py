"""The page "Photo": photographs of paper, uploaded on a phone."""

import io
import re
import urllib.request
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from pillow_heif import register_heif_opener
from playwright.sync_api import expect

from evaluation.photographs import camera as photos
from handwriting import pen
from tests.helpers.page import CANVAS, HANDS, PHONE, Glass
from tests.helpers.photographs import take_page

INPUT = "input[type=file]"
register_heif_opener()


def written(digit: int) -> pen.Strokes:
    skeleton = pen.strokes_from_skeleton(
        pen.VARIANTS[digit][HANDS[digit]], np.random.default_rng(0)
    )
    return pen.unit(skeleton)


def photographed(*rows: str, format: str = "JPEG") -> bytes:
    """An image file of a sheet with these digits."""
    symbols = [[written(int(digit)) for digit in row] for row in rows]
    rng = np.random.default_rng(2)
    picture = take_page("slanting light", symbols, rng) if rows else photos.take("white", None, rng)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format)
    return file.getvalue()


def hand_in(page, file: bytes, name: str = "page.jpg") -> None:
    page.locator(INPUT).set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": file}
    )


def keeps_files(server: str) -> bool:
    """Whether Streamlit still has any file that was uploaded."""
    with urllib.request.urlopen(f"{server}/_stcore/metrics") as answer:
        return b"UploadedFileManager" in answer.read()


@pytest.fixture
def phone(visit, server):
    page = visit(f"{server}/photo", until=".st-key-photo", **PHONE)
    page.locator(INPUT).wait_for(state="attached")
    return page


def test_a_page_of_numbers_is_read(phone, server):
    hand_in(phone, photographed("2026", "150"))
    expect(phone.locator(".number .text")).to_have_text("2026150")
    assert phone.locator(".number .text").inner_text().split() == ["2026", "150"]
    boxes = phone.locator(".picture button")
    expect(boxes).to_have_text(list("2026150"))
    # Each box is inside the picture, to the right of the previous one.
    picture = phone.locator(".picture img").bounding_box()
    places = [boxes.nth(k).bounding_box() for k in range(4)]
    assert all(picture["x"] <= a["x"] < b["x"] for a, b in pairwise(places))
    assert picture["width"] <= 360

    # A tap on a digit shows its confidence, bars, 28×28 pixels and activations.
    Glass(phone).tap(boxes.nth(3))
    expect(phone.locator(".one .says")).to_contain_text("I see a 6.")
    expect(boxes.nth(3)).to_have_attribute("aria-pressed", "true")
    expect(phone.locator(".bars .best .name")).to_have_text("6")
    toggle = phone.locator(".st-key-photo_look label")
    assert toggle.bounding_box()["height"] >= 44
    phone.get_by_text("Look inside").click()
    expect(phone.locator(".st-key-inside .maps img").first).to_be_in_viewport()
    expect(phone.get_by_alt_text(re.compile("speak for a 6"))).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360

    assert not keeps_files(server)
    phone.get_by_role("link", name="Draw a digit").click()
    phone.locator(CANVAS).wait_for()
    phone.get_by_role("link", name="Photo").click()
    phone.locator(INPUT).wait_for(state="attached")
    expect(phone.locator(".picture")).to_have_count(0)


def test_files_without_readable_digits_get_a_sentence(phone):
    says = phone.locator(".st-key-photo .says")
    hand_in(phone, b"%PDF-1.7", "page.pdf")
    expect(says).to_contain_text("not a picture that I can open")
    hand_in(phone, photographed())
    expect(says).to_contain_text("can’t find any writing")
    expect(phone.locator(".picture img")).to_be_visible()
    hand_in(phone, photographed("7", format="AVIF"), "IMG_1.avif")
    expect(says).to_contain_text("I see a 7.")
    hand_in(phone, photographed("3", format="HEIF"), "IMG_2.HEIC")
    expect(says).to_contain_text("I see a 3.")
    expect(phone.locator(".number")).to_have_count(0)
    expect(phone.locator("[data-testid=stException], [data-testid=stAlert]")).to_have_count(0)


def test_a_failed_upload_gets_a_sentence_of_our_own(phone, tmp_path):
    trouble = phone.locator(".st-key-photo .trouble")
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(33 << 20)
    phone.locator(INPUT).set_input_files(large)
    expect(trouble).to_contain_text("That picture is too big for me.")
    phone.route("**/_stcore/upload_file/**", lambda route: route.fulfill(status=403))
    hand_in(phone, photographed("7"))
    expect(trouble).to_contain_text("Your picture didn’t reach me.")
    expect(phone.locator("[data-testid=stFileChip]")).to_have_count(0)
    expect(phone.get_by_text(re.compile("Axios|File must be"))).to_have_count(0)
    phone.unroute("**/_stcore/upload_file/**")
    hand_in(phone, photographed("7"))
    expect(phone.locator(".st-key-photo .says")).to_contain_text("I see a 7.")
    expect(trouble).to_have_text("")
    assert phone.evaluate("isSecureContext")
    phone.get_by_text("Use a camera").click()
    phone.get_by_test_id("stCameraInput").wait_for()
