"""What would have prevented it, in a sentence."""

from engine.remedies.told import Prevention, Value

WORDS = {
    "last": "last price", "last_ema": "average of the last price", "index": "index price",
    "index_ema": "index with averaged basis", "median": "median of three prices",
    "market": "market", "incremental": "incremental", "auction": "auction",
}  # fmt: skip
SPARED = "never meets its limit"
FLAWED = "It comes and goes along this axis: "
UNUSED = "What lies between it and {} cannot be run."


def amount(value: Value, unit: str) -> str:
    """A value with its unit, or the word of a choice."""
    if isinstance(value, str):
        return WORDS.get(value, value)
    if unit == "USD" and abs(value) >= 1e6:
        return f"{value:,.0f} USD"
    if unit == "USD":
        return f"{value:,.2f} USD"
    if unit == "USD per 1 %":
        return f"{value:,.0f} USD per 1 %"
    if unit == "x":
        return f"{value:.5g}x"
    if unit == "step":
        return f"{value:g} step{'' if value == 1 else 's'}"
    return f"{value:,.6g} {unit}".rstrip()


def sentence(told: Prevention) -> str:
    """The answer of one axis."""
    now = amount(told.now, told.unit)
    if told.needed is None:
        low, high = amount(told.tried_from, told.unit), amount(told.tried_to, told.unit)
        if told.how == "choice":
            return f"{told.title}: no other choice avoids it; it is {now}."
        tried = f"none of {told.tried} values from {low} to {high}"
        return f"{told.title}: {tried} avoids it; it is {now}."
    needed = amount(told.needed, told.unit)
    then = "" if told.instead == SPARED else f" The account then {told.instead}."
    if told.how == "choice":
        others = [amount(low, "") for low, _ in told.spans]
        return f"{told.title}: {' or '.join(others)} instead of {now}.{then}"
    if told.axis == "collateral":
        more = amount(told.needed - told.now, "USD")  # type: ignore[operator]
        return f"Collateral: {needed} instead of {now}, {more} more.{then}{flaw(told)}"
    if told.axis == "source" and told.needed == 0.0:
        return f"{told.title}: none at all instead of {now}.{then}"
    same = " Nobody posts more for it." if told.axis == "concentration" else ""
    text = f"{told.title}: {needed} instead of {now}.{same}{then}"
    if is_apart(told):
        text += f" {UNUSED.format(amount(told.proofs[1].value, told.unit))}"
    return text + flaw(told)


def flaw(told: Prevention) -> str:
    """That the event comes and goes along the axis; empty where it does not."""
    if told.monotone:
        return ""
    return f" {FLAWED}of the values tried only {' or '.join(ranges(told))} avoid it."


def is_apart(told: Prevention) -> bool:
    """Whether the two proofs are more than a step apart: values between them cannot be run."""
    good, bad = (proof.value for proof in told.proofs)
    if isinstance(good, str) or isinstance(bad, str):
        return False
    return abs(good - bad) > 1.5 * told.step


def some_of(told: Prevention) -> str:
    """The values that avoid it where it comes and goes, those of the answer first."""
    every = ranges(told)
    first = [min(span) <= told.needed <= max(span) for span in told.spans]  # type: ignore
    order = sorted(range(len(every)), key=lambda i: not first[i])
    between = ", not between" if len(every) > 1 else ""
    *others, last = [every[i] for i in order]
    said = [text.removesuffix(f" {told.unit}") for text in others]  # the unit stands at the end
    return f"only {' or '.join([*said, last])}{between}"


def ranges(told: Prevention) -> list[str]:
    """The values that avoid it, as far as they were tried."""
    return [
        amount(low, told.unit)
        if low == high
        else f"{amount(low, told.unit).removesuffix(f' {told.unit}')} to {amount(high, told.unit)}"
        for low, high in told.spans
    ]
