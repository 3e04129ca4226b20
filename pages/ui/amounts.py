"""Amounts, durations and shares as they are read aloud."""


def usd(value: float) -> str:
    """An amount as it is read aloud."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"${value / size:g}{unit}"
    return f"${value:g}"


def seconds(value: float) -> str:
    """A duration as it is read aloud."""
    return f"{value:g} s" if value < 120 else f"{value / 60:g} min"


def percent(value: float) -> str:
    """A share in percent."""
    return f"{100 * value:g}%"


def move(value: float) -> str:
    """A move in percent, with its direction."""
    return f"{100 * value:+zg}%" if value else "none"
