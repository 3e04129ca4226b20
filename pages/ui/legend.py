"""Keys of charts, as text that wraps on a phone; a chart's own legend is cut off there."""

from html import escape

import streamlit as st

SHAPES = {
    "bar": "display:inline-block;width:12px;height:12px;border-radius:2px;background:{paint}",
    "hatched": "display:inline-block;width:14px;height:14px;border:1px solid {paint};background:"
    "repeating-linear-gradient(135deg,{paint} 0 1.5px,transparent 1.5px 4.5px)",
    "solid": "display:inline-block;height:14px;border-left:3px solid {paint}",
    "dashed": "display:inline-block;height:14px;border-left:3px dashed {paint}",
    "dotted": "display:inline-block;height:14px;border-left:3px dotted {paint}",
    "long": "display:inline-block;height:14px;border-left:3px solid {paint}",
    "sparse": "display:inline-block;height:14px;border-left:2px dotted {paint}",
    "mixed": "display:inline-block;height:14px;border-left:3px double {paint}",
    "pairs": "display:inline-block;height:14px;border-left:3px dashed {paint}",
}
GLYPHS = {
    "circle": "●",
    "square": "■",
    "triangle": "▲",
    "diamond": "◆",
    "cross": "✚",
    "wedge": "▼",
    "arrow": "▶",
}


def draw(entries: list[tuple[str, str, str]]) -> None:
    """One line of (name, colour, shape), all of them words of the app itself."""
    items = []
    for name, paint, shape in entries:
        style = SHAPES.get(shape, "color:{paint}").format(paint=paint)
        sign = f'<span aria-hidden="true" style="{style}">{GLYPHS.get(shape, "")}</span>'
        items.append(f"<span>{sign} {escape(name)}</span>")
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.2rem 1.2rem">{"".join(items)}</div>')
