"""The room's predictions as bars, the answer among them. No Streamlit here."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from pages.ui import charts, colours

ANSWER, OTHER = "Answer", "Other"
SIGN = "✓ "  # beside colour, the answer's second sign


def rows(titles: dict[str, str], tally: dict[str, int], answer: str) -> pd.DataFrame:
    """One bar an answer, in the note's order."""
    total = sum(tally.get(name, 0) for name in titles)
    votes = [tally.get(name, 0) for name in titles]
    return pd.DataFrame(
        {
            "title": [f"{SIGN if name == answer else ''}{title}" for name, title in titles.items()],
            "votes": votes,
            "label": [f"{n} · {n / total:.0%}" if total else "0" for n in votes],
            "kind": [ANSWER if name == answer else OTHER for name in titles],
            "place": range(len(titles)),
        }
    )


def told(found: pd.DataFrame) -> str:
    """The bars in words, for those who cannot see them."""
    each = (f"{row['title']} {row['votes']}" for _, row in found.iterrows())
    return "Predictions of the room: " + ", ".join(each)


@cache
def votes(theme: str, large: bool = False) -> dict[str, Any]:
    """Horizontal bars with their numbers; the answer's has the strong colour."""
    paint, font = colours.palette(theme), 22 if large else 14
    base = alt.Chart(charts.named()).encode(
        y=alt.Y(
            "title:N", sort=alt.EncodingSortField("place"), title=None,
            axis=alt.Axis(
                labelLimit=320 if large else 150, labelFontSize=font, labelOverlap=False,
                domain=False, ticks=False,
            ),
        ),
        x=alt.X("votes:Q", axis=None, scale=alt.Scale(domainMin=0, nice=False, padding=70)),
    )  # fmt: skip
    scale = alt.Scale(
        domain=[ANSWER, OTHER], range=[paint["policy"]["auction"], paint["cause"]["other"]]
    )
    bars = base.mark_bar(height=34 if large else 24, cornerRadiusEnd=3).encode(
        color=alt.Color("kind:N", scale=scale, legend=None)
    )
    words = base.mark_text(
        align="left", dx=6, fontSize=font, fontWeight="bold", color=colours.INK[theme]
    ).encode(text="label:N")
    return charts.plain(alt.layer(bars, words), theme)


def tall(number: int, large: bool = False) -> int:
    """Height of the picture [px]."""
    return number * (56 if large else 40) + 16
