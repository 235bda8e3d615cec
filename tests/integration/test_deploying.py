"""The configuration files in docs/deploying.md work."""

import re
import socket
import subprocess
from shutil import which

import pytest
import requests

from tests.helpers.caddy import documented, needs_caddy, serve_caddy
from tests.helpers.http import as_file, digits, drawing, send
from tests.helpers.servers import ROOT


@pytest.fixture
def caddyfile(api) -> str:
    """The documented Caddyfile, as a proxy of the test's API."""
    return documented("caddyfile")[0].replace("127.0.0.1:8000", api.removeprefix("http://"))


def start_request(url: str, text: bytes) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    client = socket.create_connection((host, int(port)), timeout=60)
    client.sendall(text.replace(b"HOST", f"{host}:{port}".encode()))
    return client


@needs_caddy
def test_caddy_closes_connections_that_send_too_slowly(caddyfile):
    headers = b"POST /v1/classify HTTP/1.1\r\nHost: HOST\r\n"
    body = headers + b"Content-Type: image/png\r\nContent-Length: 1000\r\n\r\nten bytes."
    impatient = re.sub(r"(read_header|read_body) \d+s", r"\1 1s", caddyfile)
    with serve_caddy(impatient, "api.example.org") as (proxy,):
        clients = [start_request(proxy, text) for text in [headers, body] * 20]
        for client in clients:
            with client:
                try:
                    while client.recv(1000):  # until Caddy closes it; otherwise the test times out
                        pass
                except ConnectionResetError:
                    pass
        assert digits(send(proxy, as_file(drawing(7)))) == [7]


@needs_caddy
def test_caddy_rejects_large_bodies_and_keeps_metrics_private(caddyfile):
    with serve_caddy(caddyfile, "api.example.org") as (proxy,):
        assert send(proxy, bytes(11_000_000)).status_code == 413
        assert requests.get(f"{proxy}/metrics", timeout=60).status_code == 404
        assert requests.head(f"{proxy}/health/ready", timeout=60).status_code == 200


@pytest.mark.skipif(which("systemd-analyze") is None, reason="needs systemd")
def test_systemd_accepts_the_units(tmp_path):
    page, api = documented("ini")
    for name, unit in (("digits-page@8501.service", page), ("digits-api.service", api)):
        for program in re.findall(r"/srv/digits/app/.venv/bin/(\w+)", unit):
            assert which(program, path=str(ROOT / ".venv" / "bin")) or which(program)
        file = tmp_path / name
        file.write_text(re.sub("ExecStart=.*", "ExecStart=/bin/true", unit))
        done = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
