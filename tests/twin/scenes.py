"""Hand-made scenarios that each reach one mechanism."""

from types import SimpleNamespace

import numpy as np

from engine.scenario.population import Population
from engine.scenario.schema import Scenario
from tests.twin.worlds import world_of

CALM = {
    "world.source": "replay", "world.volatility": 0.0, "book.depth": 1e9, "book.half_spread": 0.0,
    "book.recovery": 1e6, "mark.rule": "index", "venue.taker_fee": 0.0,
    "venue.liquidation_fee": 0.0, "venue.insurance_fund": 0.0, "liquidation.policy": "market",
    "liquidation.min_slice": 0.0, "liquidation.liquidator_discount": 0.0,
    "liquidation.liquidator_spread": 0.0, "liquidation.risk_aversion": 0.0,
    "liquidation.inventory_pressure": 0.0, "liquidation.start_discount": 0.0,
}  # fmt: skip


def scene(paths, rows, **settings) -> tuple[Scenario, SimpleNamespace, Population]:
    """A scenario on given prices (one list a symbol) and accounts.

    rows: (side, size [coin], entry [USD/coin], collateral [USD], symbol). Without settings the
    book is deep, the mark is the index, and nothing costs a fee. In the names of settings `__`
    stands for the dot.
    """
    side, size, entry, collateral, symbol = (np.array(c) for c in zip(*rows, strict=True))
    table = Population(
        side=side, size_coin=size.astype(float), entry=entry.astype(float),
        leverage=size * entry / collateral, collateral=collateral.astype(float),
        isolated=np.ones(len(rows), bool), symbol=symbol,
    )  # fmt: skip
    given = {name.replace("__", "."): value for name, value in settings.items()}
    scenario = Scenario().with_values(**(CALM | {"world.steps": len(paths[0])} | given))
    return scenario, world_of(paths, scenario), table


def line(start, end, steps):
    """Prices in a straight line."""
    return np.linspace(start, end, steps).tolist()


LONG, SHORT = 1, -1
ONE = [(LONG, 100, 100, 500, 0)]  # 20 x: bankrupt at 95
FALL = [line(100, 90, 41)]
CRASH = [[100.0, 100.0, 90.0, 90.0, 90.0, 91.0, 92.0]]
WINNERS = [(SHORT, 60, 110, 3_000, 0), (SHORT, 80, 104, 2_000, 0)]
TIERED = {"venue__rulebook": "plain-tiers", "liquidation__policy": "incremental"}
CUTS = {"liquidation__policy": "incremental", "liquidation__cooldown": 3}
AUCTION = {"liquidation__policy": "auction", "liquidation__unwind": 4}


def of(result, rule):
    """The events of one rule, by its number in the log."""
    return result.events[result.events["rule"] == rule]


def scenes():
    """Name -> (case, what must hold for the mechanism to have been reached)."""
    return closing() | incremental() | auctions() | losses() | timing() | several_symbols()


def closing():
    """One price for all, or one by one; a book that thins, and one that ends."""
    twins = ONE * 3
    both = [*ONE, (SHORT, 100, 92, 370, 0)]
    return {
        "market": (scene(FALL, ONE), lambda r: len(of(r, 3)) == 1 and not r.base[0].any()),
        "exactly at the limit": (
            scene([line(100, 100, 3)], [(LONG, 100, 100, 50, 0)]),
            lambda r: (of(r, 1)["value"] == of(r, 1)["limit"]).all() and len(of(r, 1)) == 1,
        ),
        "slippage": (
            scene(FALL, twins, book__depth=100_000.0),
            lambda r: len(set(of(r, 3)["price"])) == 1,
        ),
        "sequential": (
            scene(FALL, twins, book__depth=100_000.0, venue__execution="sequential"),
            lambda r: len(set(of(r, 3)["price"])) == 3,
        ),
        "square root": (
            scene(FALL, twins, book__depth=100_000.0, book__shape=2, venue__execution="sequential"),
            lambda r: len(set(of(r, 3)["price"])) == 3,
        ),
        "own flow comes back": (
            scene(FALL, [*ONE, (LONG, 100, 100, 590, 0)], mark__rule="last", book__depth=20_000.0),
            lambda r: (of(r, 1)["step"][1] == of(r, 1)["step"][0] + 1),
        ),
        "both sides": (
            scene([line(95.3, 95.3, 9)], both, book__depth=50_000.0),
            lambda r: set(of(r, 3)["net"]) == {0.0} and len(set(of(r, 3)["price"])) == 1,
        ),
        "thinning": (
            scene(FALL, twins, book__depth=100_000.0, book__thinning=1.0, world__volatility=0.1),
            lambda r: r.sigma[-1, 0] > r.params.sigma0,
        ),
        "cancel burst": (
            scene(
                FALL, twins, book__depth=100_000.0, book__cancels=((15, 20, 0.2),),
                venue__insurance_fund=1_000.0,
            ),
            lambda r: of(r, 3)["price"][0] < 0.994 * of(r, 3)["mark"][0],
        ),
    }  # fmt: skip


def incremental():
    """Three ways to size a cut, its caps, and the wait between two."""
    big = [(LONG, 15_000, 100, 70_000, 0)]
    return {
        "fraction": (
            scene(FALL, ONE, liquidation__variant="fraction", **CUTS),
            lambda r: of(r, 1)["net"][0] == 5 and of(r, 3)["qty"][0] == -25,
        ),
        "buffer": (scene(FALL, ONE, liquidation__fraction=1.0, **CUTS), lambda r: 7 in whys(r)),
        "tiers": (
            scene(FALL, big, liquidation__variant="tiers", liquidation__fraction=1.0, **TIERED),
            lambda r: 6 in whys(r) and len(of(r, 2)) > 0,
        ),
        "last tier": (
            scene(FALL, ONE, liquidation__variant="tiers", **TIERED),
            lambda r: whys(r) == {3},
        ),
        "capped by fraction": (scene(FALL, ONE, **CUTS), lambda r: 8 in whys(r)),
        "capped by depth": (
            scene(FALL, ONE, book__depth=50_000.0, liquidation__depth_share=0.01, **CUTS),
            lambda r: 9 in whys(r),
        ),
        "hopeless": (
            scene(FALL, ONE, liquidation__expected_slippage=0.05, **CUTS),
            lambda r: whys(r) == {4},
        ),
        "small": (
            scene(FALL, ONE, **(CUTS | {"liquidation__min_slice": 1e5})), lambda r: whys(r) == {2}
        ),
        "negative": (scene(CRASH, ONE + WINNERS, **CUTS), lambda r: whys(r) == {1}),
        "cut held back": (
            scene(
                FALL, ONE, book__depth=700.0, liquidation__variant="fraction",
                **(CUTS | {"liquidation__fraction": 0.5}),
            ),
            lambda r: abs(of(r, 3)["qty"][0]) < abs(of(r, 1)["qty"][0]) - 0.5,
        ),
    }  # fmt: skip


def auctions():
    """Buyers who take, buyers who run out of capital, and nobody at all."""
    nobody = {"liquidation__liquidator_capital": 0.0, "liquidation__deadline": 3} | AUCTION
    small = {"liquidation__liquidator_capital": 1_000.0} | AUCTION
    return {
        "auction": (
            scene(FALL, ONE, **AUCTION), lambda r: len(of(r, 5)) == 1 and len(of(r, 12)) == 4
        ),
        "two buyers": (
            scene(FALL, ONE, liquidation__liquidators=4, **small),
            lambda r: len(set(of(r, 5)["counter"])) == 4,
        ),
        "stairs": (
            scene(
                FALL, ONE, liquidation__curve="stairstep", liquidation__growth=0.003,
                liquidation__stair=2, venue__insurance_fund=2_000.0,
                **(AUCTION | {"liquidation__liquidator_discount": 0.005}),
            ),
            lambda r: of(r, 5)["detail"][0] == 4,
        ),
        "nobody": (scene(FALL, ONE, **nobody), lambda r: len(of(r, 6)) == 1 == len(of(r, 3))),
        "vault at the deadline": (
            scene(
                FALL, ONE, liquidation__fallback="backstop", venue__backstop_capital=5_000.0,
                **nobody,
            ),
            lambda r: len(of(r, 7)) == 1 == len(of(r, 3)),
        ),
        "fall-back sent late": (
            scene(FALL, ONE, venue__order_latency=2, **nobody),
            lambda r: of(r, 3)["step"][0] == of(r, 6)["step"][0] + 2,
        ),
    }  # fmt: skip


def losses():
    """Fund, vault, winners, the book's end, everybody."""
    thin = {"book__depth": 100.0}
    rich = [(SHORT, 1, 100, 9_000, 0)]
    still = [line(100, 100, 3)]
    return {
        "fund": (
            scene(CRASH, ONE, venue__insurance_fund=2_000.0),
            lambda r: len(of(r, 8)) == 1 == len(of(r, 9)) and not len(of(r, 10)),
        ),
        "fund pays for a part": (
            scene(CRASH, ONE + WINNERS, venue__insurance_fund=200.0, venue__taker_fee=0.001),
            lambda r: len(of(r, 3)) == 1 and len(of(r, 10)) and of(r, 3)["fee"][0] == 0.0,
        ),
        "vault": (
            scene(CRASH, ONE + WINNERS, venue__backstop_capital=4_000.0),
            lambda r: len(of(r, 7)) and len(of(r, 10)),
        ),
        "queue": (
            scene(CRASH, ONE + WINNERS), lambda r: r.base[1].any() and not r.base[2].any()
        ),
        "pro rata": (
            scene(CRASH, ONE + WINNERS, venue__adl="pro_rata"),
            lambda r: r.base[1].any() and r.base[2].any() and len(of(r, 10)) == 2,
        ),
        "nobody wins": (
            scene(CRASH, ONE + rich),
            lambda r: -1 in of(r, 3)["detail"] and len(of(r, 11)),
        ),
        "book ends": (
            scene(FALL, ONE, **thin),
            lambda r: of(r, 3)["qty"][0] == -100 and of(r, 3)["net"][0] == -50,
        ),
        "pending winner": (
            # Both are due: the short owes something, the long is in profit by its entry.
            scene(still, [(SHORT, 100, 100, -30, 0), (LONG, 100, 95, -480, 0)]),
            lambda r: len(of(r, 1)) == 2 and not len(of(r, 10)) and not r.base.any(),
        ),
        "winner worth less than its profit": (
            scene([line(90, 90, 3)], [*ONE, (SHORT, 100, 120, -2_800, 0)]),
            lambda r: of(r, 10)["qty"].tolist() == [40.0] and r.quote[1] + 90 * r.base[1, 0] >= 0,
        ),
    }  # fmt: skip


def timing():
    """The three delays of a cascade."""
    lagged = scene(FALL, ONE, mark__lag=3)
    return {
        "mark lag": (lagged, lambda r: r.events["step"][0] == first(FALL[0], r) + 3),
        "risk latency": (
            scene(FALL, ONE, venue__risk_latency=2),
            lambda r: r.events["step"][0] == first(FALL[0], r) + 2,
        ),
        "order latency": (
            scene(FALL, ONE, venue__order_latency=4),
            lambda r: of(r, 3)["step"][0] == of(r, 1)["step"][0] + 4,
        ),
    }


def several_symbols():
    """Symbols share the fund, the vault and the liquidators."""
    flat = line(50, 50, 7)
    poor = [(LONG, 100, 50, 60, 1), (LONG, 100, 50, 700, 1)]
    shorts = [(SHORT, 100, 50, 60, 1)]
    up = line(50, 55, 7)
    return {
        "a loss spreads": (
            scene([CRASH[0], flat], ONE + poor),
            lambda r: {0, 1} == set(of(r, 1)["symbol"]) and 1 in of(r, 11)["symbol"],
        ),
        "no accounts in a coin": (
            scene([CRASH[0], flat, flat], ONE, **AUCTION), lambda r: r.base.shape[1] == 3
        ),
        "one capital": (
            scene(
                [CRASH[0], up], ONE + shorts + WINNERS, venue__insurance_fund=5_000.0,
                liquidation__liquidator_capital=3_000.0, **AUCTION,
            ),
            lambda r: {0, 1} == set(of(r, 5)["symbol"]),
        ),
    }  # fmt: skip


def whys(result):
    """Reasons of all cuts."""
    return set(of(result, 1)["net"].astype(int))


def first(prices, result):
    """First step at which the one account of the scene is due by the price alone."""
    rate = float(result.compiled.inputs.rates[0])
    return next(t for t, f in enumerate(prices) if 100 * f - 9_500 <= rate * 100 * f)
