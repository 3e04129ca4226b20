"""A page as one HTML file that opens without a network: words, pictures, why, how to run it again.

No Streamlit. Everything that is not our own words is escaped.
"""

import re
from html import escape
from pathlib import Path
from typing import Any

import engine
from pages.ui import background, budget, changes, content, tables, telling
from pages.ui.takeaway import files, stills
from pages.ui.takeaway.files import Taken

STYLE = (Path(__file__).parent / "handout.css").read_text("utf-8")


def html(taken: Taken, qr: str) -> bytes:
    """The whole file. qr : the link as an SVG element."""
    words = content.note("takeaway").meta
    parts = [
        f"<h1>{escape(taken.title)}</h1>",
        f"<p class='claim'>{markdown(taken.claim, taken.sources)}</p>" if taken.claim else "",
        _origin(taken, words, qr),
        _outcome(taken, words),
        *(figure(still) for still in taken.stills),
        _why(taken, words),
        _words(taken, words),
        f"<h2>{words['again']}</h2><pre>{escape(files.python(taken).decode())}</pre>",
        f"<footer>{markdown(content.note('foot').body)}</footer>",
    ]
    head = (
        "<meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        "<meta name='color-scheme' content='light dark'>"
        f"<meta name='generator' content='Forced Flow {engine.__version__}'>"
        "<meta http-equiv='Content-Security-Policy' "
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        f"<title>{escape(taken.title)} · Forced Flow</title><style>{STYLE}</style>"
    )
    body = "\n".join(part for part in parts if part)
    page = f"<!doctype html><html lang='en'><head>{head}</head><body><main>{body}</main></body>"
    return f"{page}</html>\n".encode("utf-8", "replace")


def _origin(taken: Taken, words: dict[str, Any], qr: str) -> str:
    """Which version made it, of which settings, and the link that opens it."""
    made = words["made"].format(
        version=engine.__version__, fingerprint=taken.result.fingerprint[:12]
    )
    settings = escape(f"{taken.noun} in view: {taken.titles[taken.lane]}. Settings: ")
    settings += escape(changes.line(taken.result.scenario))
    needed = "".join(f"<p>{escape(line)}</p>" for line in taken.needed)
    link = f"<a href='{escape(taken.address)}'>{escape(taken.address)}</a>"
    return (
        f"<section class='origin'><div>{qr}</div><div><p>{escape(made)}</p>"
        f"<p class='link'>{link}</p><p>{settings}</p>{needed}</div></section>"
    )


def _outcome(taken: Taken, words: dict[str, Any]) -> str:
    """The outcome of every lane."""
    found = tables.outcome(taken.results, taken.titles, taken.noun)
    told = f"<h2>{words['outcome']}</h2>" + table(found)
    if taken.differences:
        told = f"<h2>{words['differences']}</h2>" + table(taken.differences) + told
    return told


def table(found: dict[str, Any]) -> str:
    """Columns of words as an HTML table; on a phone each row of many columns is a list."""
    names = [escape(stills.plain(str(name))) for name in found]
    heads = "".join(f"<th>{name}</th>" for name in names)
    cells = (
        "".join(
            f"<td data-name='{name}'>{markdown_line(str(cell))}</td>"
            for name, cell in zip(names, row, strict=True)
        )
        for row in zip(*found.values(), strict=True)
    )
    rows = "".join(f"<tr>{row}</tr>" for row in cells)
    kind = "wide many" if len(names) > 3 else "wide"
    return f"<div class='{kind}'><table><tr>{heads}</tr>{rows}</table></div>"


def figure(still: stills.Still) -> str:
    """A picture for desk and phone in both themes; on paper the light one for the desk is shown."""
    plots = {"desk": stills.INNER, "phone": stills.phone_plot(still)}
    both = "".join(
        f"<div class='{place}'><div class='{theme}'>{_sized(stills.svg(still, theme, plot))}</div>"
        "</div>"
        for place, plot in plots.items()
        for theme in stills.THEMES
    )
    return f"<figure>{both}<figcaption>{escape(still.about)}</figcaption></figure>"


def _sized(svg: str) -> str:
    """An SVG that shrinks with the window."""
    wide, tall = re.findall(r'(?:width|height)="([0-9.]+)"', svg)[:2]
    return re.sub(
        r'<svg xmlns="[^"]+" width="[0-9.]+" height="[0-9.]+"',
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}"',
        svg,
        count=1,
    )


def _why(taken: Taken, words: dict[str, Any]) -> str:
    """The event in view in full, and in short the events that led to it."""
    if taken.event is None:
        return f"<h2>{words['why']}</h2><p>{words['nothing']}</p>"
    told = engine.explain(taken.result, taken.event)
    numbers = telling.filled_in(told)
    answers = sorted(_prevented(taken.result, taken.event), key=lambda x: x.needed is None)
    remedies = [remedy.sentence for remedy in answers]
    moment = [remedy.sentence for remedy in told.prevented]
    lists = [(words["cut"], told.cut), (words["prevented"], remedies), (words["moment"], moment)]
    out = [
        f"<h2>{words['why']}</h2><h3>{escape(told.title)}</h3><p>{_lines(telling.lead(told))}</p>",
        f"<p class='formula'>{escape(told.formula)}</p>",
        f"<p class='formula'>{escape(numbers)}</p>" if numbers else "",
        table(
            {
                words["observed"]: [telling.amount(told.value, told.unit)],
                words["limit"]: [telling.amount(told.limit, told.unit)],
            }
        ),
        *(f"<h4>{name}</h4><p>{_lines(chr(10).join(lines))}</p>" for name, lines in lists if lines),
        f"<p>{words['source']}: {escape(told.source)}</p>",
        f"<details><summary>{words['text']}</summary><pre>{escape(told.text)}</pre></details>",
    ]
    chain = telling.chain(tables.event_table(taken.result), taken.event)
    if chain:
        out.append(f"<h4>{words['chain']}</h4>")
    for event in chain:
        before = engine.explain(taken.result, event)
        out.append(
            f"<p><strong>{escape(before.title)}</strong><br>{_lines(telling.lead(before))}</p>"
        )
    return "".join(out)


def _prevented(result: Any, number: int) -> Any:
    """What would have prevented an event, or the limit that a forced order follows from."""
    behind = int(result.triggers[number])
    with budget.helpers(background.THREADS) as pool:
        return engine.preventions(result, number, pool=pool) or (
            engine.preventions(result, behind, pool=pool) if behind >= 0 else ()
        )


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _words(taken: Taken, words: dict[str, Any]) -> str:
    """The note's own text, with its sources."""
    out = [
        f"<h2>{escape(title)}</h2>{markdown(text, taken.sources)}"
        for title, text in taken.sections.items()
    ]
    if taken.sources:
        known = content.sources()
        rows = "".join(f"<li>{_source(known[key])}</li>" for key in taken.sources)
        out.append(f"<h2>{words['sources']}</h2><ol>{rows}</ol>")
    return "".join(out)


def _source(entry: dict[str, str]) -> str:
    title = escape(entry["title"])
    if "address" in entry:
        title = f"<a href='{escape(entry['address'])}'>{title}</a>"
    return f"{title}. {markdown_line(entry['about'])}"


def markdown(text: str, keys: tuple[str, ...] = ()) -> str:
    """The little Markdown that notes use: paragraphs, lists, emphasis, links, [keys]."""
    out = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if all(line.startswith("- ") for line in lines):
            rows = "".join(f"<li>{markdown_line(line[2:], keys)}</li>" for line in lines)
            out.append(f"<ul>{rows}</ul>")
        else:
            out.append(f"<p>{markdown_line(' '.join(lines), keys)}</p>")
    return "".join(out)


MATHS = {r"\rho": "ρ", r"\sqrt": "√", r"\ ": " ", "^2": "²", "_1": "₁", "_2": "₂", "_i": "ᵢ"}


def markdown_line(text: str, keys: tuple[str, ...] = ()) -> str:
    """Emphasis, links, simple formulas and numbered sources of one line."""
    text = escape(text, quote=False).replace("\\$", "&#36;")
    text = re.sub(r"\$([^$]+)\$", lambda m: _formula(m[1]), text)
    text = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"\*(.+?)\*", r"<em>\1</em>", text)
    text = re.sub(r"`(.+?)`", r"<code>\1</code>", text)
    text = re.sub(r"\[([^\]]+)\]\((https://[^)\s'\"]+)\)", r"<a href='\2'>\1</a>", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)  # another page of the app: not in a file

    def number(found: re.Match) -> str:
        names = found[1].split(", ")
        if not set(names) <= set(keys):
            return found[0]
        return "[" + ", ".join(str(keys.index(name) + 1) for name in names) + "]"

    return re.sub(r"\[([a-z0-9_]+(?:, [a-z0-9_]+)*)\]", number, text)


def _formula(text: str) -> str:
    for name, sign in MATHS.items():
        text = text.replace(name, sign)
    return f"<em>{text.replace('{', '(').replace('}', ')')}</em>"
