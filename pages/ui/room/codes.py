"""Codes, secrets and names: how they are made, read and compared."""

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Mapping

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # no I, L, O, 0, 1
# 31^6, 890 million codes, of which a few are in use for some hours. A look at one costs 17 ms of a
# processor: whoever tries them all needs days for one room of ten, and so no guess is slowed down.
LENGTH = 6
MAX_NAME = 24
_SECRET = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols that show nothing
_KINDS = {"L", "M", "N", "P", "S"}  # letters, marks, numbers, punctuation, symbols
MAX_MARKS = 2  # marks on one letter; more would climb over the neighbours' lines


# In the address of the leader's page: the key that moves the room, and that it is a projector.
KEY, VIEW, PROJECTOR = "key", "view", "projector"


def alone(query: Mapping[str, str]) -> bool:
    """Whether a page of this address has no menu: a participant's and a projector's."""
    return "room" in query and (KEY not in query or query.get(VIEW) == PROJECTOR)


def new_code() -> str:
    """A room's code, to be read aloud."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def new_secret() -> str:
    """The leader's or a participant's secret: 128 bits, 22 characters."""
    return secrets.token_urlsafe(16)


def read_code(text: str) -> str | None:
    """The code as it is stored; None where it is none. Case, spaces and dashes do not count."""
    plain = text[:40].upper()
    plain = re.sub(r"[\s-]", "", plain)
    ours = len(plain) == LENGTH and set(plain) <= set(ALPHABET)
    return plain if ours else None


def spoken(code: str) -> str:
    """The code in two groups, as it is shown."""
    return f"{code[:3]} {code[3:]}"


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def is_secret(text: str) -> bool:
    """Whether it can be a secret at all."""
    return bool(_SECRET.fullmatch(text))


def matches(secret: str, stored: str) -> bool:
    """Whether the secret is the stored one, in a time that does not depend on where they differ."""
    return hmac.compare_digest(digest(secret), stored)


def clean_name(text: str) -> str:
    """A name of at most 24 visible characters, without controls, line breaks or turned text."""
    shown = []
    marks = 0
    for sign in unicodedata.normalize("NFC", text[:400]):
        kind = unicodedata.category(sign)
        if kind.startswith("Z") or sign.isspace() or sign in _BLANK:
            sign, kind = " ", "L"
        if kind[0] not in _KINDS:
            continue
        marks = marks + 1 if kind[0] == "M" else 0
        if marks <= MAX_MARKS:
            shown.append(sign)
    return " ".join("".join(shown).split())[:MAX_NAME].strip()


def shown_name(name: str, number: int) -> str:
    """What a participant is called on the board."""
    return name or f"Guest {number}"
