"""The room's predictions as bars, the answer among them: a table of HTML that any phone draws."""

from dataclasses import dataclass
from html import escape

from pages.ui import colours

STYLE = """<style>
.votes { width: 100%; max-width: 60rem; border-collapse: collapse; }
.votes caption { text-align: left; font-weight: 600; padding-bottom: 0.4rem; }
.votes th { text-align: left; font-weight: 400; padding: 0.25rem 0.8rem 0.25rem 0; width: 1%;
  min-width: 6.5rem; }
.votes tr.answer th, .votes tr.answer td { font-weight: 700; }
.votes td { padding: 0.25rem 0; }
.votes span.bar { display: inline-block; height: 1.5rem; border-radius: 0 4px 4px 0;
  vertical-align: middle; margin-right: 0.6rem; min-width: 2px; }
.votes span.number { white-space: nowrap; font-variant-numeric: tabular-nums; }
</style>"""
WIDEST = 72  # % of the row, so that the number stays beside the longest bar


@dataclass(frozen=True)
class Bar:
    """How many predicted one answer."""

    title: str
    votes: int
    share: float  # of all predictions [1]
    answer: bool
    mine: bool


def bars(titles: dict[str, str], tally: dict[str, int], answer: str, mine: str | None) -> list[Bar]:
    """One bar an answer, in the note's order. Votes for anything else do not count."""
    total = sum(tally.get(name, 0) for name in titles)
    return [
        Bar(title, n, n / total if total else 0.0, name == answer, name == mine)
        for name, title in titles.items()
        for n in (tally.get(name, 0),)
    ]


def html(found: list[Bar], theme: str) -> str:
    """The bars as a table: the answer's is marked by a sign, by weight and by colour."""
    paint = colours.palette(theme)
    most = max((bar.share for bar in found), default=0.0) or 1.0
    rows = ""
    for bar in found:
        colour = paint["policy"]["auction"] if bar.answer else paint["cause"]["other"]
        signs = ("✓ " if bar.answer else "", " (you)" if bar.mine else "")
        rows += (
            f"<tr{' class=answer' if bar.answer else ''}>"
            f"<th scope='row'>{signs[0]}{escape(bar.title)}{signs[1]}</th><td>"
            f"<span class='bar' aria-hidden='true' style='background:{colour};"
            f"width:{WIDEST * bar.share / most:.1f}%'></span>"
            f"<span class='number'>{bar.votes} · {bar.share:.0%}</span></td></tr>"
        )
    total = sum(bar.votes for bar in found)
    voters = f"{total} prediction{'' if total == 1 else 's'}"
    caption = f"<caption>What the room predicted · {voters}, ✓ the answer</caption>"
    return f"{STYLE}<table class='votes'>{caption}<tbody>{rows}</tbody></table>"
