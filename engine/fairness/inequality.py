"""How unequal a list of numbers is: the usual indices, and the curve they summarise.

All take a one-dimensional list of numbers that are not negative. Haircuts are scored as fractions
of what each account had to give, never in dollars: in dollars a rule that takes everything from a
few can look fairer than one that takes the same share from all.
"""

import numpy as np


def _positive(values) -> np.ndarray:
    """The numbers as an array. Raises ValueError if there are none or one is negative."""
    x = np.asarray(values, dtype=float)
    if x.size == 0 or x.min() < 0.0:
        raise ValueError("inequality is measured over at least one number, none below zero")
    return x


def gini(values) -> float:
    """Gini index [1]: mean absolute difference over twice the mean. 0: all equal; near 1: one only.

    With x sorted upward, sum((2 j - n - 1) x_j) / (n sum(x)), j = 1 .. n. All zeros count as equal.
    Source: the standard definition, after C. Gini.
    """
    x = np.sort(_positive(values))
    total, n = x.sum(), len(x)
    if total == 0.0:
        return 0.0
    return float(((2.0 * np.arange(1, n + 1) - n - 1.0) * x).sum() / (n * total))


def jain(values) -> float:
    """Jain's index [1]: (sum x)^2 / (n sum x^2). 1: all equal; k / n if k of n share equally.

    Source: R. Jain, D.-M. Chiu and W. Hawe, A quantitative measure of fairness (1984),
    https://www.cse.wustl.edu/~jain/papers/fairness.htm
    """
    x = _positive(values)
    squares = (x * x).sum()
    return float(x.sum() ** 2 / (len(x) * squares)) if squares > 0.0 else 1.0


def atkinson(values, aversion: float) -> float:
    """Atkinson index [1]: the share of the total that equality would be worth giving up.

    1 - (mean x^(1-a))^(1/(1-a)) / mean x; for a = 1 the geometric mean over the mean.
    aversion a [1], above zero. Source: Atkinson (1970), the standard definition.
    """
    x = _positive(values)
    if aversion <= 0.0:
        raise ValueError("the aversion to inequality is above zero")
    mean = x.mean()
    if mean == 0.0:
        return 0.0
    if x.min() == 0.0 and aversion >= 1.0:
        return 1.0
    if aversion == 1.0:
        return float(1.0 - np.exp(np.log(x).mean()) / mean)
    power = 1.0 - aversion
    return float(1.0 - (x**power).mean() ** (1.0 / power) / mean)


def theil(values) -> float:
    """Theil index [1]: mean of (x / mean) log(x / mean), zeros counting nothing.

    Source: the standard definition, after H. Theil.
    """
    x = _positive(values)
    if x.sum() == 0.0:
        return 0.0
    share = x[x > 0.0] / x.mean()
    return float((share * np.log(share)).sum() / len(x))


def hoover(values) -> float:
    """Hoover index [1]: the share that would have to change hands for all to have the same."""
    x = _positive(values)
    total = x.sum()
    return float(np.abs(x - x.mean()).sum() / (2.0 * total)) if total > 0.0 else 0.0


def lorenz(values) -> np.ndarray:
    """Lorenz curve (n,): share of the total held by the j smallest, j = 1 .. n.

    All zeros give the straight line of equality.
    """
    x = np.sort(_positive(values))
    total = x.sum()
    return np.cumsum(x) / total if total > 0.0 else np.arange(1, len(x) + 1) / len(x)


def majorises(first, second) -> bool:
    """True if `first` is at least as unequal as `second` for every index that dislikes inequality.

    Its Lorenz curve lies nowhere above the other. Both lists have the same length.
    The one comparison that needs no choice of an index.
    """
    a, b = lorenz(first), lorenz(second)
    if len(a) != len(b):
        raise ValueError("two lists of the same length can be compared")
    return bool((a <= b + 1e-12).all())


def pro_rata_deviation(taken, endowments) -> float:
    """Share of a burden [1] that would have to move for everybody to bear the same fraction.

    sum |x_i - x_i^PR| / (2 B), x^PR = B w_i / sum(w), B = sum(x).
    Source: the half distance used for haircuts in arXiv 2512.01112.
    """
    x, w = _positive(taken), _positive(endowments)
    burden = x.sum()
    if burden == 0.0 or w.sum() == 0.0:
        return 0.0
    return float(np.abs(x - burden * w / w.sum()).sum() / (2.0 * burden))


def largest_excess(taken, endowments) -> float:
    """Largest haircut less the one that all would have pro rata: max(x / w) - sum(x) / sum(w).

    The pro rata one is the least that the largest haircut could be. Endowments are above zero.
    """
    x, w = _positive(taken), _positive(endowments)
    return float((x / w).max() - x.sum() / w.sum())


def rank_inversions(before, after) -> int:
    """Pairs whose order turned round: a had more than b before, and has less afterwards."""
    x, y = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    first, second = np.triu_indices(len(x), 1)
    return int(((x[first] - x[second]) * (y[first] - y[second]) < 0.0).sum())
