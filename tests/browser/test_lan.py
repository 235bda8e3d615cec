"""The QR code by which phones in the room open the page."""

import cv2
import numpy as np
from playwright.sync_api import expect

from page.share.lan import interface_addresses
from tests.helpers.page import PHONE, draw, expect_digit, written
from tests.helpers.servers import running


def test_a_phone_opens_the_page_by_its_code(visit):
    options = ["--server.headless=true", "--server.address=0.0.0.0", "--server.port=0"]
    command = ["-m", "streamlit", "run", "app.py", "--server.baseUrlPath=digits", *options]
    card = interface_addresses()[0]
    with running(*command, health="/digits/_stcore/health") as (url, _):
        page = visit(f"{url}/digits".replace("127.0.0.1", card))
        for width, height in [(1366, 650), (1080, 1920), (820, 1180)]:
            page.set_viewport_size({"width": width, "height": height})
            page.get_by_role("link", name="Photo").click(trial=True)  # not covered
            page.get_by_role("button", name="Full screen").click(trial=True)
        page.get_by_role("button", name="On your phone").click()
        dialog = page.get_by_role("dialog")
        code = dialog.get_by_role("img", name="A QR code")
        picture = cv2.imdecode(np.frombuffer(code.screenshot(), np.uint8), cv2.IMREAD_COLOR)
        address, *_ = cv2.QRCodeDetector().detectAndDecode(picture)
        assert address == dialog.locator(".address").first.inner_text()
        assert card in address and address.endswith("/digits")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        phone = visit(address, **PHONE)
        draw(phone, written(4))
        expect_digit(phone, 4)
