"""Which engine function answers an example about liquidation and bankruptcy prices."""

import re

from engine.core import fixed_point as whole
from engine.core import margin
from tests.published_inputs import SIDES, formula_of, number, side_of
from tests.published_tiers import has_table, required, table, tier_lookup


def account(i, side):
    """Quote and base of the account: its collateral, or margin at the leverage, and its entry."""
    size, entry = abs(number(i, "size", "qty", default=1.0)), number(i, "entry", "price")
    value = margin.notional(size, entry)
    names = "wallet_balance", "collateral", "margin", "equity", "isolated_margin", "balance"
    if any(i.get(name) is not None for name in names):
        collateral = number(i, *names)
    else:
        collateral = margin.initial_margin(value, number(i, "leverage"))
    others = [k for k in i if re.search(r"other|_ex(_|$)", k.lower())]
    upnl = number(i, *[k for k in others if "pnl" in k.lower()], default=0.0)
    mm = number(i, *[k for k in others if "pnl" not in k.lower()], default=0.0)
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
    held = sum(required(margin.notional(leg["size"], leg["price"]), leg["mmf"]) for leg in others)
    leg = {**first, "equity": i["equity"], "mm_other": held}
    return linear_levels(example, leg, side_of(leg))
