"""The kernels: numbers in, numbers out. Only NumPy and numba are imported here."""
