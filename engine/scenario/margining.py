"""Settings of accounts that hold several symbols on one collateral, and rules that join them."""

from dataclasses import dataclass
from typing import Any

from engine.scenario.declare import choice, param, rows
from engine.scenario.errors import InputError

MOST_LEGS = 4
WEIGHTS = tuple((f"weight{k + 1}", "1", -1.0, 1.0) for k in range(MOST_LEGS))
MOVES = tuple((f"move{k + 1}", "fraction", -1.0, 5.0) for k in range(MOST_LEGS))
PORTFOLIOS = (
    ("count", "account", 1, 100_000),
    ("notional", "USD", 1.0, 1e12),
    ("leverage", "1", 0.1, 200.0),
    *WEIGHTS,
)


@dataclass(frozen=True, kw_only=True)
class Margin:
    """How the venue margins an account that holds several symbols on one collateral."""

    mode: str = choice(
        "cross",
        ("cross", "portfolio", "scan"),
        "Margins of the legs add; or by correlation; or the worst of a table of joint moves.",
    )
    floor: float = param(
        0.0, "fraction", "Least requirement as a share of the sum of the legs' margins.", 0.0, 1.0
    )
    correlation: float = param(
        0.0, "1", "Correlation of any two symbols that the venue starts from.", -1.0, 1.0
    )
    memory: float = param(
        0.0, "s", "Memory of the venue's estimate of correlation (0: it never learns).", 0.0, 1e7
    )
    notch: float = param(0.05, "1", "Step in which a correlation is published.", 0.001, 1.0)
    script: tuple = rows(
        "Correlations of all pairs set by hand, in place of the venue's own estimate.",
        (("step", "step", 0, 200_000), ("correlation", "1", -1.0, 1.0)),
    )
    scans: tuple = rows("Joint moves of the first four symbols whose worst loss is asked.", MOVES)
    haircut: float = param(
        0.1, "fraction", "Share of a coin's mark that does not count as collateral.", 0.0, 1.0
    )
    order: str = choice(
        "largest_margin",
        ("largest_margin", "largest_loss", "most_liquid", "declared"),
        "Which leg is liquidated first.",
    )


def check_margin(margin: Margin, portfolios: tuple) -> None:
    """Rules that join several settings of margin and portfolios. Raises InputError."""
    last = -1
    for i, (step, _) in enumerate(margin.script):
        if step <= last:
            raise InputError(f"margin.script[{i}].step", step, "later than the row before")
        last = step
    if margin.mode == "scan" and not margin.scans:
        raise InputError("margin.scans", (), "at least one row in mode scan")
    for i, row in enumerate(portfolios):
        if not any(row[3:]):
            raise InputError(f"accounts.portfolios[{i}]", row, "a weight that is not zero")


def check_symbols(margin: Margin, accounts: Any, symbols: int) -> None:
    """What has to fit the number of symbols of the world. Raises InputError."""
    least = -1.0 / max(symbols - 1, 1)
    asked: list[tuple[str, Any]] = [("margin.correlation", margin.correlation)]
    asked += [(f"margin.script[{i}].correlation", r) for i, (_, r) in enumerate(margin.script)]
    for name, value in asked:
        if value < least:
            raise InputError(name, value, f"{least:.6g} .. 1 [1] for {symbols} symbols")
    if accounts.portfolios and accounts.coin_share > 0.0 and accounts.coin >= symbols:
        raise InputError("accounts.coin", accounts.coin, f"0 .. {symbols - 1}: a symbol's number")
    for i, row in enumerate(accounts.portfolios):
        for k, weight in enumerate(row[3:]):
            if weight != 0.0 and k >= symbols:
                name = f"accounts.portfolios[{i}].weight{k + 1}"
                raise InputError(name, weight, f"0: this world has {symbols} symbol(s)")
