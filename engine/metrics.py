"""All numbers of a run by name; each group is computed when one of it is asked for."""

from collections.abc import Callable, Iterator, Mapping

from engine.band.bounds import band_numbers
from engine.changes.totals import LIMITS, limit_numbers
from engine.fairness.deleveraged import adl_fairness
from engine.fairness.measures import treatment
from engine.fairness.owners import OWNERS, who_paid
from engine.graph.cascade import graph_numbers
from engine.monitor.scoring import monitor_numbers
from engine.record import Record
from engine.studies.stress import stress
from engine.totals import TOTALS, in_usd, totals

BAND = {
    "band_inside": "fraction",
    "band_width": "fraction",
    "band_known": "fraction",
    "band_seconds": "s",
}
STRESS = {
    "mark_lag_bp": "bp",
    "fill_cost_bp": "bp",
}
GRAPH = {
    "branching_ratio": "fraction",
    "forced_by_forced": "USD",
    "mean_generation": "1",
    "deepest_generation": "1",
}
PAID = {
    "forced_loss": "USD",
    **{f"paid_{owner}": "USD" for owner in OWNERS},
    "paid_others": "USD",
}
FAIRNESS = {
    "over_liquidated": "USD",
    "cost_gini": "1",
    "unequal_bp": "bp",
    "spared_accounts": "accounts",
    "bystanders": "accounts",
    "bystander_loss": "USD",
    "adl_accounts": "accounts",
    "adl_gini": "1",
    "adl_jain": "1",
}
MONITOR = {
    "alerts": "1",
    "true_alerts": "1",
    "alert_lead": "s",
    "false_a_day": "1/day",
    "warned_accounts": "accounts",
}
UNITS = TOTALS | BAND | STRESS | GRAPH | PAID | FAIRNESS | LIMITS | MONITOR


def paid_metrics(result: Record) -> dict[str, float]:
    """Who paid for what was closed by force; see `owners`.

    forced_loss           what all liquidations cost, from each account's own limit on
    paid_account ...      the part of it that each owner paid; paid_others: all but the accounts
    """
    tick, owners = result.compiled.units.tick, who_paid(result)
    amounts = {"forced_loss": owners.total, "paid_others": owners.total - owners.paid["account"]}
    amounts |= {f"paid_{owner}": ticks for owner, ticks in owners.paid.items()}
    return {name: float(in_usd(ticks, tick)) for name, ticks in amounts.items()}


def fairness_metrics(result: Record) -> dict[str, float]:
    """How alike the accounts were treated; see `fairness` and `deleveraged`.

    over_liquidated       value closed beyond the least that restored margin
    cost_gini             Gini index of the cost per dollar closed, over closed accounts
    unequal_bp            how far orders of one step and side were filled apart
    spared_accounts       closed accounts that the same prices would have spared
    bystanders            closed accounts that no limit would have reached without forced flow
    bystander_loss        what they were worth less for it at the end
    adl_accounts          winners that auto-deleveraging touched
    adl_gini, adl_jain    of the fractions of their positions it took, over all winners
    """
    tick, alike, adl = result.compiled.units.tick, treatment(result), adl_fairness(result)
    return {
        "over_liquidated": float(in_usd(alike["over"], tick)),
        "cost_gini": alike["cost_gini"],
        "unequal_bp": alike["unequal"],
        "spared_accounts": alike["spared"],
        "bystanders": alike["bystanders"],
        "bystander_loss": float(in_usd(alike["bystander_loss"], tick)),
        "adl_accounts": adl["touched"],
        "adl_gini": adl["gini"],
        "adl_jain": adl["jain"],
    }


GROUPS: tuple[tuple[dict[str, str], Callable[[Record], dict[str, float]]], ...] = (
    (TOTALS, totals),
    (BAND, band_numbers),
    (STRESS, stress),
    (GRAPH, graph_numbers),
    (PAID, paid_metrics),
    (FAIRNESS, fairness_metrics),
    (MONITOR, monitor_numbers),
    (LIMITS, limit_numbers),
)


class Metrics(Mapping[str, float]):
    """The numbers of a run by name (UNITS), each group computed when one of it is asked for.

    A comparison over many worlds reads a few totals; who caused what takes far longer than a run.
    """

    def __init__(self, result: Record) -> None:
        self._result, self._found = result, dict[str, float]()

    def __getitem__(self, name: str) -> float:
        if name not in self._found:
            compute = next((one for names, one in GROUPS if name in names), None)
            if compute is None:
                raise KeyError(name)
            found = compute(self._result)
            self._found |= {key: value + 0 for key, value in found.items()}  # no -0.0
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(UNITS)

    def __len__(self) -> int:
        return len(UNITS)
