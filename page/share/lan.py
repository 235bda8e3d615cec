"""The page's address for phones in the same network, and the privacy line."""

from __future__ import annotations

import functools
import re
import socket
from html import escape
from ipaddress import ip_address

import streamlit as st

from page.core.hosts import IN_CONTAINER, bracketed, is_address, is_loopback, is_private, parse_url
from page.core.patch import patched_html
from page.core.settings import API, KIOSK, TALLY
from page.core.text import _, joined

# Interfaces that phones can't reach: of containers, virtual machines and tunnels.
VIRTUAL = re.compile(
    r"(docker|br-|veth|virbr|lxc|lxdbr|cni|podman|vmnet|vboxnet|utun|tun|tap|wg|ppp|zt)"
    r"|.*(virtualbox|vmware|vethernet|hyper-v|wsl|wireguard|tailscale|zerotier|bluetooth|tap-)",
    re.IGNORECASE,
)

ICON = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 3h10v18H7zM11 18h2" /></svg>'


def phone_button() -> None:
    """Show a button that opens a QR code of the address, if other devices can reach the page."""
    found = addresses(st.context.url or "")
    if found:
        patched_html(phones_html(found), "phones")


def phones_html(found: list[str]) -> str:
    """Return the button, and a dialog with a QR code per address; only the first one is open."""
    alt = _("A QR code with the address of this page")
    codes = [f'<div role="img" aria-label="{alt}">{qr_svg(address)}</div>' for address in found]
    if len(found) == 1:
        shown = f'<p class="address" dir="ltr">{escape(found[0])}</p>{codes[0]}'
    else:
        first, *others = (
            f'<summary class="address" dir="ltr">{escape(address)}</summary>{code}</details>'
            for address, code in zip(found, codes, strict=True)
        )
        hint = _("It doesn’t open? Try another address")
        shown = f'<details name="address" open>{first}<p>{hint}</p>' + "".join(
            f'<details name="address">{other}' for other in others
        )
    how = _("Is your phone on the same Wi-Fi? Then point its camera at this pattern.")
    return (
        f'<button type="button" class="phones" popovertarget="phones">{ICON}'
        f"<span>{_('On your phone')}</span></button>"
        '<dialog popover class="phones-dialog" id="phones" aria-labelledby="phones-title">'
        f'<h2 id="phones-title">{_("Draw on your own phone")}</h2><p>{how}</p>'
        f"{shown}"
        f'<button type="button" popovertarget="phones">{_("Close")}</button></dialog>'
    )


def privacy_line() -> None:
    """Show who gets to see the drawings."""
    counted = _("How often I was right is counted, without the drawings.") if TALLY else ""
    st.html(f'<p class="privacy">{joined(privacy(st.context.url or ""), counted)}</p>')


def privacy(url: str) -> str:
    """Return who gets to see the drawings of a visitor who opened the page at this address."""
    api = parse_url(API).hostname
    if api and not is_loopback(api):
        return _("Your drawings go to {host}, which reads them.").format(host=api)
    host = parse_url(url).hostname
    if host and not is_private(host):
        return _("Your drawings go to {host}, which reads them and keeps none.").format(host=host)
    return _("Nothing that you draw is kept or leaves this room.")


def addresses(url: str) -> list[str]:
    """Return the addresses at which other devices reach the page, the most promising one first.

    Args:
        url: the address that this visitor opened; the results have its scheme, port and path.

    Returns:
        Addresses; none if the server listens on this machine only.
    """
    here = parse_url(url)
    if not here.hostname:
        return []
    port = here.port
    listening = st.config.get_option("server.address")
    # A container doesn't know the interfaces of its machine.
    interfaces = [] if IN_CONTAINER else interface_addresses()
    if listening and listening not in ("0.0.0.0", "::"):
        interfaces = [] if is_loopback(listening) else [listening]
    if st.config.is_manually_set("browser.serverAddress"):
        hosts = [st.config.get_option("browser.serverAddress")]
        if st.config.is_manually_set("browser.serverPort"):
            port = st.config.get_option("browser.serverPort")
    elif is_loopback(here.hostname):
        hosts = interfaces
    elif here.hostname in interfaces:  # in use, so it comes first
        hosts = [here.hostname, *(host for host in interfaces if host != here.hostname)]
    elif interfaces and is_private(here.hostname) and not is_address(here.hostname):
        hosts = interfaces  # a name that phones may not know
    else:
        hosts = [here.hostname]
    query = "kiosk=0" if KIOSK else ""  # a visitor's own phone needs no kiosk mode
    page = here._replace(path=here.path or "/", query=query, fragment="")
    suffix = f":{port}" if port else ""
    return [page._replace(netloc=bracketed(host) + suffix).geturl() for host in hosts]


def interface_addresses() -> list[str]:
    """Return the IPv4 addresses of this machine, first that of the default route."""
    import ifaddr

    found = [
        (bool(VIRTUAL.match(card.name) or VIRTUAL.match(card.nice_name)), address.ip)
        for card in ifaddr.get_adapters()
        for address in card.ips
        if isinstance(address.ip, str)  # IPv4
        and not ip_address(address.ip).is_loopback
        and not ip_address(address.ip).is_link_local
    ]
    real = [ip for virtual, ip in found if not virtual] or [ip for _, ip in found]
    first = default_address()
    return sorted(dict.fromkeys(real), key=lambda ip: ip != first)


def default_address() -> str:
    """Return the address of the interface of the default route; empty if there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        try:
            sender.connect(("192.0.2.1", 9))  # TEST-NET-1, of RFC 5737; nothing is sent
            return sender.getsockname()[0]
        except OSError:
            return ""


@functools.lru_cache(maxsize=64)
def qr_svg(text: str) -> str:
    """Return a QR code as inline SVG, dark on light in any theme."""
    import segno

    return segno.make(text, error="m", micro=False).svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True
    )
