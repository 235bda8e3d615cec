"""What was measured: values, medians, ratios, as a table and as JSON; and on what machine."""

import os
import platform
import subprocess
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import psutil

LIBRARIES = (
    "streamlit", "streamlit-drawable-canvas", "ai-edge-litert", "tensorflow", "keras", "numpy",
    "pillow", "playwright", "psutil",
)  # fmt: skip
HEAD = ("what", "whose", "median", "", "n", "ratio")


@dataclass
class Measure:
    """One quantity measured for several candidates; ratios are relative to the first."""

    what: str
    unit: str
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, whose: str, value: float) -> None:
        self.values.setdefault(whose, []).append(value)

    def rows(self) -> list[tuple[str, ...]]:
        """One row for each, in the order of HEAD."""
        medians = {whose: median(values) for whose, values in self.values.items() if values}
        first = next(iter(medians.values()), 0)
        return [
            (
                self.what if number == 0 else "",
                whose,
                f"{middle:.2f}" if self.unit == "%" else _three_digits(middle),
                self.unit,
                str(len(self.values[whose])),
                f"{middle / first:.2f}" if first else "",
            )
            for number, (whose, middle) in enumerate(medians.items())
        ]

    def as_json(self) -> dict[str, Any]:
        """Everything, the single values too."""
        medians = {whose: median(values) for whose, values in self.values.items() if values}
        values = {whose: [round(one, 4) for one in some] for whose, some in self.values.items()}
        return {"what": self.what, "unit": self.unit, "medians": medians, "values": values}


def _three_digits(number: float) -> str:
    return f"{number:.3g}" if number < 100 else f"{number:.0f}"


def as_table(measures: list[Measure]) -> str:
    """An aligned Markdown table."""
    rows = [HEAD, *(row for measure in measures for row in measure.rows())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(row: tuple[str, ...]) -> str:
        cells = [
            cell.rjust(width) if number in (2, 4, 5) else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return f"| {' | '.join(cells)} |"

    rule = line(tuple("-" * (width - 1) + (":" if number in (2, 4, 5) else "-")
                      for number, width in enumerate(widths)))  # fmt: skip
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])])


def machine() -> dict[str, Any]:
    """The machine, and its load before the run."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "load_before": [round(load, 2) for load in psutil.getloadavg()],
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def versions(gradio_python: str | None) -> dict[str, str]:
    """Versions of Python and of everything involved."""
    found = {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}
    if gradio_python:
        ask = "from importlib.metadata import version; print(version('gradio'))"
        answer = subprocess.run([gradio_python, "-c", ask], capture_output=True, text=True)
        found["gradio"] = answer.stdout.strip()
    return found
