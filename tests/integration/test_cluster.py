"""The API on a real Ray Serve, with two replicas on this machine.

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
# Like `serve run cluster:app`, but on a free port, which Ray can't choose but can share.
SERVE = """
import socket
import ray
from ray import serve
reserved = socket.socket()
reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
reserved.bind(("127.0.0.1", 0))
port = reserved.getsockname()[1]
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
        # Under `uv run`, Ray would spend half a minute on a separate environment for each worker.
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    }
    with running("-c", SERVE, health="/health/ready", **environment) as (url, server):
        wait_until(lambda: len(replicas(server)) == 2)
        yield url, server


def replicas(server) -> list[psutil.Process]:
    """Find the processes of the replicas, which are children of Ray, not of the script."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any("ServeReplica:default:Digits" in part for part in process.info["cmdline"] or ()):
            found.append(process)
    return found


def wait_until(condition) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, "The condition was never met."
        time.sleep(0.2)


def test_the_answers_equal_those_of_the_plain_api(cluster, api):
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
        wait_until(lambda: len(good) > 50)
        victim, other = replicas(server)
        victim.kill()
        count = len(good)
        wait_until(lambda: {p.pid for p in replicas(server)} - {victim.pid, other.pid})
        wait_until(lambda: len(good) > count + 100)
    finally:
        stop.set()
        for thread in threads:
            thread.join(TIMEOUT)
    assert len(bad) <= clients, "more requests failed than one replica can process at once"
