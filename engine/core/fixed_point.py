"""Whole-number arithmetic of venues that compute on a chain.

A contract has no fractions: every amount is a whole number of small units and every division says
which way it rounds. Here the rounding is a parameter, so one function serves several venues. All
values are plain Python integers of any size; nothing here runs inside a simulation.

Units: `WAD` 1e-18 (collateral), `RAY` 1e-27 (prices and rates), `RAD` 1e-45 (debt, = wad * ray) at
MakerDAO; `PPM` parts per million and quote quantums of 1e-6 at dYdX; 1e-6 prices and fees at Drift.
"""

from fractions import Fraction

WAD = 10**18
RAY = 10**27
RAD = 10**45
PPM = 10**6

FLOOR, CEILING, HALF_UP, TOWARD_ZERO = "floor", "ceiling", "half up", "toward zero"


def divide(numerator, denominator, rounding):
    """Quotient of two whole numbers, rounded the named way. `denominator` is positive."""
    if rounding == FLOOR:
        return numerator // denominator
    if rounding == CEILING:
        return -(-numerator // denominator)
    if rounding == HALF_UP:
        return (numerator + denominator // 2) // denominator
    if rounding == TOWARD_ZERO:
        return abs(numerator) // denominator * (1 if numerator >= 0 else -1)
    allowed = (FLOOR, CEILING, HALF_UP, TOWARD_ZERO)
    raise ValueError(f"rounding = {rounding!r} is not one of {allowed}")


def to_units(value, unit, rounding=TOWARD_ZERO):
    """Whole units in a decimal `value`: 100.4 at unit 10**6 is 100,400,000.

    A float is read as the shortest decimal that prints it, so 0.1 means one tenth. With `unit` 1
    the rounding is the one of integer division.
    """
    exact = Fraction(str(value)) * unit
    return divide(exact.numerator, exact.denominator, rounding)


def from_units(amount, unit):
    """The decimal number of `amount` whole units: an int if it is whole, else the nearest float."""
    exact = Fraction(amount, unit)
    return exact.numerator if exact.denominator == 1 else float(exact)


def multiply(left, right, unit, rounding):
    """Product of two numbers when `right` counts `unit`ths.

    FLOOR with RAY is MakerDAO's rmul (dss src/abaci.sol); with PPM it is dYdX's BigMulPpm
    (v4-chain protocol/lib/big_math.go), CEILING when it rounds up.
    """
    return divide(left * right, unit, rounding)


def power(base, exponent, unit, rounding=HALF_UP):
    """`base` to a whole `exponent`, both in `unit`ths, by squaring and rounding every product.

    Source: MakerDAO dss src/abaci.sol, rpow (rounds half up).
    """
    result = base if exponent % 2 else unit
    exponent //= 2
    while exponent:
        base = multiply(base, base, unit, rounding)
        if exponent % 2:
            result = multiply(result, base, unit, rounding)
        exponent //= 2
    return result


def ray_linear_decrease(top, tau, elapsed):
    """Price [ray] that falls in a straight line from `top` to zero at `tau` seconds.

    rmul(top, (tau - elapsed) * RAY / tau), both divisions floored. Source: MakerDAO dss
    src/abaci.sol, LinearDecrease.
    """
    if elapsed >= tau:
        return 0
    return multiply(top, divide((tau - elapsed) * RAY, tau, FLOOR), RAY, FLOOR)


def ray_exponential_decrease(top, cut, elapsed, step=1):
    """Price [ray] multiplied by `cut` [ray] once per whole `step` of seconds.

    rmul(top, rpow(cut, elapsed / step)). Source: MakerDAO dss src/abaci.sol,
    StairstepExponentialDecrease, and ExponentialDecrease for step 1.
    """
    return multiply(top, power(cut, elapsed // step, RAY), RAY, FLOOR)


def stairstep_deviation(top, cut, step, seconds):
    """Largest gap [ray] between a stair's price and the last price times `cut`, over all steps.

    Zero with exact arithmetic; rounding in `power` makes it small and not zero. The seconds are
    those after 0 and before `seconds`. Source: MakerDAO dss src/test/abaci.t.sol, checkExpDecrease.
    """
    worst, last = 0, top
    for elapsed in range(1, seconds):
        price = ray_exponential_decrease(top, cut, elapsed, step)
        want = multiply(last, cut, RAY, FLOOR) if elapsed % step == 0 else last
        worst, last = max(worst, abs(price - want)), price
    return worst


def order_auction_bounds(oracle, side, limit):
    """Start and end price of a market order's auction, in whole price units.

    The auction runs from the oracle to 0.5 % beyond it, and not past a worse limit. With a limit
    better than the oracle it ends at the limit and starts 0.5 % better than limit and oracle.
    side: 1 buys, -1 sells; limit: 0 if there is none.
    Source: Drift protocol-v2 math/auction.rs, calculate_auction_prices (fraction 200, floored).
    """
    oracle_move = oracle // 200
    if limit <= 0:
        return oracle, oracle + side * oracle_move
    better = limit < oracle if side > 0 else limit > oracle
    pick_low, pick_high = (min, max) if side > 0 else (max, min)
    if better:
        start = pick_low(limit - side * (limit // 200), oracle - side * oracle_move)
        return start, limit
    return oracle, pick_low(limit, pick_high(oracle, oracle + side * oracle_move))


def order_auction_price(start, end, duration, slots, side, oracle=None, tick=1):
    """Price of an order's auction after `slots`, in whole price units.

    Moves in a straight line from start to end. With an oracle the two are offsets from it and the
    price is at least one tick. Buys round down to the tick, sells up.
    Source: Drift protocol-v2 math/auction.rs, calculate_auction_price; math/orders.rs,
    standardize_price.
    """
    slots = min(slots, duration)
    moved = (
        divide((end - start) * side * slots, duration, TOWARD_ZERO) * side
        if duration
        else end - start
    )
    price = start + moved
    if oracle is not None:
        price = max(oracle + price, tick)
    return divide(price, tick, FLOOR if side > 0 else CEILING) * tick


def maintenance_ppm(initial_ppm, fraction_ppm):
    """Maintenance rate [ppm] = initial rate * maintenance fraction, floored.

    Source: dYdX v4-chain x/perpetuals/types/liquidity_tier.go, GetMaintenanceMarginPpm.
    """
    return multiply(initial_ppm, fraction_ppm, PPM, FLOOR)


def scaled_initial_ppm(base_ppm, open_interest, lower_cap, upper_cap):
    """Initial rate [ppm] that rises from the base to 100 % as open interest goes through its caps.

    base + (1 - base) * (OI - lower) / (upper - lower), floored; an upper cap of 0 switches it off.
    Source: dYdX v4-chain x/perpetuals/types/liquidity_tier.go, GetAdjustedInitialMarginPpm.
    """
    if upper_cap == 0 or open_interest <= lower_cap:
        return base_ppm
    if open_interest >= upper_cap:
        return PPM
    rise = (PPM - base_ppm) * (open_interest - lower_cap)
    return base_ppm + divide(rise, upper_cap - lower_cap, FLOOR)


def margin_quantums(notional, rate_ppm):
    """Margin [quote quantums] of a notional [quote quantums], rounded up.

    Source: dYdX v4-chain x/perpetuals/types/liquidity_tier.go, GetInitialMarginQuoteQuantums;
    x/perpetuals/lib, GetMarginRequirementsInQuoteQuantums.
    """
    return multiply(abs(notional), rate_ppm, PPM, CEILING)


def value_quantums(size, price):
    """Signed value [quote quantums] of a decimal size at a decimal price, cut toward zero.

    Source: dYdX v4-chain protocol/lib/quantums.go, BaseToQuoteQuantums.
    """
    exact = Fraction(str(size)) * Fraction(str(price)) * PPM
    return divide(exact.numerator, exact.denominator, TOWARD_ZERO)


def shared_bankruptcy_quantums(cash, sizes, prices, rates, market, change):
    """Quote [quantums] an account must get for a change of one position to be left with nothing.

    Net collateral is shared over the positions by their margin requirement:
    -dNNV - floor(TNC * |dMMR| / TMMR). Rounding down the share rounds the price up, so closing at
    it never needs the insurance fund. Decimals: cash [quote]; sizes, oracle prices and maintenance
    rates by market; `change` [base] of the position in `market`.
    Source: dYdX v4-chain x/clob/keeper/liquidations.go, GetBankruptcyPriceInQuoteQuantums.
    """
    ppm = {name: to_units(rates[name], PPM) for name in sizes}
    values = {name: value_quantums(size, prices[name]) for name, size in sizes.items()}
    margins = {name: margin_quantums(value, ppm[name]) for name, value in values.items()}
    collateral = to_units(cash, PPM) + sum(values.values())
    after = value_quantums(Fraction(str(sizes[market])) + Fraction(str(change)), prices[market])
    freed = abs(margin_quantums(after, ppm[market]) - margins[market])
    share = divide(collateral * freed, sum(margins.values()), FLOOR)
    return values[market] - after - share
