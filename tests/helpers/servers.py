"""Start the real page and the real API for a test, each on a port that the system chooses."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TIMEOUT = 180  # seconds, for slow machines; nothing waits longer than it must


@contextmanager
def running(
    *command: str, health: str, **environment: str
) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run `python *command` until the block ends; yield the server's address and its process.

    The server must listen on port 0, for which the system chooses a free port, and print its
    address. So no other process can take the port meanwhile.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        log = Path(folder, "log")
        with log.open("wb") as file:
            server = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            yield _wait_until_healthy(server, log, health), server
        finally:
            server.terminate()
            server.wait(TIMEOUT)


def _wait_until_healthy(server: subprocess.Popen, log: Path, health: str) -> str:
    deadline = time.monotonic() + TIMEOUT
    while True:
        said = log.read_text("utf-8", errors="replace")
        address = re.search(r"http://(?:127\.0\.0\.1|localhost):\d+", said)
        if address:
            url = address[0].replace("localhost", "127.0.0.1")
            if _is_healthy(url + health):
                return url
        assert server.poll() is None, f"The server ended with {server.returncode}:\n{said}"
        assert time.monotonic() < deadline, f"The server did not come up:\n{said}"
        time.sleep(0.05)


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            return answer.status == 200
    except OSError:
        return False


@contextmanager
def serve_page(port: int = 0, **environment: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run the page with these environment variables; yield its address and its process."""
    command = ["-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += ["--server.address=127.0.0.1", f"--server.port={port}"]
    with running(*command, health="/_stcore/health", **environment) as started:
        yield started


@contextmanager
def serve(**environment: str) -> Iterator[str]:
    """Run the page with these environment variables; yield its address."""
    with serve_page(**environment) as (url, _):
        yield url


@contextmanager
def serve_api(
    *options: str, health: str = "/health/ready", **environment: str
) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run the API with uvicorn's options and these environment variables."""
    command = ["-m", "uvicorn", "api:app", "--port=0", *options]
    with running(*command, health=health, **environment) as started:
        yield started


@contextmanager
def serve_app(app: Any) -> Iterator[str]:
    """Run an ASGI application in a thread of this process; yield its address."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "The application did not start."
                time.sleep(0.005)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(TIMEOUT)
