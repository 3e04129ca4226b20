"""The settings of a run as the kernel reads them."""

from typing import NamedTuple


class Params(NamedTuple):
    """Settings of the kernel: numbers only, cast once when a scenario is compiled."""

    decay: float  # share of the consumed volume left after a step
    shape: int  # 1 flat book, 2 thin at the touch
    half_spread: float  # [1]
    thinning: float  # exponent of depth in volatility
    sigma0: float  # [1/sqrt(step)] volatility at which depth is full
    keep: float  # weight of the old variance in its moving average
    track: int  # 1 if the run needs realised volatility
    rule: int  # MarkRule
    alpha: float  # weight of the new price in the moving average
    lag: int  # [step] of the mark
    clamp: float  # [1] largest basis of index_ema
    check_lag: int  # [step] of the mark the margin check sees
    order_lag: int  # [step] from decision to book
    sequential: int  # 1: orders one by one
    taker_fee: float
    liquidation_fee: float
    policy: int
    variant: int
    fraction: float
    buffer: float
    cooldown: int
    depth_share: float
    min_slice: float  # [tick] of notional
    cost_rate: float  # cost per notional the venue plans with
    curve: int  # 0 linear, 1 stairstep
    start_discount: float
    growth: float
    stair: int
    deadline: int
    fallback: int  # 0 market, 1 backstop
    unwind: int
    liquidators: int
    leverage: float  # inventory a liquidator may carry on its equity
    asked: float  # discount the keenest liquidator asks in calm
    asked_step: float  # extra discount of each further liquidator
    risk_aversion: float
    pressure: float
    vault_discount: float
    adl_pro_rata: int
    brief: int  # 1: each limit is filled in its own step, netted, and logged in brief
    volatility_hold: int  # [step] before a volatility add-on may fall after it rose
    depth_notch: float  # step of the published depth, as a share of the opening depth
    leverage_cap: float  # largest notional that is opened, over the money behind it; 0: none
    exposure_limit: float  # [tick] largest notional one account opens in a symbol; 0: none
    margin_mode: int  # MarginMode
    floor: float  # least requirement as a share of the sum of leg margins
    rho_keep: float  # weight of the old covariance in its moving average; 1: it never changes
    notch: float  # step in which a correlation is published
    haircut: float  # share of a coin's mark that does not count as collateral
    leg_order: int  # LegOrder
    scheduled: int  # 1: funding, a crowd, accounts or guardrails act at set times
    funding_interest: float
    funding_clamp: float
    funding_cap: float
    funding_share: float  # part of the formula's rate that one interval pays
    funding_on_index: int  # 1: paid on the index, 0: on the mark
    funding_impact: float  # [tick] notional of the impact prices, 0: the mid
    traders: int  # 3, or 0 without a crowd
    crowd_every: int  # [step] between two turns of the crowd
    crowd_leverage: float
    crowd_share: float  # largest order, as a share of the depth
    aversion: float  # exponent of appetite in volatility
    trend_alpha: float  # weight of the newest mid in the average
    trend_scale: float  # signal at which a trend follower is fully invested
    carry_capital: float  # [tick]
    carry_threshold: float  # least funding rate worth a position
    carry_exit: float  # volatility over the usual one at which carry leaves
    fund_leverage: float
    fund_band: float  # relative distance from the target left alone
    guarded: int  # 1: a price band, a circuit breaker or an outage can hold orders back
    band: float  # [1] distance from its reference beyond which nothing is filled, 0: none
    band_on_mark: int  # 1: around the mark in force, 0: around the outside price
    breaker_move: float  # [1] move that halts trading, 0: no breaker
    breaker_window: int  # [step] within which it counts
    breaker_halt: int  # [step] for which trading stands still
    breaker_on_mark: int  # 1: the move of the mark in force, 0: of the mid
    halt_checks: int  # 1: margin checks go on in a halt
