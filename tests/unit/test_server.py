"""The middleware around the page's server."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit import config

from page.core import server
from page.core.server import OneUpload, is_own_host, is_own_origin


@pytest.fixture
def options(monkeypatch):
    """Streamlit's options; `options["browser.serverAddress"] = …` sets one."""
    options: dict[str, Any] = {
        "server.allowedHosts": [],
        "server.corsAllowedOrigins": [],
        "server.enableCORS": True,
    }
    monkeypatch.setattr(server, "IN_CONTAINER", False)
    monkeypatch.setattr(config, "get_option", options.get)
    monkeypatch.setattr(config, "is_manually_set", options.__contains__)
    return options


@pytest.mark.parametrize(
    "host",
    ["localhost:8501", "127.0.0.1", "[::1]:80", "192.168.1.2:8501", "museum-pc", "pc.local:1"],
)
def test_local_names_and_addresses_are_our_own(options, host):
    assert is_own_host(host)


@pytest.mark.parametrize(
    "host", ["rebound.example.org:8501", "", "[", "a:99999", "localhost.evil.org", "evil.org#.lan"]
)
def test_a_public_name_is_our_own_only_if_it_is_set(options, host):
    assert not is_own_host(host)
    options["browser.serverAddress"] = "digits.example.org"
    assert not is_own_host(host)
    assert is_own_host("digits.example.org") and is_own_host("digits.example.org:443")


def test_a_container_accepts_all_names_until_one_is_set(options, monkeypatch):
    monkeypatch.setattr(server, "IN_CONTAINER", True)
    assert is_own_host("digits.hf.space")
    options["browser.serverAddress"] = "digits.example.org"
    assert is_own_host("digits.example.org") and is_own_host("172.17.0.2:7860")
    assert not is_own_host("digits.hf.space")


def test_only_the_page_itself_connects_unless_another_origin_is_set(options):
    host = "192.168.1.2:8501"
    assert is_own_origin(None, host)  # not a browser
    assert is_own_origin(f"http://{host}", host)
    for origin in ("http://localhost:3000", "null", "http://[", "http://192.168.1.2:3000", ""):
        assert not is_own_origin(origin, host)
    assert not is_own_origin("https://digits.example.org", host)
    options["browser.serverAddress"] = "digits.example.org"  # behind a proxy that renames the host
    assert is_own_origin("https://digits.example.org", host)
    options["server.corsAllowedOrigins"] = ["http://localhost:3000"]
    assert is_own_origin("http://localhost:3000", host)
    assert not is_own_origin("http://localhost:3001", host)


def test_a_visit_sends_one_file_at_a_time_and_keeps_one(monkeypatch):
    removed: list[str] = []
    manager = SimpleNamespace(remove_session_files=removed.append)
    monkeypatch.setattr(server, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=manager))

    async def scenario() -> list[list[int]]:
        finish = asyncio.Event()

        async def receiver(scope, receive, send):
            await finish.wait()
            await send({"type": "http.response.start", "status": 204, "headers": []})

        app = OneUpload(receiver)
        statuses: list[list[int]] = []

        async def put(visit: str) -> None:
            mine: list[int] = []
            statuses.append(mine)

            async def send(message):
                if message["type"] == "http.response.start":
                    mine.append(message["status"])

            path = f"/base/_stcore/upload_file/{visit}/a-file"
            await app({"type": "http", "method": "PUT", "path": path, "headers": []}, None, send)

        first = asyncio.create_task(put("one"))
        await asyncio.sleep(0)
        second = asyncio.create_task(put("other"))
        await put("one")  # refused at once
        finish.set()
        await asyncio.gather(first, second)
        await put("one")
        return statuses

    assert asyncio.run(scenario()) == [[204], [429], [204], [204]]
    assert removed == ["one", "other", "one"]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (None, "http://localhost:8501/digits"),
        ("::", "http://localhost:8501/digits"),
        ("::1", "http://[::1]:8501/digits"),
        ("192.168.1.2", "http://192.168.1.2:8501/digits"),
    ],
)
@pytest.mark.parametrize("headless", [True, False])
def test_a_browser_opens_if_there_is_a_screen(
    options, monkeypatch, capsys, headless, own, expected
):
    opened: list[str] = []
    monkeypatch.setattr("streamlit.cli_util.open_browser", opened.append)
    monkeypatch.setattr(server, "raise_descriptor_limit", lambda: None)
    options |= {
        "server.headless": headless,
        "server.baseUrlPath": "digits",
        "browser.serverPort": 8501,
        "server.address": own,
    }

    async def start() -> None:
        async with server.lifespan(None):
            await asyncio.sleep(0.5)

    asyncio.run(start())
    assert opened == ([] if headless else [expected])
    # Streamlit prints the others.
    assert capsys.readouterr().out == (f"  In a browser: {expected}\n\n" if own == "::1" else "")
