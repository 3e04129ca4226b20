"""Settings of the outside world, and the rules that join several of them."""

from dataclasses import dataclass, field

from engine.scenario.declare import choice, param, rows
from engine.scenario.errors import InputError

MOST_SYMBOLS = 8


@dataclass(frozen=True, kw_only=True)
class World:
    """What the rest of the world quotes, before this venue's own flow."""

    source: str = choice("generated", ("generated", "replay"), "Drawn, or replayed from candles.")
    price: float = param(60_000.0, "USD/coin", "Fundamental price at the start.", 1e-6, 1e7)
    steps: int = param(1_800, "step", "Length of the run.", 1, 200_000)
    dt: float = param(1.0, "s", "Seconds per step.", 0.01, 86_400.0)
    volatility: float = param(0.6, "1/sqrt(year)", "Volatility of the outside world.", 0.0, 20.0)
    drift: float = param(0.0, "1/year", "Drift of the outside world.", -100.0, 100.0)
    shocks: tuple = rows(
        "Moves of the outside world: a jump, or a ramp over some steps.",
        (
            ("step", "step", 0, 200_000),
            ("move", "fraction", -0.95, 5.0),
            ("duration", "step", 1, 200_000),
        ),
    )
    waypoints: tuple = rows(
        "Prices the outside world must pass through, as a multiple of the start.",
        (("step", "step", 0, 200_000), ("multiple", "fraction", 0.001, 1_000.0)),
    )
    steps_per_bar: int = param(12, "step", "Steps in one candle of a replay.", 4, 3_600)
    data: str = field(
        default="", metadata={"unit": "", "about": "Hash of the candles of a replay.", "hash": True}
    )
    others: tuple = rows(
        "Further symbols: opening price, volatility, depth of the book, and share of the scripted "
        "moves (2: twice the move of the first symbol, in the logarithm).",
        (
            ("price", "USD/coin", 1e-6, 1e7),
            ("volatility", "1/sqrt(year)", 0.0, 20.0),
            ("depth", "USD per 1 %", 1e2, 1e12),
            ("beta", "1", -5.0, 5.0),
        ),
        MOST_SYMBOLS - 1,
    )
    correlation: float = param(
        0.0, "1", "Correlation of the unscripted moves of any two symbols.", -1.0, 1.0
    )
    correlations: tuple = rows(
        "Correlation of single pairs, symbols numbered from 0; the others keep the common one.",
        (
            ("first", "symbol", 0, MOST_SYMBOLS - 1),
            ("second", "symbol", 0, MOST_SYMBOLS - 1),
            ("correlation", "1", -1.0, 1.0),
        ),
        MOST_SYMBOLS * (MOST_SYMBOLS - 1) // 2,
    )
    correlation_jumps: tuple = rows(
        "From a step on, for some steps, all pairs have this correlation.",
        (
            ("step", "step", 0, 200_000),
            ("correlation", "1", -1.0, 1.0),
            ("duration", "step", 1, 200_000),
        ),
    )
    regime_correlation: float = param(
        0.0, "1", "Correlation of all pairs while the world is in stress.", -1.0, 1.0
    )
    p_calm_to_stress: float = param(
        0.0, "1/step", "Chance a step that stress begins (0: never).", 0.0, 1.0
    )
    p_stress_to_calm: float = param(0.01, "1/step", "Chance a step that stress ends.", 0.0, 1.0)
    stress_volatility: float = param(
        1.0, "1", "Volatility in stress, as a multiple of the usual one.", 0.1, 20.0
    )
    tail: int = param(
        0, "1", "Degrees of freedom of the shocks, from 3: few, fat tails. 0: normal.", 0, 60
    )

    @property
    def symbols(self) -> int:
        """Number of symbols of a generated world."""
        return 1 + len(self.others)


def check_world(world: World) -> None:
    """Rules that join several settings of the world. Raises InputError."""
    last = -1
    for i, (step, _) in enumerate(world.waypoints):
        if step <= last:
            raise InputError(f"world.waypoints[{i}].step", step, "later than the row before")
        last = step
    if world.tail in (1, 2):
        raise InputError("world.tail", world.tail, "0 (normal), or 3 .. 60 [1]")
    _check_common("world.correlation", world.correlation, world.symbols)
    _check_common("world.regime_correlation", world.regime_correlation, world.symbols)
    for i, (_, correlation, _) in enumerate(world.correlation_jumps):
        _check_common(f"world.correlation_jumps[{i}].correlation", correlation, world.symbols)
    _check_pairs(world)


def _check_common(field_name: str, value: float, symbols: int) -> None:
    """A common correlation of n symbols is at least -1 / (n - 1); below it none exists."""
    least = -1.0 / max(symbols - 1, 1)
    if value < least:
        raise InputError(field_name, value, f"{least:.6g} .. 1 [1] for {symbols} symbols")


def _check_pairs(world: World) -> None:
    seen = set()
    for i, (first, second, _) in enumerate(world.correlations):
        pair, name = tuple(sorted((first, second))), f"world.correlations[{i}]"
        if pair[1] >= world.symbols or first == second:
            allowed = f"two different symbols, of 0 .. {world.symbols - 1}"
            raise InputError(name, (first, second), allowed)
        if pair in seen:
            raise InputError(name, (first, second), "each pair once")
        seen.add(pair)
