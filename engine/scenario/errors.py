"""The one error a reader's own input can cause."""


class _Missing:
    """Stands for a value that was needed and not given."""

    def __repr__(self) -> str:
        return "(missing)"


MISSING = _Missing()


class InputError(ValueError):
    """A setting, link, file or table that cannot be used.

    The message names the field, the value and what is allowed, in one line. A long value is cut.
    """

    def __init__(self, field: str, value: object, allowed: str):
        try:
            shown = repr(value)
        except Exception:  # a whole number of thousands of digits; an object of the caller's
            shown = f"a value of type {type(value).__name__}"
        if "\n" in shown:  # a table's
            shown = " ".join(shown.split())
        if len(shown) > 80:
            shown = shown[:77] + "..."
        self.field, self.value, self.allowed = field, value, allowed
        super().__init__(f"{field} = {shown}: allowed is {allowed}")

    def __reduce__(self) -> tuple:
        """How it comes back from another process: with its three parts, not with its message."""
        return InputError, (self.field, self.value, self.allowed)
