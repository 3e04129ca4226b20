"""The phase map as a chart. No Streamlit here."""

from functools import cache
from typing import Any

import altair as alt

from pages.ui import colours
from pages.ui.charts import named, plain

OPACITY = {"clear": 1.0, "open": 0.25, "alike": 0.5, "coarse": 0.18, "empty": 1.0}
HATCH = "M-1,0L0,-1M-1,1L1,-1M0,1L1,0"  # of a cell that is not decided
# A scale of points, the usual one here, would take the first two values and go evenly between.
FADED = alt.Scale(type="ordinal", domain=list(OPACITY), range=list(OPACITY.values()))
TALL, NARROW = 460, 290  # px of all rows, and of all columns on a phone


@cache
def phase(theme: str, x: str, y: str, columns: tuple, rows: tuple) -> dict[str, Any]:
    """One rectangle a cell: the colour of its winner, hatched and pale where it is not decided,
    and a sign. The cell that is opened below it has a frame.

    columns, rows : the values of both axes as they are read, in order; x, y : their titles
    """
    paint = colours.palette(theme)["policy"] | {"alike": colours.palette(theme)["cause"]["other"]}
    paint |= {"none": colours.PAPER[theme]}  # nothing is run there: it can be clicked all the same
    chosen = alt.selection_point(
        name="cell", fields=["i", "j"], on="click", clear=False, empty=False
    )
    labels = alt.Axis(labelOverlap="greedy", labelAngle=0, labelSeparation=6, grid=False)
    across, up = alt.Scale(domain=list(columns)), alt.Scale(domain=list(rows)[::-1])
    base = alt.Chart(named()).encode(
        x=alt.X("x:N", title=x, axis=labels, scale=across),
        y=alt.Y("y:N", title=y, axis=labels, scale=up),
        tooltip=[
            alt.Tooltip("x:N", title=x), alt.Tooltip("y:N", title=y),
            alt.Tooltip("said:N", title="Least harm"),
            alt.Tooltip("Market:N"), alt.Tooltip("Incremental:N"), alt.Tooltip("Auction:N"),
        ],
    )  # fmt: skip
    scale = alt.Scale(domain=list(paint), range=list(paint.values()))
    ink, ground = colours.INK[theme], colours.PAPER[theme]
    fields = base.mark_rect(cursor="pointer").encode(
        color=alt.Color("winner:N", scale=scale, legend=None),
        opacity=alt.Opacity(
            "state:N",
            scale=FADED,
            legend=None,
        ),
        stroke=alt.value(ground),
        strokeWidth=alt.value(0.5),
    )
    frame = base.mark_rect(fillOpacity=0.0, stroke=ink, strokeWidth=3)
    opened = frame.transform_filter("datum.opened")  # above its neighbours
    signs = base.mark_text(fontSize=10, cursor="pointer").encode(
        text="sign:N",
        color=alt.condition("datum.state === 'clear'", alt.value(ground), alt.value(ink)),
    )
    hatch = _hatched(base, min(TALL / len(rows), NARROW / len(columns)), scale)
    layers = alt.layer(fields.add_params(chosen), hatch, signs, opened)
    return plain(layers.properties(height=TALL), theme)


def _hatched(base: Any, room: float, scale: Any) -> Any:
    """Diagonals over the cells that are not decided; room : px of a cell's shorter side."""
    lines = base.mark_point(
        shape=HATCH, size=(0.9 * room) ** 2, strokeWidth=1.5, opacity=0.9, cursor="pointer"
    )
    marked = lines.encode(stroke=alt.Stroke("winner:N", scale=scale, legend=None))
    return marked.transform_filter("datum.state === 'open'")


def key(theme: str, coarse: bool) -> list[tuple[str, str, str]]:
    """What colours and signs mean; `coarse`: the map still fills in."""
    paint = colours.palette(theme)
    names = {"market": "M: market", "incremental": "I: incremental", "auction": "A: auction"}
    found = [(names[name], paint["policy"][name], "bar") for name in names]
    ink = colours.INK[theme]
    found += [("?, hatched: not decided, colour of the one ahead", ink, "hatched")]
    found += [("=, grey: no difference", paint["cause"]["other"], "bar")]
    filling = [("no sign, palest: not run yet, shows the coarser cell", ink, "")]
    return found + filling if coarse else found
