"""The page's address for phones, and its sentence about where drawings are sent."""

import pytest
import streamlit as st
from ifaddr import IP, Adapter

from page.share import lan as room

HERE = "http://localhost:8501"
CARDS = {
    "lo": "127.0.0.1",
    "docker0": "172.17.0.1",
    "tun0": "10.8.0.6",
    "eth0": "192.168.1.20",
    "wlan0": "192.168.7.3",
    "usb0": "169.254.3.4",
}


@pytest.fixture
def machine(monkeypatch):
    """A machine with several network cards; `machine(option=value)` sets Streamlit's options."""
    options = {"server.address": None}
    monkeypatch.setattr(room, "IN_CONTAINER", False)
    monkeypatch.setattr(room, "KIOSK", False)
    monkeypatch.setattr(room, "API", None)
    monkeypatch.setattr(room, "default_address", lambda: "192.168.7.3")
    monkeypatch.setattr(st.config, "get_option", options.get)
    monkeypatch.setattr(
        st.config, "is_manually_set", lambda name: name.startswith("browser.") and name in options
    )
    monkeypatch.setattr(
        "ifaddr.get_adapters",
        lambda: [
            Adapter(name, name, [IP(("fe80::1", 0, 2), 64, name), IP(ip, 24, name)])
            for name, ip in CARDS.items()
        ],
    )

    def change(container: bool = False, kiosk: bool = False, **changed: object) -> None:
        monkeypatch.setattr(room, "IN_CONTAINER", container)
        monkeypatch.setattr(room, "KIOSK", kiosk)
        options.update({name.replace("_", ".", 1): value for name, value in changed.items()})

    return change


def test_offers_the_cards_that_phones_may_reach(machine):
    """Not those of containers and tunnels; the one that leads to other networks is first."""
    both = ["http://192.168.7.3:8501/", "http://192.168.1.20:8501/"]
    assert room.addresses(HERE) == both
    assert room.addresses("http://127.0.0.1:8501") == both
    assert room.addresses("http://museum-pc:8501/") == both


@pytest.mark.parametrize(
    "url, expected",
    [
        ("http://192.168.1.20:8501", ["http://192.168.1.20:8501/", "http://192.168.7.3:8501/"]),
        ("http://localhost:80/digits", ["http://192.168.7.3:80/digits", None]),
        ("https://digits.museum.org/show/", ["https://digits.museum.org/show/"]),
        ("http://10.1.1.1:9000", ["http://10.1.1.1:9000/"]),  # forwarded from another machine
        ("", []),
    ],
)
def test_keeps_what_the_visitor_uses(machine, url, expected):
    found = room.addresses(url)
    assert len(found) == len(expected)
    for one, wanted in zip(found, expected, strict=True):
        assert wanted in (one, None)


def test_a_server_for_this_machine_only_offers_nothing(machine):
    machine(server_address="127.0.0.1")
    assert room.addresses(HERE) == []
    machine(server_address="localhost")
    assert room.addresses(HERE) == []
    machine(server_address="192.168.1.20")
    assert room.addresses("http://192.168.1.20:8501") == ["http://192.168.1.20:8501/"]


def test_a_container_does_not_know_its_machines_cards(machine):
    machine(container=True)
    assert room.addresses(HERE) == []
    assert room.addresses("http://192.168.5.5:8501") == ["http://192.168.5.5:8501/"]
    machine(container=True, browser_serverAddress="exhibit.lan", browser_serverPort=80)
    assert room.addresses(HERE) == ["http://exhibit.lan:80/"]


def test_phones_are_no_kiosks(machine):
    machine(kiosk=True)
    assert room.addresses("http://192.168.5.5:8501") == ["http://192.168.5.5:8501/?kiosk=0"]


def test_finds_cards_on_this_machine():
    assert all(room.is_address(one) for one in room.interface_addresses())


@pytest.mark.parametrize(
    "url, api, said",
    [
        (HERE, None, "Nothing that you draw is kept or leaves this room."),
        ("http://192.168.1.20:8501", "http://[::1]:8000", "Nothing that you draw is kept"),
        ("https://digits.museum.org", None, "Your drawings go to digits.museum.org, which"),
        (HERE, "https://me:secret@reader.example.org/v", "Your drawings go to reader.example.org,"),
        ("https://digits.museum.org", "http://10.0.0.9:8000", "Your drawings go to 10.0.0.9,"),
    ],
)
def test_says_where_drawings_go(monkeypatch, url, api, said):
    monkeypatch.setattr(room, "API", api)
    sentence = room.privacy(url)
    assert sentence.startswith(said) and "secret" not in sentence
