"""Published examples of funding, put to the engine's own functions."""

from engine.core import fixed_point, funding, margin
from tests.published_inputs import LeftOut

WHOLE = "whole-number funding of a contract, or a ladder of orders: no function of the engine"


def funding_example(example, inputs):
    """Named answers, chosen by which inputs there are."""
    for needed, answer in RULES:
        if needed <= set(inputs):
            return answer(inputs)
    raise LeftOut(WHOLE)


def _paid(inputs):
    stamps = [(seconds(row["t"]), row["mark"], row["rate"]) for row in inputs["stamps"]]
    base = inputs["side"] * inputs["size"]
    held = seconds(inputs.get("open", "00:00")), seconds(inputs.get("close", "24:00"))
    return {"value": funding.received(base, stamps, *held)}


def seconds(clock):
    """08:00 or 07:59:59 in seconds."""
    parts = [int(part) for part in clock.split(":")]
    return sum(part * scale for part, scale in zip(parts, (3_600, 60, 1), strict=False))


def _accrued(inputs):
    whole = funding.payment(inputs["size"], inputs["mark"], inputs["rate"])
    return {"eight_hour": whole, "accrued": whole * inputs["time_share"]}


def _inverse(inputs):
    """A coin-settled contract is the linear one on the price turned over."""
    entry, exit_ = margin.inverse(inputs["entry"]), margin.inverse(inputs["exit"])
    days = inputs["quote_daily"], inputs["base_daily"], inputs["intervals"]
    rate = funding.interest_of_interval(*days)
    paid = funding.payment(inputs["contracts"], entry, rate)
    gain = inputs["contracts"] * (entry - exit_)
    value = margin.notional(inputs["contracts"], entry)
    return {"value": value, "rate": rate, "funding": paid, "pnl": gain, "net": gain - paid}


def _impact(inputs):
    premium = funding.impact_premium(inputs["impact_bid"] / inputs["oracle"] - 1.0, 0.0)
    rate = funding.funding_rate(premium, inputs["interest"], inputs["clamp"])
    return {"premium": premium, "rate_8h": rate}


def _clamp_ppm(inputs):
    initial = inputs["im_ppm"]
    kept = fixed_point.maintenance_ppm(initial, inputs["maintenance_fraction_ppm"])
    share = fixed_point.multiply(
        initial - kept, inputs["clamp_ppm"], fixed_point.PPM, fixed_point.FLOOR
    )
    return {"value": share}


RULES = [
    ({"margin_usdt", "imr_at_max_leverage"},
     lambda i: {"value": funding.impact_notional(i["margin_usdt"], i["imr_at_max_leverage"])}),
    ({"hours", "every_s"}, lambda i: {"value": funding.premium_samples(i["hours"], i["every_s"])}),
    ({"side", "size", "stamps"}, _paid),
    ({"size", "rate", "mark", "time_share"}, _accrued),
    ({"contracts", "entry", "exit", "intervals"}, _inverse),
    ({"im", "mm", "share"},
     lambda i: {"value": funding.cap_of_margins(i["im"], i["mm"], i["share"])}),
    ({"quote_daily", "base_daily", "intervals"},
     lambda i: {"value": funding.interest_of_interval(
         i["quote_daily"], i["base_daily"], i["intervals"])}),
    ({"premium", "damper"},
     lambda i: {"value": [funding.damped(p, i["damper"]) for p in i["premium"]]}),
    ({"impact_bid", "oracle", "interest", "clamp"}, _impact),
    ({"clamp_ppm", "im_ppm", "maintenance_fraction_ppm"}, _clamp_ppm),
]  # fmt: skip
