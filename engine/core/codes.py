"""The codes of a run: rules, settings with names, where an account stands, rows and counters."""

from enum import IntEnum


class Rule(IntEnum):
    """Why a row stands in the log. The comparison that decided it is in the comment."""

    MAINTENANCE = 1  # equity <= maintenance margin
    LIMIT_CHANGE = 2  # the tier now in force != the tier in force before
    SLICE = 3  # a forced order is filled: equity after it, against maintenance after it
    AUCTION_OPEN = 4  # opening price of a lot, against the account's bankruptcy price
    AUCTION_TAKE = 5  # discount offered >= discount the liquidator asks
    AUCTION_EXPIRE = 6  # age of the lot >= deadline
    BACKSTOP_TAKE = 7  # notional taken <= room of the vault
    BANKRUPTCY = 8  # cash left after the position is closed < 0
    FUND_PAYMENT = 9  # shortfall, against what the fund holds
    ADL_FILL = 10  # lots taken from a winner <= what its profit allows
    SOCIALISED_LOSS = 11  # share of the loss, against the payer's equity
    UNWIND = 12  # a liquidator sells what it took: lots sold, against lots held
    CORRELATION_CHANGE = 13  # correlation published for a pair, against the one before
    REQUIREMENT_CHANGE = 14  # requirement by it, against the one before, at the same prices
    COLLATERAL_SALE = 15  # cash of an account without positions < 0: its coins are sold
    FUNDING = 20  # rate before its cap, against the cap
    CROWD = 21  # what a trader of the crowd acts on, against its own threshold
    REDUCTION = 22  # an account closed part of its own position: equity, maintenance after it
    HALT = 40  # move of the price within the window >= what the circuit breaker allows
    RESUMPTION = 41  # steps since the halt >= its length
    OUTAGE = 42  # step >= the scripted one: the liquidation engine stands still
    OUTAGE_END = 43  # steps since its start >= its length
    BAND = 44  # worst price of a forced order, against the edge of the price band
    VOLATILITY_ADDON = 30  # rate added by volatility now != rate added before
    DEPTH_PUBLISHED = 31  # share of the opening depth published now != the one before
    LEVERAGE_CAP = 32  # notional asked > cap x money behind it: the rest is not opened
    EXPOSURE_LIMIT = 33  # notional asked in a symbol > largest one: the rest is not opened


class Policy(IntEnum):
    """Liquidation path."""

    MARKET = 0
    INCREMENTAL = 1
    AUCTION = 2


class Variant(IntEnum):
    """How an incremental cut is sized."""

    FRACTION = 0
    TIERS = 1
    BUFFER = 2


class MarginMode(IntEnum):
    """How the requirement of several legs is put together."""

    CROSS = 0
    PORTFOLIO = 1
    SCAN = 2


class LegOrder(IntEnum):
    """Which leg of a multi-leg account is liquidated first."""

    LARGEST_MARGIN = 0
    LARGEST_LOSS = 1
    MOST_LIQUID = 2
    DECLARED = 3


class MarkRule(IntEnum):
    """Which price margin is computed from."""

    LAST = 0
    LAST_EMA = 1
    INDEX = 2
    INDEX_EMA = 3
    MEDIAN = 4


class Status(IntEnum):
    """Where an account stands with the liquidation engine."""

    ACTIVE = 0  # watched by the margin check
    ORDERED = 1  # a forced order is on its way to the book
    COOLING = 2  # between two cuts
    AUCTION = 3  # its position is on offer
    CLOSED = 4  # nothing left to liquidate
    WAITING = 5  # its forced order waits: for a halt to end, or for room in a price band


class Row(IntEnum):
    """Rows after the accounts, as offsets from A; liquidators follow, and after them the crowd."""

    BOOK = 0
    FUND = 1
    FEES = 2
    VAULT = 3
    LIQUIDATOR = 4


class Count(IntEnum):
    """Places in `State.count`."""

    EVENTS = 0
    LOTS = 1
    ORDERS = 2
    SENT_HEAD = 3
    SENT_TAIL = 4
    COOL_HEAD = 5
    COOL_TAIL = 6
    WORK = 7  # accounts looked at by rankings and shared losses
    MOST_EVENTS = 8  # beyond these two a run is given up
    MOST_WORK = 9
    RECORDS = 10  # events logged in full
    LIMITS = 11
    GROUPS = 12
    PAYMENTS = 13  # payments of the fund that are logged in brief
    WAITING = 14  # orders that wait
    OUTAGE_UNTIL = 15  # step at which the last outage ends
    OUTAGE_EVENT = 16  # its number in the log
    QUEUED = 17  # winners in order in the queue of a group of orders
    QUEUE_SIDE = 18  # side of the positions it is closed against, 0 if none is made
    AWAKE = 19  # accounts with several legs that did not go to sleep in this step's check
    UNSORTED = 20  # winners in the queue behind those in order
    FOLLOWING = 21  # row of the first of them
