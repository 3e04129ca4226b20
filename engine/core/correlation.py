"""Correlation matrices in plain arithmetic: eigenvalues, the nearest valid matrix, a factor.

A correlation matrix has ones on its diagonal and no negative eigenvalue (it is positive
semidefinite, PSD). Only + - * / and square roots are used, in one fixed order, so the bits are the
same on every processor; a library's eigenvalues are not.
"""

import math

import numpy as np

from engine.core.jit import kernel

SWEEPS = 60  # of Jacobi's method; ten are enough for eight symbols
ROUNDS = 5_000  # of alternating projections
CLOSE = 1e-10  # largest change of an entry at which they end
FLAT = 1e-13  # a variance that is zero but for rounding


@kernel
def _rotate(a, vectors, p, q):
    """Turn the axes p and q so that a[p, q] becomes zero."""
    theta = (a[q, q] - a[p, p]) / (2.0 * a[p, q])
    t = 1.0 / (abs(theta) + math.sqrt(theta * theta + 1.0))
    t = -t if theta < 0.0 else t
    c = 1.0 / math.sqrt(t * t + 1.0)
    s = t * c
    for k in range(len(a)):
        first, second = a[k, p], a[k, q]
        a[k, p], a[k, q] = c * first - s * second, s * first + c * second
    for k in range(len(a)):
        first, second = a[p, k], a[q, k]
        a[p, k], a[q, k] = c * first - s * second, s * first + c * second
    for k in range(len(a)):
        first, second = vectors[k, p], vectors[k, q]
        vectors[k, p], vectors[k, q] = c * first - s * second, s * first + c * second


@kernel
def eigen(matrix):
    """Eigenvalues (n,) and eigenvectors (n, n), in columns, of a symmetric matrix, unsorted.

    Cyclic Jacobi method: plane rotations, each of which clears one entry off the diagonal.
    """
    n = len(matrix)
    a, vectors = matrix.copy(), np.zeros((n, n))
    scale = 0.0
    for i in range(n):
        vectors[i, i] = 1.0
        for j in range(n):
            scale = max(scale, abs(a[i, j]))
    for _ in range(SWEEPS):
        largest = 0.0
        for p in range(n - 1):
            for q in range(p + 1, n):
                largest = max(largest, abs(a[p, q]))
                if abs(a[p, q]) > 1e-300:
                    _rotate(a, vectors, p, q)
        if largest <= 1e-15 * scale:
            break
    values = np.empty(n)
    for i in range(n):
        values[i] = a[i, i]
    return values, vectors


@kernel
def without_negative(matrix):
    """The nearest PSD matrix in the Frobenius norm: negative eigenvalues become zero."""
    n = len(matrix)
    values, vectors = eigen(matrix)
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            total = 0.0
            for k in range(n):
                if values[k] > 0.0:
                    total += values[k] * vectors[i, k] * vectors[j, k]
            out[i, j] = out[j, i] = total
    return out


@kernel
def least_eigenvalue(matrix):
    """The smallest eigenvalue of a symmetric matrix; below zero it is no correlation matrix."""
    return np.min(eigen(matrix)[0])


@kernel
def nearest(matrix):
    """The correlation matrix nearest to a symmetric matrix in the Frobenius norm.

    Alternating projections on the PSD matrices and on those with ones on the diagonal, with
    Dykstra's correction of the first. Source: N. Higham, Computing the nearest correlation matrix
    (2002). What rounding leaves is scaled away at the end: the result is PSD.
    """
    n = len(matrix)
    y, correction = matrix.copy(), np.zeros((n, n))
    psd = y
    for _ in range(ROUNDS):
        r = y - correction
        psd = without_negative(r)
        correction = psd - r
        change = 0.0
        for i in range(n):
            for j in range(n):
                to = 1.0 if i == j else psd[i, j]
                change = max(change, abs(to - y[i, j]))
                y[i, j] = to
        if change <= CLOSE:
            break
    out = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            same = 1.0 if i == j else psd[i, j] / math.sqrt(psd[i, i] * psd[j, j])
            out[i, j] = min(max(same, -1.0), 1.0)
    return out


@kernel
def factor(matrix):
    """Lower triangle L (n, n) with L L' = matrix (Cholesky); the matrix may be singular.

    Row 0 is (1, 0, ...): mixed by L, the first of several shocks stays what it is whatever the
    correlation. Where no variance is left, the column is zero.
    """
    n = len(matrix)
    low = np.zeros((n, n))
    for j in range(n):
        left = matrix[j, j]
        for k in range(j):
            left -= low[j, k] * low[j, k]
        if left <= FLAT:
            continue
        low[j, j] = math.sqrt(left)
        for i in range(j + 1, n):
            part = matrix[i, j]
            for k in range(j):
                part -= low[i, k] * low[j, k]
            low[i, j] = part / low[j, j]
    return low
