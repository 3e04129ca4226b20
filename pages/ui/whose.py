"""Whom an event is about. No Streamlit here."""

from typing import Any

import pandas as pd

VENUE = {  # events of a symbol, or of the whole venue: of no account
    "halt": "", "resumption": "", "volatility_addon": "", "depth_published": "", "funding": "",
    "correlation_change": "", "outage": "the venue", "outage_end": "the venue",
}  # fmt: skip


def who(result: Any, frame: pd.DataFrame) -> list[str]:
    """Whom each event is about: an account, a row of the venue, or a symbol."""
    names: dict[int, str] = {}
    found = []
    for rule, row, symbol in zip(frame["rule"], frame["account"], frame["symbol"], strict=True):
        if rule in VENUE:
            found.append(VENUE[rule] or symbol)
        else:
            if row not in names:
                names[row] = result.row_name(row)
            found.append(names[row])
    return found
