"""What each colour means, once. After Okabe and Ito (2008), safe for colour-blind readers.

A meaning keeps its hue in light and dark; only the brightness follows the background. Colour never
stands alone: every mark is also named in words or set apart by position.
"""

POLICIES = ("market", "incremental", "auction")
PAPER = {"light": "#FFFFFF", "dark": "#14181D"}  # the page behind a chart
INK = {"light": "#1B2026", "dark": "#EDF1F5"}  # words in charts

LIGHT = {
    "policy": {"market": "#D55E00", "incremental": "#0072B2", "auction": "#00875F"},
    # Variants that are no policies, in the order of their note. Far apart for colour-blind eyes.
    "lane": {
        "1": "#332288",
        "2": "#CC3311",
        "3": "#4477AA",
        "4": "#CC6677",
        "5": "#7A1F1F",
        "6": "#0098B8",
        "7": "#9030F0",
    },
    "side": {"long": "#2E8BC0", "short": "#B97F00"},
    "cause": {
        "outside": "#5A6570",
        "forced": "#A3477C",
        "cost": "#8F7A00",
        "willed": "#3D5BD9",
        "other": "#9AA4AE",
    },
    # From the account itself to everybody, ever further from who lost.
    "owner": {
        "account": "#87919D",
        "liquidators": "#0F7479",
        "vault": "#7A4A21",
        "fund": "#8A6500",
        "winners": "#9B2F8B",
        "everybody": "#1E2A4A",
    },
}
DARK = {
    "policy": {"market": "#F08A45", "incremental": "#56A8F5", "auction": "#2DC096"},
    "lane": {
        "1": "#C77CFF",
        "2": "#CC3311",
        "3": "#99DDFF",
        "4": "#FF9E80",
        "5": "#1B7F79",
        "6": "#9BE564",
        "7": "#7848F0",
    },
    "side": {"long": "#7CC7EE", "short": "#E69F00"},
    "cause": {
        "outside": "#A3ADB8",
        "forced": "#DB9CBD",
        "cost": "#F0E442",
        "willed": "#8FA6FF",
        "other": "#6C7783",
    },
    "owner": {
        "account": "#8C97A3",
        "liquidators": "#45C4C8",
        "vault": "#CF9A68",
        "fund": "#E3BE4B",
        "winners": "#EE93DE",
        "everybody": "#F4F1DE",
    },
}
# Generations of a cascade, from the outside world on: each darker (brighter in the dark) than the
# one before, so that they tell apart without hue. They are drawn with an outline in INK.
GENERATIONS = {
    "light": ("#8C96A0", "#DFA0C4", "#BF5A95", "#8C2B66", "#470C33"),
    "dark": ("#76818C", "#8A3E6B", "#C0619A", "#E79BC8", "#FDE3F2"),
}
# Who pays takes the colour of its cause: costs of trading, or losses passed on to others.
PAYERS = {
    "slippage": "cost",
    "fees": "cost",
    "paid_fund": "forced",
    "winners": "forced",
    "everyone": "forced",
}


def palette(theme: str) -> dict[str, dict[str, str]]:
    """The colours of one theme, "light" or "dark", the payers among them."""
    base = DARK if theme == "dark" else LIGHT
    return {**base, "paid": {name: base["cause"][cause] for name, cause in PAYERS.items()}}


def on_owners(theme: str) -> list[str]:
    """The colour of words written on each owner's own colour, in order."""
    dark, light = INK["light"], PAPER["light"]
    pale = {"account"} if theme == "light" else set(LIGHT["owner"])
    return [dark if owner in pale else light for owner in LIGHT["owner"]]


def of_lanes(names: tuple[str, ...], theme: str) -> dict[str, str]:
    """The colour of each lane: a policy's own, else one of the lane colours in order."""
    paint = palette(theme)
    if set(names) <= set(POLICIES):
        return {name: paint["policy"][name] for name in names}
    return dict(zip(names, paint["lane"].values(), strict=False))


def both(names: tuple[str, ...]) -> dict[str, dict[str, dict[str, str]]]:
    """Both themes, with the colours of these lanes, for parts that pick in the browser."""
    themes = ("light", "dark")
    return {theme: palette(theme) | {"lanes": of_lanes(names, theme)} for theme in themes}
