"""Host names and addresses: which of them refer to this machine or the local network."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

IN_CONTAINER = any(Path(file).exists() for file in ("/.dockerenv", "/run/.containerenv"))


def parse_url(url: str | None) -> SplitResult:
    """Split an untrusted URL; all parts are empty if it is malformed."""
    try:
        parts = urlsplit(url or "")
        _ = parts.port  # raises where `urlsplit` does not
    except ValueError:
        return urlsplit("")
    return parts


def is_address(host: str) -> bool:
    """Whether this is an IP address and not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether an address or a name refers to the machine that uses it."""
    if is_address(host):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def is_private(host: str) -> bool:
    """Whether an address or a name belongs to a local network."""
    if is_address(host):
        return ip_address(host).is_private
    local_name = host != "" and "." not in host
    return local_name or host.endswith((".localhost", ".local", ".lan", ".home.arpa"))


def bracketed(host: str) -> str:
    """Return a host as it is written in a URL: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host
