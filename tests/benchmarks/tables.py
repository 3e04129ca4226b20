"""Tables as they are printed, row by row as results come in."""


def met(good: bool) -> str:
    """How a row of a table ends."""
    return "met" if good else "**missed**"


def yes(true: bool) -> str:
    """A fact as a cell."""
    return "yes" if true else "no"


def heading(title: str, *columns: str) -> None:
    """Begin a table."""
    print(f"\n{title}\n\n| " + " | ".join(columns) + " |\n|" + " --- |" * len(columns), flush=True)


def row(*cells: object) -> None:
    """One row of a table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)
