"""Which engine function answers an example about auctions."""

import numpy as np

from engine.core import curves
from engine.core import fixed_point as whole
from tests.published_inputs import LeftOut, each, listed, number, side_of


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
        minutes = each(i["steps_s"], lambda seconds: steps * seconds / 60)
        return {"value": steps, "steps": steps, "minutes": minutes}
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
    cut = whole.to_units(i.get("cut", 0.99), whole.RAY)
    return whole.ray_exponential_decrease(top, cut, int(t), int(i.get("step", 1)))


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
