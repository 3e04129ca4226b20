"""A room as one CSV table: a row for each participant, prediction and try."""

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

from pages.ui.room import scene

COLUMNS = (
    "record", "time_utc", "round", "note", "link", "participant", "name", "prediction", "right",
    "setting", "before", "after", "size", "still_closed", "avoided",
)  # fmt: skip

# A sign that begins a formula, wide or not, where a cell begins; other settings split at ; or |.
_FORMULA = re.compile(r"(?:^|[;|,\t])\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20\u2212]")


def table(stored: dict[str, list[dict[str, Any]]]) -> bytes:
    """What `Store.export` returned, as CSV in UTF-8."""
    rounds = {row["round_no"]: row["link"] for row in stored["rounds"]}
    names = {row["number"]: row["name"] for row in stored["participants"]}
    answers = {number: _answer(link) for number, link in rounds.items()}
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for number, link in rounds.items():
        writer.writerow({"record": "round", **_round(number, link)})
    for row in stored["participants"]:
        writer.writerow({"record": "participant", **_who(row["number"], names, row["joined"])})
    for row in stored["votes"]:
        number = row["round_no"]
        right = "" if not answers[number] else int(row["choice"] == answers[number])
        said = {"prediction": row["choice"], "right": right}
        who = _who(row["number"], names, row["cast_at"])
        writer.writerow({"record": "prediction", **who, **_round(number, rounds[number]), **said})
    for row in stored["tries"]:
        number = row["round_no"]
        done = {
            "setting": row["path"], "before": row["before_value"], "after": row["after_value"],
            "size": f"{row['factor']:.6g}", "still_closed": f"{row['share']:.6g}",
            "avoided": row["avoided"],
        }  # fmt: skip
        who = _who(row["number"], names, row["tried_at"])
        writer.writerow({"record": "try", **who, **_round(number, rounds[number]), **done})
    return out.getvalue().encode()


def _round(number: int, link: str) -> dict[str, Any]:
    return {"round": number, "note": scene.page_of(link), "link": link}


def _who(number: int, names: dict[int, str], at: int) -> dict[str, Any]:
    time = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"participant": number, "name": harmless(names[number]), "time_utc": time}


def _answer(link: str) -> str:
    return scene.scene(link).answer()


def harmless(text: str) -> str:
    """A text that a spreadsheet does not take for a formula, whatever it splits lines at."""
    return f"'{text}" if _FORMULA.search(text) else text
