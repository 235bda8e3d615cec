"""The API on Ray Serve, for real: two replicas on this machine.

Ray is large and slow to start, so it is not in the dev group: without it these tests are skipped.
CI runs `uv run --group dev --extra cluster pytest tests/integration/test_cluster.py`.
"""

import threading
import time

import psutil
import pytest
import requests

from tests.helpers.http import as_file, assert_problem, digits, drawing, send, upload
from tests.helpers.servers import running

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
pytest.importorskip("ray", reason="Ray is not installed (uv sync --extra cluster)")

TIMEOUT = 120  # seconds
# As `serve run cluster:app` does, but on a free port. Ray can't find one itself, but shares it.
SERVE = """
import socket
import ray
from ray import serve
held = socket.socket()
held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
held.bind(("127.0.0.1", 0))
port = held.getsockname()[1]
ray.init(include_dashboard=False)
serve.start(http_options={"host": "127.0.0.1", "port": port})
from cluster import app
print(f"http://127.0.0.1:{port}")
serve.run(app, blocking=True)
"""


@pytest.fixture(scope="module")
def cluster():
    environment = {
        "DIGITS_REPLICAS": "2",
        "DIGITS_MOST_REPLICAS": "2",
        "RAY_USAGE_STATS_ENABLED": "0",
        # Under `uv run`, Ray would make each worker an environment of its own: half a minute here.
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    }
    with running("-c", SERVE, health="/health/ready", **environment) as (url, server):
        until(lambda: len(replicas(server)) == 2)
        yield url, server


def replicas(server) -> list[psutil.Process]:
    """The processes of the replicas; they are Ray's children, not the script's."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any("ServeReplica:default:Digits" in part for part in process.info["cmdline"] or ()):
            found.append(process)
    return found


def until(condition) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, "It did not come to pass."
        time.sleep(0.2)


def test_answers_as_the_plain_api_does(cluster, api):
    url, _ = cluster
    files = [as_file(drawing(digit)) for digit in range(10)]
    assert upload(url, *files).json() == upload(api, *files).json()
    assert digits(upload(url, *files)) == list(range(10))
    assert_problem(send(url, b"hello"), 400, "PNG")
    assert_problem(send(url, files[0], "text/plain"), 415)
    assert requests.get(f"{url}/v1/model", timeout=60).json()["network"] == "convnet"


def test_a_replica_that_dies_loses_only_its_requests_and_is_replaced(cluster):
    url, server = cluster
    file, clients = as_file(drawing(7)), 6
    good, bad, stop = [], [], threading.Event()

    def client():
        with requests.Session() as session:
            while not stop.is_set():
                answer = session.post(
                    f"{url}/v1/classify", file, headers={"Content-Type": "image/png"}, timeout=60
                )
                (good if answer.status_code == 200 and digits(answer) == [7] else bad).append(1)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: len(good) > 50)
        victim, other = replicas(server)
        victim.kill()
        so_far = len(good)
        until(lambda: {p.pid for p in replicas(server)} - {victim.pid, other.pid})
        until(lambda: len(good) > so_far + 100)
    finally:
        stop.set()
        for thread in threads:
            thread.join(TIMEOUT)
    assert len(bad) <= clients, "more were lost than one replica can have held"
