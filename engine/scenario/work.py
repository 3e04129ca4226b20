"""How much a run may ask for where strangers ask: bounds for a page or a link."""

from engine.scenario.errors import InputError
from engine.scenario.schema import Scenario, account_steps, leg_steps

APP_MAX_WORK = 200_000_000  # account-steps a page may be asked for
LEG_COST = 20  # account-steps that a leg costs, which is looked at in every step
WATCH_COST = (
    4_000  # account-steps of a step that the monitor looks at anew for an operator's action
)
PAYMENT_COST = 120  # account-steps a payment of funding costs: a movement of 40 bytes, read often
APP_MAX_AUCTION_WORK = 100_000_000  # accounts x deadline x liquidators, for the same reason


def check_work(
    scenario: Scenario, max_work: int | None = None, max_auction_work: int | None = None
) -> None:
    """Raise InputError if a run, or a comparison of all policies, asks for more than is allowed."""
    s = scenario
    name, work = account_steps(s)
    if max_work is not None and work > max_work:
        raise InputError(name, work, f"at most {max_work:,} here")
    name, work = leg_steps(s)
    if max_work is not None and work * LEG_COST > max_work:
        raise InputError(name, work, f"at most {max_work // LEG_COST:,} here")
    work = funding_payments(s)
    if max_work is not None and work * PAYMENT_COST > max_work:
        name = "accounts x symbols x payments of funding"
        raise InputError(name, work, f"at most {max_work // PAYMENT_COST:,} here")
    work = s.world.steps * s.monitor.actions
    if max_work is not None and work * WATCH_COST > max_work:
        name = "world.steps x monitor.actions"
        raise InputError(name, work, f"at most {max_work // WATCH_COST:,} here")
    work = s.accounts.count * s.liquidation.deadline * s.liquidation.liquidators
    if max_auction_work is not None and work > max_auction_work:
        name = "accounts.count x liquidation.deadline x liquidation.liquidators"
        raise InputError(name, work, f"at most {max_auction_work:,} here")


def funding_payments(s: Scenario) -> int:
    """Payments of funding in a run at most: each is a movement of the ledger."""
    if s.funding.interval == 0.0:
        return 0
    every = max(round(s.funding.interval / s.world.dt), 1)
    several = sum(row[0] * sum(1 for weight in row[3:] if weight) for row in s.accounts.portfolios)
    return (s.accounts.count + several) * ((s.world.steps - 1) // every)
