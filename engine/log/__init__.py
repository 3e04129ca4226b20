"""Reading the log of a run: tables, series, balances and movements."""
