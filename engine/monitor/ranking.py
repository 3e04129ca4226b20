"""How good a ranking is: the usual measures, each a function of which ranked items were right.

`right` holds 1 for an item that was right and 0 for one that was not, best ranked first.
Source of the definitions: any text on information retrieval, such as Manning, Raghavan and
Schuetze, Introduction to Information Retrieval (2008), chapter 8.
"""

from math import log2

import numpy as np


def precision_at(right: np.ndarray, k: int) -> float:
    """Share of the first k that were right; 0 where nothing is ranked."""
    chosen = right[:k]
    return float(np.mean(chosen)) if len(chosen) else 0.0


def recall_at(right: np.ndarray, k: int) -> float:
    """Share of all that were right which the first k hold; 0 where none was."""
    total = float(np.sum(right))
    return float(np.sum(right[:k])) / total if total else 0.0


def average_precision(right: np.ndarray) -> float:
    """Mean of the precision at each place that was right."""
    places = np.flatnonzero(right)
    return float(np.mean([precision_at(right, int(i) + 1) for i in places])) if len(places) else 0.0


def area(right: np.ndarray) -> float:
    """Area under the ROC curve: chance that one that was right ranks above one that was not."""
    hits = np.cumsum(right)
    wrong = np.flatnonzero(np.asarray(right) == 0)
    if not len(wrong) or not hits[-1]:
        return 0.5
    return float(hits[wrong].sum() / (hits[-1] * len(wrong)))


def ndcg(right: np.ndarray) -> float:
    """Discounted gain over that of the best order: sum of right_i / log2(i + 1), i from 1."""
    gains = [r / log2(i + 2) for i, r in enumerate(right)]
    best = [r / log2(i + 2) for i, r in enumerate(sorted(right, reverse=True))]
    return sum(gains) / sum(best) if sum(best) else 0.0


def share_of_true_alerts(base: float, hits: float, false: float) -> float:
    """Share of alerts that are true, of a detector with these rates where `base` of cases are bad.

    base * hits / (base * hits + (1 - base) * false), Bayes' rule. At 1 %, 80 % and 5 %: 13.9 %.
    """
    return base * hits / (base * hits + (1.0 - base) * false)


def random_average_precision(items: int, right: int) -> float:
    """Expected average precision of a random order: (R-1)/(n-1) + (n-R) H_n / (n (n-1))."""
    harmonic = sum(1.0 / i for i in range(1, items + 1))
    rest = (items - right) * harmonic / (items * (items - 1))
    return (right - 1) / (items - 1) + rest
