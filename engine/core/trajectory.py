"""Almgren and Chriss: how fast to sell when impact depends on the rate and waiting is risky.

A different model from the book of this engine: impact of a slice is gone before the next one, and
the price is a random walk. Quantities in base, prices in quote, times in one unit; kept for reading
beside a run, no run depends on it.

    cost      E = gamma X^2 / 2 + epsilon X + (eta~ / tau) sum n_k^2,  eta~ = eta - gamma tau / 2
    variance  V = sigma^2 tau sum x_k^2
    urgency   kappa = arccosh(1 + kappa~^2 tau^2 / 2) / tau,  kappa~^2 = lambda sigma^2 / eta~
    holdings  x_j = X sinh(kappa (T - t_j)) / sinh(kappa T)

Source: R. Almgren and N. Chriss, "Optimal Execution of Portfolio Transactions", J. Risk 3(2), 2000.
"""

import numpy as np


def urgency(risk_aversion, sigma, eta, gamma, tau):
    """kappa [1/time] of the holdings that minimise E + lambda V; tau is the time between trades."""
    eta_left = eta - gamma * tau / 2.0
    squared = risk_aversion * sigma * sigma / eta_left
    return np.arccosh(1.0 + squared * tau * tau / 2.0) / tau


def holdings(quantity, duration, slices, kappa):
    """What is left after 0, 1 ... `slices` trades [base]; a straight line where kappa is zero."""
    left = 1.0 - np.arange(slices + 1) / slices
    if kappa == 0.0:
        return quantity * left
    return quantity * np.sinh(kappa * duration * left) / np.sinh(kappa * duration)


def expected_cost(trades, tau, epsilon, gamma, eta):
    """Expected cost [quote] of trades (N,), tau apart."""
    total = trades.sum()
    eta_left = eta - gamma * tau / 2.0
    squares = (trades * trades).sum()
    return gamma * total * total / 2.0 + epsilon * np.abs(trades).sum() + eta_left / tau * squares


def cost_variance(held, tau, sigma):
    """Variance of the cost [quote^2]: sigma^2 tau times the squares of what is held after each."""
    return sigma * sigma * tau * (held[1:] * held[1:]).sum()
