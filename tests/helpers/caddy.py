"""Run Caddy with a Caddyfile of docs/deploying.md."""

import os
import re
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import pytest

from tests.helpers.servers import ROOT, TIMEOUT

needs_caddy = pytest.mark.skipif(which("caddy") is None, reason="needs Caddy (apt install caddy)")


def documented(kind: str) -> list[str]:
    """The code blocks of this kind in docs/deploying.md."""
    text = (ROOT / "docs" / "deploying.md").read_text("utf-8")
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)


@contextmanager
def serve_caddy(caddyfile: str, *sites: str, tls: bool = False) -> Iterator[list[str]]:
    """Run Caddy until the block ends; yield the addresses of the sites.

    Args:
        caddyfile: the configuration.
        sites: names in it, which are replaced by addresses of this machine.
        tls: whether Caddy signs its own certificates, which no browser trusts.
    """
    scheme = "https" if tls else "http"
    urls = [f"{scheme}://localhost:{_free_port()}" for _ in sites]
    for site, url in zip(sites, urls, strict=True):
        assert f"\n{site} {{" in f"\n{caddyfile}"
        caddyfile = caddyfile.replace(f"{site} {{", f"{url} {{")
    if not caddyfile.startswith("{"):
        caddyfile = "{\n}\n" + caddyfile
    local = "admin off\nlocal_certs\nskip_install_trust\nauto_https disable_redirects\n"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder, "Caddyfile")
        file.write_text(caddyfile.replace("{", "{\n" + local, 1))
        command = ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]
        environment = {**os.environ, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}
        log = Path(folder, "log")
        with log.open("wb") as output:
            caddy = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            for url in urls:
                _wait(caddy, url, log)
            yield urls
        finally:
            caddy.terminate()
            caddy.wait(TIMEOUT)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def _wait(caddy: subprocess.Popen, url: str, log: Path) -> None:
    """Wait until Caddy listens at this address, with a certificate if it uses HTTPS."""
    port = int(url.rpartition(":")[2])
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    deadline = time.monotonic() + TIMEOUT
    while True:
        assert caddy.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                if url.startswith("https"):
                    trusting.wrap_socket(connection, server_hostname="localhost").close()
            return
        except OSError:
            time.sleep(0.05)
