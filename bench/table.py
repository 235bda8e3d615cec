"""Formats measurements as tables, and describes the machine."""

import os
import platform
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

import psutil

from training import provenance

LIBRARIES = ("streamlit", "ai-edge-litert", "tensorflow", "keras")


@dataclass
class Measure:
    """One quantity measured for several candidates."""

    what: str
    unit: str
    tail: bool = False  # whether the slowest twentieth is of interest, too
    values: dict[str, list[float]] = field(default_factory=dict)  # by candidate

    def add(self, candidate: str, value: float) -> None:
        """Add one measured value."""
        self.values.setdefault(candidate, []).append(value)

    def rows(self, candidates: list[str]) -> list[list[str]]:
        """Return the median of each candidate, and the 95th percentile if there is a tail."""
        rows = [[self.what, *(self._cell(candidate, median) for candidate in candidates)]]
        if self.tail:
            slow = (self._cell(candidate, _slow) for candidate in candidates)
            rows.append(["… 95th percentile", *slow])
        return rows

    def _cell(self, candidate: str, statistic) -> str:
        if candidate not in self.values:
            return ""
        number = statistic(self.values[candidate])
        return f"{number:{'.3g' if number < 100 else ',.0f'}} {self.unit}".rstrip()


def _slow(values: list[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def as_table(measures: list[Measure]) -> str:
    """Format a row for each quantity and a column for each candidate as Markdown."""
    candidates = list(
        dict.fromkeys(candidate for measure in measures for candidate in measure.values)
    )
    rows = [["", *candidates], ["---"] * (len(candidates) + 1)]
    rows += [row for measure in measures if measure.values for row in measure.rows(candidates)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def circumstances(gradio_python: str | None) -> str:
    """Describe the date, the commit, the machine and the versions in a sentence."""
    versions = [f"{name} {number}" for name, number in provenance.versions(LIBRARIES).items()]
    if gradio_python:
        ask = "from importlib.metadata import version; print(version('gradio'))"
        answer = subprocess.run([gradio_python, "-c", ask], capture_output=True, text=True)
        versions.append(f"gradio {answer.stdout.strip()}")
    git = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(git, capture_output=True, text=True).stdout.strip()
    memory = psutil.virtual_memory().total / 1e9
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit or 'unknown'}; {_processor()}, "
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}; {', '.join(versions)}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
