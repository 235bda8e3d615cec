"""The API on Ray Serve, for real: two replicas on this machine.

Ray is no part of requirements-dev.txt, and starting it takes its time: without it these tests are
skipped. `.ci/run` installs it and runs them.
"""

import threading
import time

import psutil
import pytest
import requests

from tests.conftest import running
from tests.test_api import as_file, assert_problem, classify, digits, drawing, upload

pytest.importorskip("ray", reason="Ray is not installed (pip install -r requirements-cluster.txt)")

PATIENCE = 120  # seconds
# As `serve run cluster:app` does, but on a free port.
SERVE = """
import ray
from ray import serve
ray.init(include_dashboard=False)
serve.start(http_options={"host": "127.0.0.1", "port": PORT})
from cluster import app
serve.run(app, blocking=True)
"""


@pytest.fixture(scope="module")
def cluster():
    environment = {
        "DIGITS_REPLICAS": "2",
        "DIGITS_MOST_REPLICAS": "2",
        "RAY_USAGE_STATS_ENABLED": "0",
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
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "It did not come to pass."
        time.sleep(0.2)


def test_answers_as_the_plain_api_does(cluster, api):
    url, _ = cluster
    files = [as_file(drawing(digit)) for digit in range(10)]
    assert upload(url, *files).json() == upload(api, *files).json()
    assert digits(upload(url, *files)) == list(range(10))
    assert_problem(classify(url, b"hello"), 400, "PNG")
    assert_problem(classify(url, files[0], "text/plain"), 415)
    assert requests.get(f"{url}/v1/model", timeout=60).json()["network"] == "convnet"


def test_a_replica_that_dies_takes_only_its_own_requests_and_comes_back(cluster):
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
            thread.join(PATIENCE)
    assert len(bad) <= clients, "more were lost than one replica can have held"
