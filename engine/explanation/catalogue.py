"""The words of each rule: what it is called, its comparison, and where it comes from."""

from dataclasses import dataclass

from engine.core.state import MarginMode, Rule


@dataclass(frozen=True)
class RuleText:
    """What a reader is told about a rule before any number."""

    title: str
    formula: str  # plain text, the comparison with the names used in `inputs`
    latex: str
    unit: str  # of both sides
    source: str
    symbols: tuple[tuple[str, str, str], ...] = ()  # letter, name among `inputs`, what it is


CATALOGUE: dict[Rule, RuleText] = {
    Rule.MAINTENANCE: RuleText(
        "Maintenance margin reached",
        "cash + position * mark <= |position| * mark * rate - deduction",
        r"q + b\,m \;\le\; |b|\,m\,r - d",
        "USD",
        "Binance, Leverage and Margin of USDS-M Futures; Bybit, Maintenance Margin",
    ),
    Rule.LIMIT_CHANGE: RuleText(
        "Margin tier changed",
        "rate of the tier of |position| * mark, against the rate before",
        r"r(|b|\,m) \;\ne\; r_{\text{before}}",
        "fraction",
        "Binance, Leverage and Margin of USDS-M Futures",
    ),
    Rule.SLICE: RuleText(
        "Forced order filled",
        "equity after the fill, against maintenance margin after the fill",
        r"q' + b'm \;\text{ against }\; |b'|\,m\,r - d",
        "USD",
        "Forced Flow model: a forced order pays f * (q + X(E+q) - X(E)) and half the spread",
    ),
    Rule.AUCTION_OPEN: RuleText(
        "Auction opened",
        "mark * (1 - side * start discount), against the bankruptcy price -cash / position",
        r"m\,(1 - s\,\delta_0) \;\text{ against }\; -q/b",
        "USD/coin",
        "MakerDAO, Liquidations 2.0",
    ),
    Rule.AUCTION_TAKE: RuleText(
        "Auction taken",
        "discount offered >= discount the liquidator asks",
        r"\delta(\text{age}) \;\ge\; \delta_{\text{asked}}",
        "fraction",
        "MakerDAO, Liquidations 2.0 (curves); Forced Flow model (discount asked)",
    ),
    Rule.AUCTION_EXPIRE: RuleText(
        "Auction expired",
        "age of the lot >= deadline",
        r"\text{age} \;\ge\; \text{deadline}",
        "step",
        "MakerDAO, Liquidations 2.0",
    ),
    Rule.BACKSTOP_TAKE: RuleText(
        "Backstop vault took the position",
        "notional taken <= room of the vault",
        r"n \;\le\; V - |b_V|\,m",
        "USD",
        "Forced Flow model: a vault holds at most the notional it is worth",
    ),
    Rule.BANKRUPTCY: RuleText(
        "Bankruptcy",
        "cash < 0",
        r"q \;<\; 0",
        "USD",
        "BitMEX, Liquidation: a position closed past its bankruptcy price draws on the fund",
        (("q", "cash", "cash once the position is closed"),),
    ),
    Rule.FUND_PAYMENT: RuleText(
        "Insurance fund paid",
        "shortfall, against what the fund held",
        r"-q \;\text{ against }\; F",
        "USD",
        "BitMEX, Liquidation; Binance, Insurance Funds",
        (("-q", "shortfall", "what the account owes"), ("F", "fund", "what the fund held")),
    ),
    Rule.ADL_FILL: RuleText(
        "Winner auto-deleveraged",
        "taken <= min(|position|, min((mark - entry) * position, cash + position * mark) / "
        "|price - mark|)",
        r"c \;\le\; \min\Bigl(|b|,\; \frac{\min((m - e)\,b,\; q + b\,m)}{|p - m|}\Bigr)",
        "coin",
        "Binance, What Is Auto-Deleveraging (ADL); BitMEX, Auto-Deleveraging Examples",
        (
            ("c", "taken", "coins that were closed"),
            ("b", "position", "position of the winner before, short below zero"),
            ("m", "mark", "mark price"),
            ("e", "entry", "entry price of the position"),
            ("q", "cash", "cash behind the position before"),
            ("p", "price", "price of the forced close"),
        ),
    ),
    Rule.SOCIALISED_LOSS: RuleText(
        "Loss shared by everybody",
        "share of the loss <= equity of the payer",
        r"\ell \;\le\; e",
        "USD",
        "OKX, clawback before auto-deleveraging; Drift protocol-v2, resolve_perp_bankruptcy",
    ),
    Rule.UNWIND: RuleText(
        "Liquidator closed part of what it took",
        "coins closed in this step <= coins held",
        r"c \;\le\; |b_L|",
        "coin",
        "Forced Flow model: a liquidator unwinds an equal part each step",
    ),
    Rule.CORRELATION_CHANGE: RuleText(
        "Correlation published anew",
        "estimate of the pair at the nearest notch, against the correlation before",
        r"\rho_{kl} = C_{kl} / \sqrt{C_{kk} C_{ll}} \;\text{ against }\; \rho_{\text{before}}",
        "",
        "Forced Flow model: a moving average of products of returns, published in notches",
    ),
    Rule.REQUIREMENT_CHANGE: RuleText(
        "Requirement moved by correlation",
        "requirement at the new correlations, against the one at the old, at the same prices",
        r"\sqrt{\textstyle\sum_{kl} \rho_{kl} M_k M_l} \;\text{ against the same with }\; "
        r"\rho_{\text{before}}",
        "USD",
        "Forced Flow model: signed margins of the legs joined by correlation",
    ),
    Rule.COLLATERAL_SALE: RuleText(
        "Collateral sold",
        "cash after all positions are closed < 0",
        r"q \;<\; 0",
        "USD",
        "Forced Flow model: coins held as collateral are sold when cash is short",
    ),
    Rule.FUNDING: RuleText(
        "Funding settled",
        "premium + clamp(interest - premium), against the cap",
        r"P + \mathrm{clamp}(I - P,\, \pm c) \;\text{ against }\; \text{cap}",
        "fraction",
        "Binance, Introduction to Funding Rates; BitMEX, Perpetual Contracts Guide; Hyperliquid "
        "docs, Funding",
    ),
    Rule.REDUCTION: RuleText(
        "Account reduced by itself",
        "equity after the fill, against maintenance margin after the fill",
        r"q' + b'm \;\text{ against }\; |b'|\,m\,r - d",
        "USD",
        "Forced Flow model: an order of the account's own pays f * (q + X(E+q) - X(E)), half the "
        "spread and the taker fee",
    ),
    Rule.CROWD: RuleText(
        "Crowd traded",
        "signal, funding rate, volatility or leverage of a trader, against its own threshold",
        r"s \;\text{ against }\; \text{threshold}",
        "",
        "Cont and Wagalath, Running for the Exit (leverage fund); Forced Flow model (trend, carry)",
    ),
    Rule.HALT: RuleText(
        "Circuit breaker halted trading",
        "max(1 - price / highest, price / lowest - 1) >= move allowed within the window",
        r"\max\bigl(1 - P/\max P,\; P/\min P - 1\bigr) \;\ge\; \mu",
        "fraction",
        "CME, price limits of bitcoin futures (pauses); Forced Flow model (rolling window)",
    ),
    Rule.RESUMPTION: RuleText(
        "Trading resumed",
        "steps since the halt >= its length",
        r"t - t_{\text{halt}} \;\ge\; H",
        "step",
        "CME, price limits of bitcoin futures (pauses)",
    ),
    Rule.OUTAGE: RuleText(
        "Liquidation engine down",
        "step >= step of a scripted outage",
        r"t \;\ge\; t_{\text{outage}}",
        "step",
        "Forced Flow model: an outage is part of the scenario",
    ),
    Rule.OUTAGE_END: RuleText(
        "Liquidation engine up again",
        "steps since the outage began >= its length",
        r"t - t_{\text{outage}} \;\ge\; D",
        "step",
        "Forced Flow model: an outage is part of the scenario",
    ),
    Rule.BAND: RuleText(
        "Held back by the price band",
        "worst price of the order, against reference * (1 + side * band)",
        r"P(E + q) \;\text{ against }\; R\,(1 + s\,\beta)",
        "USD/coin",
        "Binance, price caps and floors of orders; OKX, price limits; Forced Flow model (the rest "
        "waits)",
    ),
    Rule.VOLATILITY_ADDON: RuleText(
        "Volatility add-on changed",
        "rate of the highest notch with volatility / usual volatility >= its multiple, against "
        "the rate before",
        r"a(\sigma / \sigma_0) \;\ne\; a_{\text{before}}",
        "fraction",
        "Forced Flow model: a maintenance rate added in published notches of volatility",
    ),
    Rule.DEPTH_PUBLISHED: RuleText(
        "Depth that counts published anew",
        "share of the opening depth at the nearest notch, against the share before",
        r"D / D_0 \;\text{ against }\; \text{share}_{\text{before}}",
        "fraction",
        "Forced Flow model: a maintenance rate added to positions large against the book",
    ),
    Rule.LEVERAGE_CAP: RuleText(
        "Leverage cap reached",
        "notional asked > cap * money behind it",
        r"n \;>\; L_{\max}\, e",
        "USD",
        "Forced Flow model: initial margin on new orders, notional / largest leverage",
    ),
    Rule.EXPOSURE_LIMIT: RuleText(
        "Exposure limit reached",
        "notional asked in a symbol > largest notional of one account",
        r"n \;>\; n_{\max}",
        "USD",
        "Forced Flow model: a largest notional of one account in a symbol",
    ),
}

# The right side of the maintenance limit of an account with several legs, by margin mode:
# plain text, LaTeX, source.
REQUIREMENTS: dict[MarginMode, tuple[str, str, str]] = {
    MarginMode.CROSS: (
        "sum over legs of |margin|",
        r"\sum_k |M_k|",
        "Binance, Leverage and Margin of USDS-M Futures; Bybit, Maintenance Margin",
    ),
    MarginMode.PORTFOLIO: (
        "max(floor * sum over legs of |margin|, "
        "sqrt(sum over legs k, l of correlation_kl * margin_k * margin_l))",
        r"\max\Bigl(\phi \sum_k |M_k|,\; \sqrt{\textstyle\sum_{kl} \rho_{kl} M_k M_l}\Bigr)",
        "Forced Flow model: signed margins of the legs joined by correlation",
    ),
    MarginMode.SCAN: (
        "max(floor * sum over legs of |margin|, worst loss over the table of moves)",
        r"\max\Bigl(\phi \sum_k |M_k|,\; \max_s -\textstyle\sum_k b_k m_k\, x_{sk}\Bigr)",
        "Forced Flow model: the worst loss over a table of joint moves",
    ),
}


def several_legs(mode: MarginMode, coins: bool) -> RuleText:
    """The maintenance limit of an account with several legs, perhaps with coins as collateral."""
    one, (text, latex, source) = CATALOGUE[Rule.MAINTENANCE], REQUIREMENTS[mode]
    counted, plus = (" + what collateral counts as", r" + C") if coins else ("", "")
    return RuleText(
        one.title,
        f"cash + sum over legs of position * mark{counted} <= {text}",
        rf"q + \sum_k b_k m_k{plus} \;\le\; {latex}",
        one.unit,
        source,
    )
