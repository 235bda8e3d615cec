"""The part of the benchmark that loads HTTP servers, with wrk (Debian has it)."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import which

from PIL import Image

from bench.pages import ROOT, Kind, serve
from bench.process_parts import drawings
from bench.table import Measure

CONNECTIONS = 8
SCRIPT = ROOT / "bench" / "post.lua"


def api(keras_model: Path, seconds: int) -> list[Measure]:
    """Measure the throughput of each server, and its response times at half of that load."""
    if which("wrk") is None:
        print("No wrk: the part `api` is left out (apt-get install wrk).", flush=True)
        return []
    rate = Measure(f"drawings, one a request, on {CONNECTIONS} connections", "a second")
    half = Measure("response time at half of that load: median", "ms")
    half_late = Measure("… 95th percentile", "ms")
    errors = Measure("requests that failed", "")
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder, "drawing.png")
        Image.fromarray(drawings()[7]).convert("RGB").save(image)
        for kind in kinds(keras_model):
            with serve(kind) as server:
                load(server.url, image, 2)  # to warm up
                full = load(server.url, image, seconds)
                each = max(1, full["requests"]) / full["seconds"] / CONNECTIONS
                calm = load(server.url, image, seconds, pause=1 / each)
            rate.add(kind.name, each * CONNECTIONS)
            half.add(kind.name, calm["p50"])
            half_late.add(kind.name, calm["p95"])
            errors.add(kind.name, full["errors"] + calm["errors"])
    return [rate, half, half_late, errors]


def kinds(keras_model: Path) -> list[Kind]:
    """Return the servers to compare."""
    uvicorn = (sys.executable, "-m", "uvicorn", "--no-access-log")
    gunicorn = (sys.executable, "-m", "gunicorn", "--threads=8", "--timeout=120")
    ours = (*uvicorn, "api:app", "--port=PORT")
    constant = (*uvicorn, "bench.baselines.constant_api:app", "--port=PORT")
    usual = (*gunicorn, "bench.baselines.usual_api:app", "--bind=127.0.0.1:PORT")
    return [
        Kind("this project, 1 worker", ours, health="/health/ready"),
        Kind("this project, 2 workers", (*ours, "--workers=2"), health="/health/ready"),
        Kind("our server with a constant answer", constant, health="/health/ready"),
        Kind(
            "Flask with model.predict", usual, health="/health/ready",
            environment={"KERAS_MODEL": str(keras_model)},
        ),
    ]  # fmt: skip


def load(url: str, image: Path, seconds: int, pause: float = 0) -> dict[str, float]:
    """Run wrk for some seconds; return what its script prints."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout=30s"]
    command += ["-s", str(SCRIPT), f"{url}/v1/classify", "--", str(image), f"{pause:.6f}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    time.sleep(0.5)
    return json.loads(done.stdout.splitlines()[-1])
