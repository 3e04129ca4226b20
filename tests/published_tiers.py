"""Which engine function answers an example about margin tiers and rates."""

import numpy as np

from engine.core import fixed_point as whole
from engine.core import margin
from tests.published_inputs import LeftOut, each, listed, number


def table(inputs):
    """Floors, rates and deductions of the tiers an example gives."""
    if "tiers" in inputs:
        rows = inputs["tiers"]
        columns = {key: [row[key] for row in rows if key in row] for key in rows[0]}
        inputs = {**inputs, **columns}
    limits = next((inputs[k] for k in ("limits", "limit", "caps") if k in inputs), None)
    floors = next((inputs[k] for k in ("floors", "floor", "bounds") if k in inputs), None)
    if floors is None:
        floors = [0, *(limits or [])[:-1]]
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
        mm = margin.stepped_rate(number(i, "base_mm", default=0.005), 0.005, steps)
        im = margin.stepped_rate(number(i, "base_im", default=0.01), 0.005, steps)
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
