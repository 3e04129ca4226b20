"""Who caused it, in sentences for a terminal and a page."""

from engine.causes.blame import Blame

NAMED = 4
ELSEWHERE = (
    "Without all of them it is not at its limit at that step, but it is at another step of the "
    "run: leaving out any or all of them does not avoid it."
)


def blame_lines(b: Blame) -> list[str]:
    """Whole, shares, what would have been enough, and whether it is a bystander."""
    head = "By cause" if b.by == "cause" else "By account"
    nobody = "with none of them" if b.by == "cause" else "without the forced orders of others"
    shares = ", ".join(f"{s.title[:1].lower()}{s.title[1:]} {s.amount:+z,.2f}" for s in b.shares)
    lines = [
        f"{head}: at the step of the limit its distance to it is {b.without:+z,.2f} USD {nobody} "
        f"and {b.distance:+z,.2f} USD with all. Shares of the {b.whole:+z,.2f} USD: {shares} "
        f"({b.runs} runs)."
    ]
    return [*lines, enough_line(b), *bystander_lines(b)]


def enough_line(b: Blame) -> str:
    """The smallest sets without which the event does not happen."""
    if not b.enough:
        return ELSEWHERE if b.without > 0.0 else "Without any or all of them it still happens."
    groups = [" and ".join(group) for group in b.enough]
    if len(groups) > NAMED:
        groups = [*groups[:NAMED], f"{len(groups) - NAMED} more"]
    if len(groups) == 1:
        return f"Leaving this out avoids it: {groups[0]}."
    word = "one" if len(b.enough[0]) == 1 else f"set of {len(b.enough[0])}"
    return f"Leaving out any {word} of these avoids it: {'; '.join(groups)}."


def bystander_lines(b: Blame) -> list[str]:
    """Whether only the forced orders of others brought the account to its limit."""
    if b.bystander is None:
        return []
    if b.bystander:
        return [f"Account {b.account:,} is a bystander: nobody else forced, it keeps its position."]
    met = met_alone(b)
    return [
        f"Account {b.account:,} is no bystander: it meets its limit with nobody else forced{met}."
    ]


def met_alone(b: Blame) -> str:
    """When it meets its limit with nobody else forced, if not at the step of the event."""
    return ", at another step" if b.without > 0.0 else ""
