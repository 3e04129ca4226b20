"""Charts as files: SVG and PNG, drawn in this process, without a network or a browser."""

import json
import re
import textwrap
from dataclasses import dataclass
from html import escape
from typing import Any

from pages.ui import budget, charts, colours, legend

WIDTH = 720  # px of a picture, at least
INNER = 620  # px of the plot in it
PHONE = 350  # px of a picture on a phone
LEAST_PLOT = 110
MARGIN = 20  # px beside a chart: another computer's letters may be wider
SCALE = 2  # pixels of a PNG for each of the chart
FONT = "Source Sans, Helvetica, Arial, sans-serif"
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Still:
    """One chart of a page, ready to be drawn in either theme."""

    name: str  # of its file
    title: str
    about: str  # what it shows, for who cannot see it
    rows: Any
    specs: dict[str, dict[str, Any]]  # by theme
    keys: dict[str, list[tuple[str, str, str]]]  # by theme
    height: int | None = None


def chart(still: Still, theme: str = "light", inner: float = INNER) -> str:
    """The chart alone as one SVG element that needs nothing from outside."""
    import vl_convert  # only who takes a picture away waits for it

    spec = _whole(still, theme) | {"width": inner}
    with budget.elsewhere():
        drawn: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return drawn


def sizes(drawn: str) -> tuple[float, float]:
    """Width and height of an SVG element [px]."""
    found = [re.search(f'{side}="([0-9.]+)"', drawn) for side in ("width", "height")]
    return float(found[0][1]), float(found[1][1])  # type: ignore[index]


def phone_plot(still: Still) -> float:
    """Width of the plot [px] with which the picture fits a phone; what stands beside it stays."""
    beside = sizes(chart(still, inner=PHONE))[0] - PHONE
    return max(PHONE - 2 * MARGIN - beside, LEAST_PLOT)


def svg(still: Still, theme: str = "light", plot: float = INNER) -> str:
    """The chart with its title and its key, as a file of its own; `plot` is its inner width."""
    inner = chart(still, theme, plot)
    wide, tall = sizes(inner)
    wide = max(wide + 2 * MARGIN, WIDTH if plot == INNER else PHONE)
    head, top = _head(still, theme, wide)
    size = f'width="{wide:.0f}" height="{top + tall:.0f}"'
    about = f"<title>{escape(still.title)}</title><desc>{escape(still.about)}</desc>"
    nested = inner.replace("<svg ", f'<svg x="{MARGIN}" y="{top}" overflow="visible" ', 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONT}" role="img">{about}'
        f'<rect width="100%" height="100%" fill="{colours.PAPER[theme]}"/>{head}{nested}</svg>'
    )


def png(still: Still, theme: str = "light") -> bytes:
    """The same picture as a PNG of twice its size in pixels."""
    import vl_convert

    whole = svg(still, theme)
    with budget.elsewhere():
        drawn: bytes = vl_convert.svg_to_png(whole, scale=SCALE)
    return drawn


def _head(still: Still, theme: str, wide: float) -> tuple[str, int]:
    """Title and key above a chart, and how tall they are [px]. Words are measured roughly."""
    ink, out, y = colours.INK[theme], [], 6
    for line in textwrap.wrap(plain(still.title), int(wide / 8.4)):
        y += 20
        out.append(f'<text x="8" y="{y}" font-size="15" fill="{ink}">{escape(line)}</text>')
    x, y = 8.0, y + 22
    for name, paint, shape in still.keys[theme]:
        room = 26 + 6.9 * len(name)
        if x > 8.0 and x + room > wide:
            x, y = 8.0, y + 18
        out.append(_sign(x, y, paint, shape))
        out.append(f'<text x="{x + 20}" y="{y}" font-size="12" fill="{ink}">{escape(name)}</text>')
        x += room + 12
    return "".join(out), y + 8


def _sign(x: float, y: float, paint: str, shape: str) -> str:
    """The sign of a key: a short line as it is dashed in the chart, a bar or a point."""
    if shape in charts.DASHES:
        dash = " ".join(map(str, charts.DASHES[shape]))
        return (
            f'<line x1="{x}" x2="{x + 16}" y1="{y - 4}" y2="{y - 4}" stroke="{paint}" '
            f'stroke-width="2.5" stroke-dasharray="{dash}"/>'
        )
    if shape == "bar":
        return f'<rect x="{x + 2}" y="{y - 10}" width="12" height="12" fill="{paint}"/>'
    glyph = legend.GLYPHS.get(shape, "●")
    return f'<text x="{x + 3}" y="{y}" font-size="13" fill="{paint}">{glyph}</text>'


def _whole(still: Still, theme: str) -> dict[str, Any]:
    """The spec with its rows, its size and its paper."""
    spec = still.specs[theme]
    config = {
        **spec.get("config", {}),
        "font": FONT,
        "background": colours.PAPER[theme],
        "view": {"stroke": None},
    }
    axis: dict[str, Any] = {
        "gridColor": "#8884",
        "domainColor": "#8888",
        "tickColor": "#8888",
        "titlePadding": 10,
    }
    axis |= {"labelFlush": False, "labelSeparation": 8}
    config["axis"] = config.get("axis", {}) | axis
    whole = {**spec, "data": {"values": _records(still.rows)}, "width": INNER, "config": config}
    return whole | ({"height": still.height} if still.height else {})


def plain(text: str) -> str:
    """Words without the marks of Markdown."""
    return text.replace("\\$", "$").replace("**", "")


def _records(rows: Any) -> list[dict[str, Any]]:
    """Rows as plain values; what is no number is null."""
    if hasattr(rows, "to_json"):
        found: list[dict[str, Any]] = json.loads(rows.to_json(orient="records", double_precision=6))
        return found
    return list(rows)
