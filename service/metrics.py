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
        self._marker: Path | None = None  # a file: this worker uses the folder
        if multiprocessing.parent_process() is None:
            return
        # Only the workers of one server share this key.
        key = multiprocessing.current_process().authkey
        name = f"digits-metrics-{hashlib.sha256(key).hexdigest()[:16]}"
        folder = str(Path(tempfile.gettempdir(), name))
        if os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder) == folder:
            Path(folder).mkdir(mode=0o700, exist_ok=True)
            self._marker = Path(folder, f"worker-{os.getpid()}")
            self._marker.touch()

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
        if self._marker:
            self._marker.unlink(missing_ok=True)
            if not any(self._marker.parent.glob("worker-*")):
                shutil.rmtree(self._marker.parent, ignore_errors=True)
