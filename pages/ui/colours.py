"""What each colour means, once. After Okabe and Ito (2008), safe for colour-blind readers.

A meaning keeps its hue in light and dark; only the brightness follows the background. Colour never
stands alone: every mark is also named in words or set apart by position.
"""

POLICIES = ("market", "incremental", "auction")
INK = {"light": "#1B2026", "dark": "#EDF1F5"}  # words in charts

LIGHT = {
    "policy": {"market": "#D55E00", "incremental": "#0072B2", "auction": "#00875F"},
    "side": {"long": "#2E8BC0", "short": "#B97F00"},
    "cause": {
        "outside": "#5A6570",
        "forced": "#A3477C",
        "cost": "#8F7A00",
        "other": "#9AA4AE",
    },
}
DARK = {
    "policy": {"market": "#F08A45", "incremental": "#56A8F5", "auction": "#2DC096"},
    "side": {"long": "#7CC7EE", "short": "#E69F00"},
    "cause": {
        "outside": "#A3ADB8",
        "forced": "#DB9CBD",
        "cost": "#F0E442",
        "other": "#6C7783",
    },
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


def both() -> dict[str, dict[str, dict[str, str]]]:
    """Both themes, for parts that pick in the browser."""
    return {theme: palette(theme) for theme in ("light", "dark")}
