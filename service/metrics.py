"""Counts and times for Prometheus."""

import hashlib
import multiprocessing
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from fastapi import Response


class Metrics:
    """Counts and times, of all workers if `uvicorn --workers` started several.

    Each worker writes its numbers to a file in a shared folder, and any of them can add them up:
    the multiprocess mode of prometheus_client, which must be enabled before its first import.
    """

    def __init__(self) -> None:
        self._share()
        import prometheus_client as prometheus

        self._registry = prometheus.CollectorRegistry()
        self.images = prometheus.Counter(
            "digits_images", "Images by verdict.", ["verdict"], registry=self._registry
        )
        self.seconds = prometheus.Histogram(
            "digits_classify_seconds",
            "From the end of a request to its response.",
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
            registry=self._registry,
        )

    def _share(self) -> None:
        self._own: Path | None = None  # a file that shows that this worker uses the folder
        if multiprocessing.parent_process() is None:
            return
        # The workers of a server have this key in common; no other process has it.
        key = multiprocessing.current_process().authkey
        name = f"digits-metrics-{hashlib.sha256(key).hexdigest()[:16]}"
        folder = str(Path(tempfile.gettempdir(), name))
        if os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder) == folder:
            Path(folder).mkdir(mode=0o700, exist_ok=True)
            self._own = Path(folder, f"worker-{os.getpid()}")
            self._own.touch()

    def count(self, result: dict[str, Any]) -> None:
        """Count the result for one image."""
        if "text" in result:
            verdict = "unsure" if "?" in result["text"] else "digit" if result["text"] else "blank"
        else:
            verdict = result.get("verdict", "error")
        self.images.labels(verdict).inc()

    def response(self) -> Response:
        """Return all numbers in Prometheus's text format."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    def close(self) -> None:
        """Remove the shared folder if no other worker uses it."""
        if self._own:
            self._own.unlink(missing_ok=True)
            if not any(self._own.parent.glob("worker-*")):
                shutil.rmtree(self._own.parent, ignore_errors=True)
