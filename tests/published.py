"""One adapter from a published example to the engine's own functions.

`reproduce(example)` chooses a rule by venue, topic, formula and inputs, calls the engine, and
returns its answer in the shape of `example["expected"]`. It never looks at the id, nor at a value
in `expected`. An example the engine has no function for raises `LeftOut` with the reason.
No rule of a venue is computed here: this file reads inputs, names functions, lays out answers.
"""

import ast
import operator
import re
from collections.abc import Callable

import numpy as np

from engine.core import curves, margin
from engine.core import fixed_point as whole

OPERATORS: dict[type, Callable] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.USub: operator.neg,
}  # fmt: skip
SIDES = {"long": 1, "short": -1, "buy": 1, "sell": -1, 1: 1, -1: -1}


class LeftOut(Exception):
    """The engine has no function for this example; the message says why."""


def reproduce(example):
    """The engine's answer to a published example, in the shape of its `expected`."""
    rule = RULES.get(example["topic"])
    if rule is None:
        raise LeftOut(f"no adapter for the topic {example['topic']!r}")
    return shaped(example.get("expected"), rule(example, example["inputs"]))


def shaped(shape, answer):
    """Pick from a rule's named answers what the example asks for."""
    if isinstance(shape, dict):
        missing = [key for key in shape if not isinstance(answer, dict) or key not in answer]
        if missing:
            raise LeftOut(f"no engine answer is called {', '.join(missing)}")
        return {key: plain(answer[key]) for key in shape}
    if isinstance(answer, dict):
        answer = answer["value"]
    if isinstance(answer, (list, np.ndarray)) and not isinstance(shape, list):
        return plain(answer[-1])
    if isinstance(shape, list) and not isinstance(answer, (list, tuple, np.ndarray)):
        answer = [answer]
    return plain(answer)


def plain(value):
    """Plain Python numbers and lists out of what the engine returns."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def each(value, function):
    """`function` of a number, or of every number in a list."""
    return [function(v) for v in value] if isinstance(value, (list, tuple)) else function(value)


def number(inputs, *names, default=None):
    """The first of these inputs that is given, as a float; text may be a formula of the others."""
    for name in names:
        if inputs.get(name) is not None:
            value = inputs[name]
            return _formula(value, inputs) if isinstance(value, str) else float(value)
    if default is None:
        raise LeftOut(f"the inputs have none of {', '.join(names)}")
    return default


def _formula(text, inputs):
    """Value of + - * / over numbers and the names of other inputs, without eval."""

    def value(node):
        if isinstance(node, ast.Constant):
            return float(node.value)
        if isinstance(node, ast.Name):
            return number(inputs, node.id)
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](value(node.operand))
        raise LeftOut(f"the input {text!r} is not a plain formula")

    return value(ast.parse(text, mode="eval").body)


def side_of(inputs, default=1):
    """1 for a long, -1 for a short: the side if it is given, else the sign of the size."""
    given = inputs.get("side", inputs.get("direction"))
    if given is not None:
        return SIDES[given.lower() if isinstance(given, str) else given]
    for name in ("size", "contracts"):
        if isinstance(inputs.get(name), (int, float)) and inputs[name] < 0:
            return -1
    return default


def formula_of(example):
    return (example.get("formula") or "").replace(" ", "")


# Tiers and margin rates


def table(inputs):
    """Floors, rates and deductions of the tiers an example gives."""
    if "tiers" in inputs:
        rows = inputs["tiers"]
        columns = {key: [row[key] for row in rows if key in row] for key in rows[0]}
        inputs = {**inputs, **columns}
    limits = next((inputs[k] for k in ("limits", "limit", "caps") if k in inputs), None)
    floors = next((inputs[k] for k in ("floors", "floor", "bounds") if k in inputs), None)
    if floors is None:
        floors = [0, *limits[:-1]]
    rates = next((inputs[k] for k in ("mmr", "mm_rate", "mm_rates", "rates") if k in inputs), None)
    if rates is None:  # Hyperliquid: a tier is its maximum leverage
        rates = [margin.half_initial_rate(float(x)) for x in inputs["max_leverage"]]
    floors, rates = np.array(floors, float), np.array(rates, float)
    given = next((inputs[k] for k in ("cum", "maint_amounts", "deductions") if k in inputs), None)
    amounts = margin.deductions(floors, rates) if given is None else np.array(given, float)
    return floors, rates, amounts, limits if limits is None else np.array(limits, float)


def required(value, rate, deduction=0.0):
    """Margin of one rate and deduction."""
    return margin.maintenance(value, 0, np.array([rate]), np.array([deduction]))


def has_table(inputs):
    return any(isinstance(inputs.get(k), list) for k in ("floors", "bounds", "limits", "tiers"))


def tier_lookup(inputs, value):
    """Rate, deduction and margin of the tier a notional falls in."""
    floors, rates, amounts, limits = table(inputs)
    by_floor = limits is None
    tier = margin.tier_of(value, floors) if by_floor else margin.tier_within(value, limits)
    requirement = margin.maintenance(value, tier, rates, amounts)
    found = {"tier": tier + 1, "bracket": tier + 1, "mmr": rates[tier], "mm_rate": rates[tier],
             "maint_amount": amounts[tier], "cum": amounts[tier], "deduction": amounts[tier],
             "mm": requirement, "maintenance": requirement, "value": requirement}  # fmt: skip
    for name in ("max_leverage", "leverage", "imr"):
        if isinstance(inputs.get(name), list):
            found[name] = inputs[name][tier]
    return found


def tiers(example, i):
    """Margin tiers, deductions, rates that step or slope."""
    if "im_ppm" in i and "maintenance_fraction_ppm" in i:
        return whole.maintenance_ppm(i["im_ppm"], i["maintenance_fraction_ppm"])
    if "base_im_ppm" in i:
        caps = [int(i.get(name, 0)) for name in ("oi", "oi_lower", "oi_upper")]
        rate = whole.scaled_initial_ppm(i["base_im_ppm"], *caps)
        notional = i.get("quote_quantums")
        return rate if notional is None else whole.margin_quantums(int(notional), rate)
    if "amount_prev" in i:
        floor = number(i, *[k for k in i if k.startswith("floor")])
        rates = number(i, "mmr"), number(i, "mmr_prev")
        return margin.next_deduction(number(i, "amount_prev"), floor, *rates)
    if "base" in i and "step" in i:
        return risk_limits(i)
    if "im0" in i or "mm0" in i:
        return sloped(i)
    if has_table(i):
        sizes = [k for k in ("notional", "value", "contracts", "size") if k in i]
        if not sizes:
            return table(i)[2]
        price = number(i, "price", "mark", default=1.0)
        return tier_lookup(i, margin.notional(number(i, *sizes), price))
    if "max_leverage" in i and "Hyperliquid" in example["venue"]:
        return each(i["max_leverage"], lambda x: margin.half_initial_rate(float(x)))
    if "symbols" in i and "brackets" in i:
        raise LeftOut("it counts over a snapshot of 349 tables that the example does not carry")
    raise LeftOut("no engine rule for margin tiers takes these inputs")


def risk_limits(i):
    """BitMEX: rates rise by 0.5 % a step; base rates 0.5 % and 1 % unless others are given."""
    found: dict = {}
    values = listed(i.get("values", i.get("value")))
    for value in values:
        steps = margin.risk_limit_steps(float(value), float(i["base"]), float(i["step"]))
        mm, im = (
            margin.stepped_rate(number(i, name, default=base), number(i, step, default=0.005), steps)
            for name, base, step in (("base_mm", 0.005, "step_mm"), ("base_im", 0.01, "step_im"))
        )
        row = {"steps": steps, "mm_rate": mm, "im_rate": im,
               "mm": required(value, mm), "im": required(value, im)}  # fmt: skip
        found |= row | {f"{name}_{value:g}": answer for name, answer in row.items()}
    return found | {"value": found["mm"]}


def sloped(i):
    """Deribit: both rates grow with the size."""
    size, price = number(i, "size"), number(i, "price", "mark", "index")
    slope = number(i, *[k for k in i if k.startswith("slope")])
    value, found = margin.notional(size, price), {}
    for name in ("im", "mm"):
        if f"{name}0" in i:
            found[f"{name}_rate"] = rate = margin.sloped_rate(number(i, f"{name}0"), slope, size)
            found[f"{name}_usd"] = found[name] = found[f"{name}_usdc"] = required(value, rate)
    return found | {"value": found.get("im_usd", found.get("mm_usd"))}


# Liquidation and bankruptcy prices


def account(i, side):
    """Quote and base of the account: its collateral, or margin at the leverage, and its entry."""
    size, entry = abs(number(i, "size", "qty", default=1.0)), number(i, "entry", "price")
    value = margin.notional(size, entry)
    names = "wallet_balance", "collateral", "margin", "equity", "isolated_margin", "balance"
    if any(i.get(name) is not None for name in names):
        collateral = number(i, *names)
    else:
        collateral = margin.initial_margin(value, number(i, "leverage"))
    others = [k for k in i if "other" in k]
    upnl = number(i, *[k for k in others if "pnl" in k], default=0.0)
    mm = number(i, *[k for k in others if "pnl" not in k], default=0.0)
    collateral = margin.free_collateral(collateral, upnl, mm)
    collateral += number(i, "extra_margin", "added_margin", "extra", default=0.0)
    return margin.cash_after_entry(collateral, side * size, entry), side * size, value


def rate_of(i):
    """Maintenance rate plus the taker fee where the trigger counts it."""
    if i.get("max_leverage") is not None and not any(k in i for k in ("mmr", "mmf", "mm_rate")):
        rate = margin.half_initial_rate(number(i, "max_leverage"))
    else:
        rate = number(i, "mmr", "mmf", "mm_rate", "maintenance_rate")
    return rate + number(i, "taker", "taker_fee", default=0.0)


def margin_is_fixed(example, i):
    """Whether the maintenance margin is the one at entry: Bybit, and the short-cut formula."""
    formula = formula_of(example)
    if formula:
        return "IMR-MMR" in formula or "IM-MM" in formula
    simplified = "wallet_balance" not in i and "maint_amount" not in i
    return "Bybit" in example["venue"] or ("Binance" in example["venue"] and simplified)


def linear_levels(example, i, side):
    """Named prices and margins of a linear position."""
    quote, base, value = account(i, side)
    deduction = number(i, "maint_amount", "cum", "deduction", default=0.0)
    if has_table(i):
        floors, rates, amounts, _ = table(i)
        price = margin.liquidation_price(quote, base, floors, rates, amounts)
        mm = tier_lookup(i, value)["mm"]
    else:
        mm = required(value, rate_of(i), deduction)
        if margin_is_fixed(example, i):
            price = margin.fixed_liquidation_price(quote, base, mm)
        else:
            price = margin.tier_liquidation_price(quote, base, rate_of(i), deduction)
    im = margin.initial_margin(value, number(i, "leverage", default=1.0))
    return {"value": price, "im": im, "mm": mm, "bankruptcy": margin.bankruptcy_price(quote, base),
            "equity_left": margin.equity(quote, base, price)}  # fmt: skip


def inverse_levels(example, i, side):
    """Named prices of a coin-settled position: the linear one on the price 1 / p."""
    size = abs(number(i, "contracts", "size", default=1.0))
    base, entry = -side * size, margin.inverse(number(i, "entry"))
    value = margin.notional(base, entry)
    if i.get("leverage") is not None:
        coins = margin.initial_margin(value, number(i, "leverage"))
    else:
        coins = number(i, "margin_btc", "balance_btc", *[k for k in i if "margin_" in k])
    quote = margin.cash_after_entry(coins, base, entry)
    taker = number(i, "taker", default=0.0)
    zero = margin.tier_liquidation_price(quote, base, taker, 0.0)
    found = {"bankruptcy": margin.inverse(zero)}
    if "im_rate" in i:
        found["im"] = required(value, number(i, "im_rate"))
    if "mm_btc" in i:
        price = margin.fixed_liquidation_price(quote, base, number(i, "mm_btc"))
    elif any(i.get(k) is not None for k in ("mmr", "mm_rate")):
        found["mm"] = mm = required(value, number(i, "mmr", "mm_rate"))
        price = margin.tier_liquidation_price(quote, base, number(i, "mmr", "mm_rate"), 0.0)
        if "Bybit" in example["venue"]:  # both margins are fixed when the position is opened
            mm += required(margin.notional(base, zero), taker)
            price = margin.fixed_liquidation_price(quote, base, mm)
    else:
        return found | {"value": found["bankruptcy"]}
    return found | {"value": margin.inverse(price)}


def ticked(example, i, side, price):
    """The price, and the same on the venue's tick where the formula says it is rounded."""
    if "tick" not in i:
        return {"value": price}
    on_tick = margin.round_to_tick(price, i["tick"], side > 0)
    shown = re.search("tick|ceil|round", formula_of(example))
    return {"value": on_tick if shown else price, "raw": price, "unrounded": price,
            "rounded": on_tick}  # fmt: skip


def liquidation_price(example, i):
    """Liquidation price and the levels printed beside it; both sides where both are asked."""
    levels = inverse_levels if "contracts" in i else linear_levels
    if isinstance(example.get("expected"), dict) and "long" in example["expected"]:
        return {name: levels(example, i, SIDES[name])["value"] for name in ("long", "short")}
    side = side_of(i)
    found = levels(example, i, side)
    found |= ticked(example, i, side, found["value"])
    names = "price", "liquidation", "liquidation_price", "lp", "liq_price"
    return found | dict.fromkeys(names, found["value"])


def bankruptcy(example, i):
    """Price at which the equity is zero."""
    if "positions" in i:
        rates = i["mmf"] if isinstance(i["mmf"], dict) else dict.fromkeys(i["positions"], i["mmf"])
        args = i["positions"], i["oracle"], rates, i["market"], i["delta"]
        return whole.shared_bankruptcy_quantums(i["quote"], *args)
    formula = formula_of(example)
    coin = "contracts" in i or re.search(r"L/\(L[+-]1\)", formula) or (not formula and "tick" in i)
    side = side_of(i, -1 if "L/(L-1)" in formula else 1)
    levels = inverse_levels if coin else linear_levels

    def price(side):
        return levels(example, {"mmr": 0.0, **i} if not coin else i, side)["bankruptcy"]

    found = ticked(example, i, side, price(side))
    found |= {"long": price(1), "short": price(-1)}
    return found | {"price": found["value"], "bankruptcy": found["value"]}


def cross_margin(example, i):
    """dYdX: the other legs count by their requirement alone, the first leg moves."""
    first, *others = [leg for leg in i.values() if isinstance(leg, dict)]
    held = sum(
        required(margin.notional(leg["size"], leg["price"]), leg["mmf"]) for leg in others
    )
    inputs = {"side": 1 if first["size"] > 0 else -1, **first, "equity": i["equity"], "mm_other": held}
    return linear_levels(example, inputs, inputs["side"])


# Auctions


def auction(example, i):
    """Order auctions, fee ramps and Dutch auctions."""
    if "slots" in i and "cap" in i:
        base, cap = (whole.to_units(i[k], whole.PPM) for k in ("base", "cap"))
        return each(i["slots"], lambda slots: int(curves.fee_ramp(base, cap, 1, 1500, slots)))
    if "duration" in i:
        return order_price(i)
    if "oracle" in i and any(k in i for k in ("limit", "side")):
        oracle, limit = (whole.to_units(i.get(k) or 0, whole.PPM) for k in ("oracle", "limit"))
        start, end = whole.order_auction_bounds(oracle, side_of(i), limit)
        return {"value": [start, end], "start": start, "end": end}
    if "tail" in i or "cusp" in i:
        return restart(i)
    if "chip" in i:
        reward = curves.keeper_reward(*(number(i, k, default=0.0) for k in ("tip", "chip", "tab")))
        return {"value": reward, "reward": reward}
    if "buf" in i:
        top = curves.auction_start(number(i, "oracle", "price", "feed", "spot"), number(i, "buf"))
        return {"value": top, "top": top}
    if "lot" in i:
        return dutch_takes(i)
    if "percent" in i:
        top = whole.to_units(i["top"], whole.RAY)
        cut = whole.RAY - whole.to_units(i["percent"], whole.RAY // 100)
        worst = whole.stairstep_deviation(top, cut, int(i["step"]), int(i["seconds"]))
        return {"value": worst, "worst": worst, "within_tolerance": worst <= i["tolerance_ray"]}
    if "steps_s" in i:
        steps = curves.steps_until_below(number(i, "cut"), number(i, "fraction", default=0.5))
        return {"value": steps, "steps": steps, "minutes": each(i["steps_s"], lambda s: steps * s / 60)}
    if "top" in i:
        times = next(i[k] for k in ("times", "t", "time", "elapsed") if k in i)
        return each(times, lambda t: whole.from_units(ray_price(i, t), whole.RAY))
    raise LeftOut("no engine rule for auctions takes these inputs")


def order_price(i):
    """Drift: price of an order's auction after some slots, in quote per base."""
    start, end = (whole.to_units(number(i, k), whole.PPM) for k in ("start", "end"))
    oracle = None if i.get("oracle") is None else whole.to_units(i["oracle"], whole.PPM)
    side, duration = side_of(i, 1 if end >= start else -1), int(i["duration"])
    tick = int(i.get("tick", 1))
    slots = next(i[k] for k in ("slots", "slot", "elapsed") if k in i)
    return each(slots, lambda slot: whole.from_units(
        whole.order_auction_price(start, end, duration, int(slot), side, oracle, tick), whole.PPM
    ))  # fmt: skip


def ray_price(i, t):
    """MakerDAO: price [ray] at `t` seconds. The test contract's stair is 0.99 a second."""
    top = whole.to_units(i["top"], whole.RAY)
    if i.get("tau") is not None:
        return whole.ray_linear_decrease(top, int(i["tau"]), int(t))
    cut, step = i.get("cut", 0.99), 1 if "cut" in i else i.get("step", 1)
    return whole.ray_exponential_decrease(
        top, whole.to_units(cut, whole.RAY), int(t), int(i.get("step", step))
    )


def restart(i):
    """MakerDAO: whether an auction that has run for some seconds must start again."""
    top, tail, cusp = (number(i, k, default=d) for k, d in
                       (("top", 1.0), ("tail", np.inf), ("cusp", 0.0)))  # fmt: skip
    times = i.get("times", i.get("t", i.get("elapsed")))

    def stale(t):
        price = i.get("price")
        price = whole.from_units(ray_price(i, t), whole.RAY) if price is None else price
        return bool(curves.auction_is_stale(top, float(price), float(t), tail, cusp))

    found = each(times, stale)
    flat = dict(zip((f"{t:g}" for t in listed(times)), listed(found), strict=True))
    return {"value": found, "needs_redo": found, "redo": found, "reset": found} | flat


def dutch_takes(i):
    """MakerDAO: what the takers get and pay, in wad, ray and rad."""
    debt, dust = (whole.to_units(i.get(k, 0), whole.RAD) for k in ("tab", "chost"))
    lot = whole.to_units(i["lot"], whole.WAD)
    asks = [i[k] for k in ("first", "second", "third") if k in i]
    asks = asks or [{"amt": amount} for amount in i.get("amts", [i.get("amt", i["lot"])])]
    found: dict = {}
    for name, ask in zip(("first", "second", "third", "fourth"), asks, strict=False):
        price = ray_price(i, ask.get("t", i.get("t", 0)))
        if "t" not in ask and i.get("price") is not None:
            price = whole.to_units(i["price"], whole.RAY)
        amount = lot if ask.get("amt") is None else whole.to_units(ask["amt"], whole.WAD)
        dear = i.get("max") is not None and price > whole.to_units(i["max"], whole.RAY)
        took, part, paid = curves.take_exact(debt, lot, price, amount, dust, True)
        if dear or not took:
            took, part, paid = False, 0, 0
        debt, lot = debt - paid, lot - part
        row = {"slice": whole.from_units(part, whole.WAD), "owe": whole.from_units(paid, whole.RAD),
               "lot": whole.from_units(lot, whole.WAD), "tab": whole.from_units(debt, whole.RAD),
               "lot_left": whole.from_units(lot, whole.WAD), "accepted": took,
               "tab_left": whole.from_units(debt, whole.RAD)}  # fmt: skip
        found |= row | {f"{name}_{key}": answer for key, answer in row.items()}
        found |= {f"lot_after_{name}": row["lot"], f"tab_after_{name}": row["tab"],
                  name: "accepted" if took else "refused", f"{name}_slice": str(part)}  # fmt: skip
        found["result"] = found["outcome"] = found[name]
    found["returned"] = found["lot_left"]
    return found | {"value": found["slice"], "price": whole.from_units(price, whole.RAY)}


RULES = {
    "tiers": tiers,
    "liquidation_price": liquidation_price,
    "bankruptcy": bankruptcy,
    "auction": auction,
    "cross_margin": cross_margin,
}
