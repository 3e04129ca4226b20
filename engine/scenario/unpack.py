"""From a path or bytes to text: plain, gzip or zip, with a bound on every size.

The kind of compression is read from the first bytes, never from the file's name. What a file
unpacks to is bounded while it is unpacked, so a zip bomb costs no more than `MAX_TEXT_BYTES`.
"""

import gzip
import io
import os
import zipfile
from pathlib import Path

from engine.scenario.errors import InputError

MAX_FILE_BYTES = 32 * 2**20  # as it lies on disk or is uploaded
MAX_TEXT_BYTES = 32 * 2**20  # after unpacking
MAX_GZIP_MEMBERS = 1_000  # daily files joined by `cat`; an empty member costs time but no bytes
MAX_ZIP_MEMBERS = 16  # read from the directory before it is refused for not being one
LONGEST_NAME = LONGEST_VALUE = 80  # [characters] of a file's name, of what a message quotes

GZIP, ZIP, EMPTY_ZIP, ZIP_ENTRY = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"PK\x01\x02"


def read_text(source, name: str | None = None) -> tuple[str, str]:
    """The text of `source` (path or bytes) and the file name to speak of it.

    `name` stands in for the file name, as for an upload. Text is UTF-8; a byte-order mark is
    dropped and every line ends in a single line feed.
    """
    data, name = _read_bytes(source, name)
    if len(data) > MAX_FILE_BYTES:
        raise InputError(f"{name}, size in bytes", len(data), f"at most {MAX_FILE_BYTES:,}")
    data = _unpack(data, name)
    if b"\0" in data:
        raise InputError(f"{name}, byte {data.index(0) + 1}", "\0", "text, not binary data")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        bad = data[error.start : error.start + 1]
        raise InputError(f"{name}, byte {error.start + 1}", bad, "text in UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n"), name


def _read_bytes(source, name):
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source[: MAX_FILE_BYTES + 1]), _printable(name or "unknown")
    if not isinstance(source, (str, os.PathLike)):
        raise InputError("file", type(source).__name__, "a path or bytes")
    path = Path(source)
    name = _printable(name or path.name)
    try:
        if not path.is_file():  # a pipe or a device could wait or flow for ever
            raise InputError("file", str(path), "an existing file")
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1), name
    except OSError as error:
        raise InputError("file", str(path), f"a readable file ({error.strerror})") from None


def _printable(name) -> str:
    text = str(name)[:LONGEST_NAME]
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _unpack(data: bytes, name: str) -> bytes:
    try:
        if data.startswith(GZIP):
            data = _gunzip(data, name)
        elif data.startswith((ZIP, EMPTY_ZIP)):
            data = _unzip(data, name)
    except InputError:
        raise
    except Exception as error:  # zlib, struct, zipfile and gzip raise a dozen kinds when cut short
        whole = f"a whole gzip or zip file ({one_line(error)})"
        raise InputError(name, data[:LONGEST_VALUE], whole) from None
    if len(data) > MAX_TEXT_BYTES:
        allowed = f"at most {MAX_TEXT_BYTES:,}"
        raise InputError(f"{name}, size in bytes unpacked", f"over {MAX_TEXT_BYTES}", allowed)
    return data


def _gunzip(data, name):
    # Each member starts so; a chance match in compressed data comes once in 16 MB.
    members = data.count(GZIP + b"\x08")
    if members > MAX_GZIP_MEMBERS:
        raise InputError(f"{name}, gzip members", members, f"at most {MAX_GZIP_MEMBERS}")
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        return file.read(MAX_TEXT_BYTES + 1)


def _unzip(data, name):
    entries = data.count(ZIP_ENTRY)
    if entries > MAX_ZIP_MEMBERS:  # zipfile would build an object for each before we may look
        raise InputError(f"{name}, files in the zip", entries, "exactly one")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if len(members) != 1:
            raise InputError(f"{name}, files in the zip", len(members), "exactly one")
        if members[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            method = members[0].compress_type  # LZMA could ask for gigabytes before the first byte
            raise InputError(f"{name}, zip method", method, "0 (stored) or 8 (deflated)")
        with archive.open(members[0]) as file:
            return file.read(MAX_TEXT_BYTES + 1)


def one_line(error: Exception) -> str:
    """What a library's error says, on one line and not too long."""
    return " ".join(str(error).split())[:LONGEST_VALUE] or type(error).__name__
