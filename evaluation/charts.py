"""Charts of an evaluation, by Matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ["#1d5fd1", "#e07b1a", "#8f8a80"]
BACKGROUND, GRID, TEXT = "#f7f6f3", "#e4e2dd", "#22252b"
STYLE: Any = {
    "font.size": 11,
    "text.color": TEXT,
    "axes.edgecolor": GRID,
    "axes.facecolor": "white",
    "axes.labelcolor": TEXT,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 13,
    "figure.facecolor": BACKGROUND,
    "grid.color": GRID,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
}


def draw_sweeps(sweeps: dict[str, Any], by_writers: bool) -> Figure:
    """Draw one panel per sweep, all with the same vertical axis, and a legend.

    Args:
        sweeps: at most 5, by key: {"title", "axis", "steps", "accuracy": {reader: shares 0-1}}.
        by_writers: whether the digits are real writers', for the title.

    Returns:
        A figure of 14.4 × 8.8 inches.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    with matplotlib.rc_context(STYLE):
        figure = Figure((14.4, 8.8), layout=ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15))
        whose = "digits by real writers" if by_writers else "synthetic digits"
        figure.suptitle(
            f"Accuracy on {whose}, in %, while one property changes", x=0.01, ha="left", size=17
        )
        panels = list(figure.subplots(2, 3, sharey=True).flat)
        for panel, sweep in zip(panels, sweeps.values(), strict=False):
            for number, (name, shares) in reversed(list(enumerate(sweep["accuracy"].items()))):
                panel.plot(
                    sweep["steps"],
                    [100 * share for share in shares],
                    color=COLOURS[number],
                    label=name,
                    linewidth=3 if number == 0 else 2,
                    marker="o",
                    zorder=3 - number / 10,
                )
            panel.set(title=sweep["title"], xlabel=sweep["axis"])
            panel.grid(axis="y")
            panel.tick_params(length=0, labelleft=True)
        lowest = min(min(s) for sweep in sweeps.values() for s in sweep["accuracy"].values())
        panels[0].set_ylim(min(80, int(lowest * 10) * 10), 101)
        for panel in panels[len(sweeps) :]:
            panel.set_axis_off()
        handles, labels = panels[0].get_legend_handles_labels()
        legend = panels[len(sweeps)]
        legend.legend(handles[::-1], labels[::-1], loc="upper left", frameon=False, fontsize=13)
        note = (
            "Everything else stays the same: 150 of 280 pixels\n"
            "large (place: 100), upright, centred, pen 16 wide."
        )
        legend.text(0.03, 0.5, note, transform=legend.transAxes, va="top")
    return figure
