"""Results as JSON, CSV and text for a terminal of 80 columns."""

import csv
import json
import textwrap
from collections.abc import Iterable
from typing import Any, TextIO

import numpy as np

from engine.core.state import Rule
from engine.simulation import Result
from engine.totals import TOTALS

WIDTH = 80
CELL = 15  # letters of a column
LEDGER = ("step", "verb", "payer", "payee", "ticks", "lots", "symbol")
PART_KEYS = ("name", "kind", "amount", "event")
EXPLAINED = (
    "event", "step", "account", "rule", "title", "formula", "formula_latex", "source",
    "value", "limit", "unit", "total", "pushed", "cut", "threshold", "text",
)  # fmt: skip


def event_counts(result: Result) -> dict[str, int]:
    """Number of events by rule; every rule is there and the counts sum to all events."""
    counts = np.bincount(result.events["rule"], minlength=max(Rule) + 1)
    return {rule.name.lower(): int(counts[rule]) for rule in Rule}


def run_report(result: Result) -> dict[str, Any]:
    """What `run --json` prints."""
    units = result.compiled.units
    return {
        "fingerprint": result.fingerprint,
        "policy": result.policy,
        "metrics": {name: result.metrics[name] for name in TOTALS},
        "conservation": result.conservation,
        "events": event_counts(result),
        "events_total": len(result.events),
        "units": {"lot_coin": units.lot, "tick_usd": units.tick, "metrics": TOTALS},
        "symbols": list(result.compiled.symbols),
        "notes": list(result.notes),
        "balances": result.balances,
    }


def explanation_report(explained: Any) -> dict[str, Any]:
    """What `explain --json` prints."""
    report = {key: getattr(explained, key) for key in EXPLAINED}
    tables = {
        "inputs": ("name", "value", "unit"),
        "fills": ("band_bp", "quantity", "price"),
        "prevented": ("name", "needed", "unit", "sentence"),
    }
    for key, names in tables.items():
        rows = (as_row(row, names) for row in getattr(explained, key))
        report[key] = [dict(zip(names, row, strict=True)) for row in rows]
    report["parts"] = [
        dict(zip(PART_KEYS, as_row(part, PART_KEYS), strict=True)) for part in explained.parts
    ]
    return report


def as_row(row: Any, names: tuple[str, ...]) -> tuple:
    """A tuple, or an object with these attributes, as a tuple in this order."""
    return row if type(row) is tuple else tuple(getattr(row, name) for name in names)


def write_json(report: Any, out: TextIO) -> None:
    """JSON with floats by repr; a number that JSON does not know becomes null."""
    out.write(json.dumps(finite(report), indent=1) + "\n")


def finite(value: Any) -> Any:
    """The same with plain Python numbers, and None for infinities and nan."""
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def write_csv(names: Iterable[str], rows: Iterable[Iterable], out: TextIO) -> None:
    """A header and rows; floats by repr, so they read back to the same bits."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)


def write_frame(frame: Any, out: TextIO) -> None:
    """A table as CSV."""
    columns = [frame[name].tolist() for name in frame.columns]
    write_csv(frame.columns, zip(*columns, strict=True), out)


def number(value: float, unit: str) -> str:
    """A number as a person reads it: money in whole USD, the rest to four digits."""
    if unit in ("USD", "accounts") or abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if unit == "bp" else f"{value:,.4g}"


def run_text(named: dict[str, Result]) -> str:
    """One or several runs side by side, by title: metrics, counts of events, notes."""
    results = list(named.values())
    head = results[0]
    heads = [textwrap.wrap(name, CELL - 1) for name in named]
    tall = max(map(len, heads))
    padded = [[""] * (tall - len(head)) + head for head in heads]
    lines = [row("", list(cells)) for cells in zip(*padded, strict=True)]
    for name, unit in TOTALS.items():
        words = name.removesuffix("_bp").removesuffix("_usd").replace("_", " ")
        label = f"{words} [{unit}]".replace("adl", "ADL")
        lines.append(row(label, [number(r.metrics[name], unit) for r in results]))
    lines.append("")
    counts = [event_counts(r) for r in results]
    for name in counts[0]:
        if any(count[name] for count in counts):
            label = f"events: {name.replace('_', ' ')}".replace("adl", "ADL")
            lines.append(row(label, [f"{count[name]:,}" for count in counts]))
    lines.append(row("events in all", [f"{len(r.events):,}" for r in results]))
    lines.append("")
    worst = [r.conservation for r in results]
    lines.append(row("imbalance of quote [tick]", [repr(w["quote"]) for w in worst]))
    lines.append(row("imbalance of base [lot]", [repr(w["base"]) for w in worst]))
    lines.append(row("fingerprint", [r.fingerprint[:12] for r in results]))
    lines += [wrapped for note in head.notes for wrapped in ("", *wrap(f"Note: {note}"))]
    return "\n".join(lines) + "\n"


def row(label: str, cells: list[str]) -> str:
    """A label and right-aligned cells within WIDTH."""
    return (f"{label:<35}" + "".join(f"{cell:>{CELL}}" for cell in cells)).rstrip()


def wrap(text: str) -> list[str]:
    """Lines of at most WIDTH characters."""
    return textwrap.wrap(text, WIDTH)
