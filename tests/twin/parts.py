"""What the twin is made of: parties, orders, lots on offer, events and the margin formulas."""

from dataclasses import dataclass, field

ACTIVE, ORDERED, COOLING, ON_OFFER, CLOSED = "active", "ordered", "cooling", "on offer", "closed"
WAITING = "waiting"
MARKET, INCREMENTAL, AUCTION = range(3)
FIELDS = (
    "step rule symbol account parent counter detail quote base mark value limit qty price amount "
    "fee level net"
).split()


@dataclass(eq=False)
class Party:
    """Somebody with money and positions: an account, the book, the fund, a liquidator ..."""

    row: int
    quote: float
    base: list[float]


@dataclass(eq=False)
class Account(Party):
    """A trader with one position."""

    symbol: int = 0
    entry: float = 0.0
    status: str = ACTIVE
    tier: int = 0
    until: int = 0  # step at which a cooldown ends

    @property
    def lots(self) -> float:
        """Signed position [lot]."""
        return self.base[self.symbol]


@dataclass(eq=False)
class Several(Account):
    """A trader with legs in several symbols; `symbol` is -1."""

    entries: list[float] = field(default_factory=list)
    tiers: list[int] = field(default_factory=list)
    open: set[int] = field(default_factory=set)  # legs that are ordered or on offer

    def holds(self, symbols: int) -> bool:
        """Whether any position is left."""
        return any(self.base[:symbols])


@dataclass(eq=False)
class Liquidator(Party):
    """A buyer of auctioned lots, who sells them through the book afterwards."""

    place: int = 0
    pace: dict[int, float] = field(default_factory=dict)
    source: dict[int, int] = field(default_factory=dict)


@dataclass(eq=False)
class Order:
    """A change of position that meets the book at `step`."""

    party: Party
    qty: float
    parent: int
    step: int = 0
    filled: float = 0.0  # part the book takes
    left: float = 0.0  # part that goes down the waterfall
    symbol: int = -1
    coins: bool = False  # sells collateral, not a position
    held: bool = False  # a price band held it back before
    waits: bool = False  # a part of it waits


@dataclass(eq=False)
class Lot:
    """A position on offer since `opened`."""

    account: Account
    opened: int
    parent: int
    symbol: int

    @property
    def lots(self) -> float:
        """What is left of it [lot]."""
        return self.account.base[self.symbol]


def equity(quote: float, base: float, price: float) -> float:
    """Value of a position and its cash [tick]."""
    return quote + base * price


def bankruptcy(quote: float, base: float) -> float:
    """Price at which nothing is left [tick/lot]."""
    return -quote / base


class Tiers:
    """The rulebook's table of maintenance rates."""

    def __init__(self, floors: list[float], rates: list[float], deductions: list[float]):
        self.floors, self.rates, self.deductions = floors, rates, deductions

    def of(self, notional: float) -> int:
        """The highest tier whose floor is reached."""
        return max([g for g, floor in enumerate(self.floors) if notional >= floor], default=0)

    def maintenance(self, notional: float, added: float) -> float:
        """Maintenance margin [tick] with a rate added by guardrails."""
        tier = self.of(notional)
        return notional * (self.rates[tier] + added) - self.deductions[tier]


def shared_out(total: float, caps: list[float]) -> list[float]:
    """Whole units of `total` in proportion to `caps`, the largest remainders rounded up."""
    everything = 0.0
    for cap in caps:
        everything += cap
    exact = [min(total / everything, 1.0) * cap for cap in caps]
    share = [float(int(x)) for x in exact]
    missing = min(total, everything) - sum(share)
    by_rest = sorted(range(len(caps)), key=lambda j: (-(exact[j] - share[j]), j))
    while missing > 0.0:
        for j in by_rest:
            if missing > 0.0 and share[j] < caps[j]:
                share[j] += 1.0
                missing -= 1.0
    return share
