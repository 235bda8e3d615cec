"""The limits of the API: pixels, waiting requests and bytes."""

import asyncio
import struct
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

from service.limits import LimitBodies
from tests.helpers.api_client import client_of, image, send, upload
from tests.helpers.fake import FakeClassifier
from tests.helpers.http import assert_problem, digits

# Pixels


def png_header(width: int, height: int) -> bytes:
    """A PNG with a header for this size, but without pixels."""
    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", size), (b"IDAT", zlib.compress(bytes(100))))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def test_too_many_pixels_are_rejected_by_the_header():
    with client_of() as client:
        for size in ((10_000, 4_001), (60_000, 60_000), (2**31 - 1, 2**31 - 1)):
            assert_problem(send(client, png_header(*size)), 413, "smaller")


def test_the_images_of_a_request_share_a_budget_of_pixels():
    with client_of(max_request_pixels=700) as client:
        small = image(0, height=2)
        results = upload(client, *[image(0)] * 5, small).json()["results"]  # 220 pixels each
        assert ["error" in result for result in results] == [False] * 3 + [True] * 2 + [False]
        assert results[3]["error"]["status"] == 413
        assert "together" in results[3]["error"]["detail"]
        assert digits(send(client, image(0))) == [0], "the next request has a budget of its own"


class Held(FakeClassifier):
    """Block every request with a large image until `release` is set."""

    def __init__(self):
        super().__init__()
        self.holding, self.release = threading.Semaphore(0), threading.Event()

    def predict(self, image, inside=False, source="any"):
        if getattr(image, "width", 0) > 500:
            self.holding.release()
            assert self.release.wait(60)
        return super().predict(image)


def test_small_requests_do_not_wait_for_large_ones():
    held = Held()
    large = image(4, height=2_500, width=2_000)
    with client_of(held, threads=2) as client, ThreadPoolExecutor() as clients:
        try:
            waiting = [clients.submit(send, client, large) for _ in range(8)]
            for _ in range(2):
                held.holding.acquire()
            assert digits(send(client, image(7))) == [7]
        finally:
            held.release.set()
        assert [one.result().status_code for one in waiting] == [200] * 8


def test_only_as_many_large_images_are_decoded_at_once_as_fit():
    held = Held()
    large = image(4, height=2_500, width=2_000)
    settings = {"threads": 4, "max_pixels": 6_000_000, "max_process_pixels": 13_000_000}
    with client_of(held, **settings) as client, ThreadPoolExecutor() as clients:
        try:
            waiting = [clients.submit(send, client, large) for _ in range(4)]
            for _ in range(2):
                held.holding.acquire()
            assert not held.holding.acquire(timeout=0.5), "a third is in memory"
        finally:
            held.release.set()
        assert [one.result().status_code for one in waiting] == [200] * 4


def test_a_full_queue_reports_when_to_try_again():
    held = Held()
    large = image(4, height=10, width=1_000)
    with client_of(held, threads=1, queue=0) as client, ThreadPoolExecutor() as clients:
        try:
            waiting = clients.submit(send, client, large)
            held.holding.acquire()
            answer = send(client, image(7))
            assert_problem(answer, 503, "second")
            assert int(answer.headers["Retry-After"]) >= 1
        finally:
            held.release.set()
        assert digits(waiting.result()) == [4]
        assert digits(send(client, image(7))) == [7], "the place was given back"


# Bytes


def test_a_body_that_is_too_large():
    with client_of(max_body=1_000) as client:
        assert_problem(send(client, bytes(1_001)), 413, "1,000")
        chunks = (bytes(100) for _ in range(11))  # a generator: its size is not announced
        assert_problem(send(client, chunks), 413, "1,000")
        assert digits(send(client, image(6))) == [6]


class Requests:
    """Requests to a `LimitBodies` whose application receives a body and then waits."""

    def __init__(self, **limits):
        self.received: list[str] = []
        self.statuses: dict[str, int] = {}
        self.finish: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task] = {}
        limits = {"max_body": 1_000_000, "max_process_bytes": 250_000, "max_wait": 60} | limits
        self.app = LimitBodies(self._app, **limits)

    async def _app(self, scope, receive, send):
        await receive()
        self.received.append(scope["path"])
        await self.finish[scope["path"]].wait()

    async def start(self, name: str, size: int | None) -> None:
        async def receive():
            return {"type": "http.request", "body": bytes(size or 10)}

        async def send(message):
            self.statuses[name] = message.get("status", self.statuses.get(name))

        header = (b"transfer-encoding", b"chunked")
        if size is not None:
            header = (b"content-length", str(size).encode())
        scope = {"type": "http", "method": "POST", "path": name, "headers": [header]}
        self.finish[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self.app(scope, receive, send))
        await asyncio.sleep(0.01)

    async def end(self, name: str) -> None:
        self.finish[name].set()
        await self.tasks[name]
        await asyncio.sleep(0.01)


def test_bodies_that_do_not_fit_wait_unreceived_in_their_order():
    async def run():
        requests = Requests()
        for name in "abcd":
            await requests.start(name, 100_000)
        assert requests.received == ["a", "b"], "both fit"
        await requests.start("small", 1_000)
        assert requests.received == ["a", "b", "small"], "small bodies do not wait"
        await requests.end("b")
        assert requests.received == ["a", "b", "small", "c"]
        await requests.end("a")
        for name in ("c", "d", "small"):
            await requests.end(name)
        assert requests.received == ["a", "b", "small", "c", "d"]

    asyncio.run(run())


def test_a_body_of_unknown_size_counts_as_the_largest():
    async def run():
        requests = Requests(max_body=200_000)
        await requests.start("unknown", None)
        await requests.start("next", 100_000)
        assert requests.received == ["unknown"]
        await requests.end("unknown")
        assert requests.received == ["unknown", "next"]
        await requests.end("next")

    asyncio.run(run())


def test_clients_that_disconnect_release_their_bytes():
    async def run():
        requests = Requests()
        for name in "abc":
            await requests.start(name, 200_000)
        requests.tasks["b"].cancel()  # waits
        requests.tasks["a"].cancel()  # is being received
        await asyncio.sleep(0.01)
        assert requests.received == ["a", "c"]
        await requests.end("c")

    asyncio.run(run())


def test_a_request_that_waits_too_long_gets_503():
    async def run():
        requests = Requests(max_wait=0.05)
        await requests.start("a", 200_000)
        await requests.start("b", 200_000)
        await requests.tasks["b"]
        assert requests.statuses == {"b": 503}
        await requests.end("a")
        await requests.start("c", 200_000)
        await requests.end("c")
        assert requests.received == ["a", "c"]

    asyncio.run(run())
