"""A reading of an explanation that fits a phone screen, in plain English."""

from math import floor, log10

import numpy as np

from engine.causes.contributions import account_before
from engine.core.state import Rule
from engine.explanation import guards, settled, several
from engine.explanation.flows import crowd_sentence, funding_sentence
from engine.explanation.guardrails import cap_sentence, depth_sentence, volatility_sentence
from engine.explanation.sides import Moment
from engine.explanation.told import Explanation
from engine.explanation.warned import began


def usd(amount: float) -> str:
    """An amount as people write it: 1,234.50 USD."""
    digits = 2 if abs(amount) < 100_000 else 0
    return f"{amount:,.{digits}f} USD"


def price_of(price: float) -> str:
    """A price to a cent, or to six digits where a coin costs less than 100 USD: 0.100236."""
    if abs(price) >= 100.0 or price == 0.0:
        return f"{price:,.2f}"
    return f"{price:.{max(5 - floor(log10(abs(price))), 2)}f}"


def clock(seconds: float) -> str:
    """Seconds as 5 min 12 s."""
    minutes, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = [f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (minutes > 0) + [f"{rest:g} s"]
    return " ".join(parts)


def tell(m: Moment, e: Explanation) -> str:
    """The whole reading: when and who, the comparison, the loss, the cut, what it did."""
    lines = [when(m), comparison(m, e), *loss(e), *e.cut]
    if e.rule == "maintenance" and e.threshold:
        lines.insert(2, e.threshold)
    lines += effect(m, e)
    if e.prevented:
        which = "this" if len(e.prevented) == 1 else "any one of these"
        lines.append(
            f"To get past this one moment, though perhaps not a later one, {which} would "
            "have been enough: " + " ".join(remedy.sentence for remedy in e.prevented)
        )
    return "\n".join(line for line in lines if line)


def when(m: Moment) -> str:
    """Step, time and position."""
    seconds = m.step * m.result.scenario.world.dt
    who = m.result.row_name(m.account).capitalize()
    if int(m.event["rule"]) in VENUE_WIDE:
        who = "The venue"
    base = m.get("base")
    if m.several and (names := several.leg_names(m, account_before(m.result, m.number))):
        return f"Step {m.step} ({clock(seconds)}). {who}, {names}."
    held = f", {'long' if base > 0 else 'short'} {m.coin(abs(base)):,.6g} coin" if base else ""
    return f"Step {m.step} ({clock(seconds)}). {who}{held}."


def comparison(m: Moment, e: Explanation) -> str:
    """The two sides of the rule, in a sentence."""
    return SENTENCES[Rule(int(m.event["rule"]))](m, e)


def _maintenance(m: Moment, e: Explanation) -> str:
    mark = m.price(m.get("mark"))
    if m.several:
        return leg_trigger(m, e)
    return (
        f"At a mark of {price_of(mark)} its equity of {usd(e.value)} is not above its maintenance "
        f"margin of {usd(e.limit)}."
    )


def _limit_change(m: Moment, e: Explanation) -> str:
    return f"Its maintenance rate is now {e.value:.4%}; before, it was {e.limit:.4%}."


def _slice(m: Moment, e: Explanation) -> str:
    bought = "Bought" if m.get("qty") > 0 else "Sold"
    after = (
        f"Equity is then {usd(e.value)} against maintenance of {usd(e.limit)}."
        if m.get("base") + m.get("qty") != 0.0
        else f"The position is closed with {usd(e.value)} left."
    )
    waited = guards.waited_line(m)
    toxic = " The slice was toxic: it lowered the margin ratio." if m.result.toxic[m.number] else ""
    return (
        f"{bought} {m.coin(abs(m.get('qty'))):,.6g} coin at {price_of(m.price(m.get('price')))} on "
        f"average (mark {price_of(m.price(m.get('mark')))}). {after}{toxic} {waited}".rstrip()
    )


def _auction_open(m: Moment, e: Explanation) -> str:
    return (
        f"Its position is offered at {price_of(e.value)}. "
        f"Its bankruptcy price is {price_of(e.limit)}."
    )


def _auction_take(m: Moment, e: Explanation) -> str:
    who = m.result.row_name(int(m.event["counter"])).capitalize()
    return (
        f"{who} took {m.coin(abs(m.get('qty'))):,.6g} coin at {price_of(m.price(m.get('price')))}: "
        f"the discount of {e.value:.3%} reached the {e.limit:.3%} it asks."
    )


def _auction_expire(m: Moment, e: Explanation) -> str:
    back = m.result.scenario.liquidation.fallback
    return f"No liquidator took it within {e.limit:g} steps. The fall-back is: {back}."


def _backstop(m: Moment, e: Explanation) -> str:
    return (
        f"The vault took {usd(e.value)} of notional at {price_of(m.price(m.get('price')))}; it had "
        f"room for {usd(e.limit)}."
    )


def _bankruptcy(m: Moment, e: Explanation) -> str:
    told = f"The position is closed and {usd(-e.value)} are missing: the account is bankrupt."
    return f"{told} {settled.missing_line(m, e)}".rstrip()


def _fund_payment(m: Moment, e: Explanation) -> str:
    if e.limit >= e.value:
        told = f"It held {usd(e.limit)}: enough."
    elif e.limit > 0.0:
        told = f"It held only {usd(e.limit)}: accounts with equity share the rest."
    else:
        told = f"It was empty or overdrawn ({usd(e.limit)}): accounts with equity share the loss."
    return f"The insurance fund paid {usd(e.value)}. {told}"


def _adl(m: Moment, e: Explanation) -> str:
    loser = m.result.row_name(int(m.event["counter"]))
    return (
        f"{e.value:,.6g} coin of this winning position were closed against {loser} at "
        f"{price_of(m.price(m.get('price')))} (mark {price_of(m.price(m.get('mark')))}). Its "
        f"position and profit allow up to {e.limit:,.6g} coin. {settled.adl_line(m)}"
    )


def _socialised(m: Moment, e: Explanation) -> str:
    return f"It paid {usd(e.value)} of a loss nobody else could carry, out of {usd(e.limit)}."


def _unwind(m: Moment, e: Explanation) -> str:
    done = "bought back" if m.get("qty") > 0 else "sold"
    return (
        f"It {done} {e.value:,.6g} of the {e.limit:,.6g} coin it took in auctions, at "
        f"{price_of(m.price(m.get('price')))}."
    )


def leg_trigger(m: Moment, e: Explanation) -> str:
    """The trigger of an account with several legs, and of which leg it started from."""
    if m.event["parent"] >= 0:
        return f"This leg is closed with the others, as event {int(m.event['parent'])} says."
    told = (
        f"Over all legs its equity of {usd(e.value)} is not above its maintenance margin of "
        f"{usd(e.limit)}."
    )
    line = several.hedge_line(m, account_before(m.result, m.number))
    return f"{told} {line}".rstrip()


def _correlation(m: Moment, e: Explanation) -> str:
    names = m.result.compiled.symbols
    pair = f"{names[m.symbol]} and {names[int(m.event['detail'])]}"
    if len(m.result.compiled.inputs.rho) > 1:
        why = "It is set by the scenario."
    else:
        found = {name: value for name, value, _ in e.inputs}
        moved = [f"{value:+z.3%}" for name, value in found.items() if "moved" in name]
        why = (
            f"Its own estimate is {found['estimate']:.4f} after marks that moved by "
            f"{' and '.join(moved)} in this step."
        )
    count = len(followers(m))
    return (
        f"The correlation of {pair} is published as {e.value:.3g}; before, it was {e.limit:.3g}. "
        f"{why} No price is needed for it to move a requirement: it moved those of {count} "
        f"account{'s' * (count != 1)}."
    )


def followers(m: Moment) -> np.ndarray:
    """Requirement changes of the same step."""
    events = m.result.events
    same = (events["step"] == m.step) & (events["rule"] == Rule.REQUIREMENT_CHANGE)
    return np.flatnonzero(same)


def _requirement(m: Moment, e: Explanation) -> str:
    way = "rose" if e.value > e.limit else "fell"
    return (
        f"At the same prices its requirement {way} by {usd(abs(e.value - e.limit))}, from "
        f"{usd(e.limit)} to {usd(e.value)}, by event {int(m.event['parent'])}."
    )


def _sale(m: Moment, e: Explanation) -> str:
    return (
        f"All positions are closed and {usd(-e.value)} are missing: "
        f"{m.coin(abs(m.get('qty'))):,.6g} coin of its collateral were sold at "
        f"{price_of(m.price(m.get('price')))}."
    )


def _funding(m: Moment, e: Explanation) -> str:
    return funding_sentence(e.value, e.limit, m)


def _crowd(m: Moment, e: Explanation) -> str:
    return crowd_sentence(e.value, e.limit, m)


def _reduction(m: Moment, e: Explanation) -> str:
    done, left = m.coin(abs(m.get("qty"))), m.coin(abs(m.get("base") + m.get("qty")))
    return (
        f"{began(m)} closed {done:,.6g} coin at {price_of(m.price(m.get('price')))} "
        f"and keeps {left:,.6g}: equity {usd(e.value)}, maintenance margin {usd(e.limit)}."
    )


SENTENCES = {
    Rule.MAINTENANCE: _maintenance,
    Rule.LIMIT_CHANGE: _limit_change,
    Rule.SLICE: _slice,
    Rule.AUCTION_OPEN: _auction_open,
    Rule.AUCTION_TAKE: _auction_take,
    Rule.AUCTION_EXPIRE: _auction_expire,
    Rule.BACKSTOP_TAKE: _backstop,
    Rule.BANKRUPTCY: _bankruptcy,
    Rule.FUND_PAYMENT: _fund_payment,
    Rule.ADL_FILL: _adl,
    Rule.SOCIALISED_LOSS: _socialised,
    Rule.UNWIND: _unwind,
    Rule.CORRELATION_CHANGE: _correlation,
    Rule.REQUIREMENT_CHANGE: _requirement,
    Rule.COLLATERAL_SALE: _sale,
    Rule.FUNDING: _funding,
    Rule.CROWD: _crowd,
    Rule.REDUCTION: _reduction,
    Rule.HALT: guards.halt_sentence,
    Rule.RESUMPTION: guards.resumption_sentence,
    Rule.OUTAGE: guards.outage_sentence,
    Rule.OUTAGE_END: guards.outage_end_sentence,
    Rule.BAND: guards.band_sentence,
    Rule.VOLATILITY_ADDON: lambda m, e: volatility_sentence(e.value, e.limit, m),
    Rule.DEPTH_PUBLISHED: lambda m, e: depth_sentence(e.value, e.limit, m),
    Rule.LEVERAGE_CAP: lambda m, e: cap_sentence(e.value, e.limit, m),
    Rule.EXPOSURE_LIMIT: lambda m, e: cap_sentence(e.value, e.limit, m),
}


VENUE_WIDE = (
    Rule.CORRELATION_CHANGE,
    Rule.VOLATILITY_ADDON,
    Rule.DEPTH_PUBLISHED,
    Rule.HALT,
    Rule.RESUMPTION,
    Rule.OUTAGE,
    Rule.OUTAGE_END,
)
NAMED = 4  # parts of a loss that are named one by one; a table has them all


def loss(e: Explanation) -> list[str]:
    """The change of equity since entry, its largest parts named and the others summed."""
    if not e.parts or e.rule == "halt":
        return []
    forced = [part for part in e.parts if part.kind == "forced"]
    crowd = [part for part in e.parts if part.kind == "crowd"]
    others = [
        part
        for part in e.parts
        if part.kind not in ("forced", "crowd") and abs(part.amount) >= 0.005
    ]
    items = [
        f"{part.name[:1].lower()}{part.name[1:]} {part.amount:+z,.2f}" for part in others[:NAMED]
    ]
    if rest := others[NAMED:]:
        items.append(f"{len(rest)} smaller parts {sum(part.amount for part in rest):+z,.2f}")
    if forced:
        total = sum(part.amount for part in forced)
        items.append(f"forced flow of all steps until now, {len(forced)} orders, {total:+z,.2f}")
    if crowd:
        total = sum(part.amount for part in crowd)
        items.append(f"crowd flow of {len(crowd)} earlier orders {total:+z,.2f}")
    told = f"Since entry its equity changed by {e.total:+z,.2f} USD: " + ", ".join(items) + "."
    if len(forced) > 1:
        most = max(forced, key=lambda part: abs(part.amount))
        told += f" The largest order was event {most.event} ({most.amount:+z,.2f})."
    return [told]


def effect(m: Moment, e: Explanation) -> list[str]:
    """What the event did to others."""
    if not e.pushed:
        return []
    count = len(e.pushed)
    those = f"{count} later margin triggers" if count > 1 else "one later margin trigger"
    return [
        f"Its push on the mark tipped {those} over (first: event {e.pushed[0]}): without it, each "
        "account would still have been above its limit."
    ]
