"""Charts: what they may weigh, what colours mean, and that they are readable in both themes."""

import json

import pandas as pd
import pytest

import engine
from pages.ui import (
    charts,
    charts_band,
    charts_cascade,
    charts_chain,
    charts_cost,
    charts_fair,
    charts_home,
    charts_size,
    charts_surface,
    charts_ways,
    colours,
)

THEMES = ("light", "dark")
PAPER = {"light": "#FFFFFF", "dark": "#14181D"}
SIX = ("one", "two", "three", "four", "five", "six")  # the most lanes there are
SPECS = {
    "parts": charts.parts,
    "ladder": lambda theme: charts.ladder(theme, engine.POLICIES),
    "worlds": lambda theme: charts.worlds(theme, engine.POLICIES),
    "ladder of six": lambda theme: charts.ladder(theme, SIX),
    "worlds of six": lambda theme: charts.worlds(theme, SIX),
    "bands": lambda theme: charts_band.lanes_spec(theme, SIX, SIX),
    "band prices": lambda theme: charts_band.prices_spec(theme, "Far ends, known"),
    "band waits": charts_band.waits_spec,
    "multiplier": charts_band.multiplier_spec,
    "depth": lambda theme: charts_size.depth_spec(theme, SIX[:3]),
    "slicing": charts_size.slicing_spec,
    "surface": charts_surface.surface_spec,
    "region": charts_surface.region_spec,
    "grid": charts_cost.grid_spec,
    "steps": charts_cost.steps_spec,
    "tree": charts_cascade.tree,
    "loop": lambda theme: charts_cascade.loop(theme, SIX, True),
    "chain": lambda theme: charts_chain.chain_spec(theme, SIX, "Bad debt, added [USD]", True),
    "pairs of links": lambda theme: charts_chain.pairs_spec(theme, SIX),
    "home": charts_home.price_spec,
    "tails": lambda theme: charts_ways.tail_spec(theme, engine.POLICIES),
    "owners": lambda theme: charts_fair.owners_spec(theme, SIX),
    "lorenz": lambda theme: charts_fair.lorenz_spec(theme, SIX),
}


def channel(value):
    value /= 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(colour):
    """WCAG 2.2, relative luminance."""
    red, green, blue = (channel(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_stands_out_from_the_page(theme):
    """3:1 for marks (WCAG 1.4.11), 4.5:1 for words, but for what is meant to recede."""
    for group, meanings in colours.palette(theme).items():
        for meaning, colour in meanings.items():
            least = 2.0 if meaning == "other" else 3.0
            assert contrast(colour, PAPER[theme]) >= least, (group, meaning)
    assert contrast(colours.INK[theme], PAPER[theme]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_a_colour_means_one_thing(theme):
    """No colour is used for a policy and for a side or a cause as well."""
    groups = colours.palette(theme)
    used = [
        colour
        for name in ("policy", "lane", "side", "cause", "owner")
        for colour in groups[name].values()
    ]
    assert len(used) == len(set(used))


def test_both_themes_have_the_same_meanings():
    light, dark = (colours.palette(theme) for theme in THEMES)
    assert {k: set(v) for k, v in light.items()} == {k: set(v) for k, v in dark.items()}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", SPECS)
def test_a_chart_is_authored_once_and_holds_no_data(name, theme):
    """The same dict each time; the data are handed over by the page."""
    spec = SPECS[name](theme)
    assert spec is SPECS[name](theme)
    text = json.dumps(spec)
    assert '"values"' not in text and '"datasets"' not in text and len(text) < 8_000


@pytest.mark.parametrize("name", SPECS)
def test_axes_say_what_they_measure(name):
    """A number has a title with its unit in brackets; names speak for themselves."""
    spec = SPECS[name]("light")
    for layer in spec.get("layer", [spec]):
        for axis in ("x", "y"):
            channel_ = layer["encoding"].get(axis, {})
            if channel_.get("type") == "quantitative" and "title" in channel_:
                assert channel_["title"].endswith("]"), channel_


def test_a_waterfall_ends_at_the_sum():
    """Each bar starts where the one before ended, and the last ends at the total."""
    from types import SimpleNamespace

    from pages.ui import tables

    amounts = [-4_000.0, 250.0, -31.5]
    told = SimpleNamespace(
        parts=[
            SimpleNamespace(name=f"part {i}", kind="outside", amount=x, event=None)
            for i, x in enumerate(amounts)
        ]
    )
    frame = tables.parts(told)
    assert frame["start"].tolist()[1:] == frame["stop"].tolist()[:-1]
    assert frame["stop"].iloc[-1] == pytest.approx(sum(amounts), rel=1e-12)
    assert isinstance(frame, pd.DataFrame)
