"""The text of someone's CSV file: its encoding, its lines and what separates its cells.

Excel writes UTF-8 with a byte order mark, UTF-16 ("Unicode text") or Windows-1252, with commas,
semicolons or tabs, whichever the machine's language has.
"""

import codecs
import io
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO, NoReturn

from insights_reports.errors import UsageError

LONGEST_LINE = 1 << 20
BOM = codecs.BOM_UTF8
SEPARATORS = (",", ";", "\t")
_PIECE = 1 << 20
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class TooLong(ValueError):
    """A line that goes on and on; the number of the line."""


def lines(path: Path, file: BinaryIO) -> Iterator[str]:
    """The lines of the file with their ends. Raises TooLong, and UsageError for what is no text."""
    text = io.TextIOWrapper(file, _encoding(path, file), newline="")
    number = 0
    try:
        for number in count(1):
            line = text.readline(LONGEST_LINE)
            if not line:
                return
            if len(line) == LONGEST_LINE:
                raise TooLong(number)
            yield line
    except UnicodeError:
        no_text(path, number)


def separator(header: str) -> str:
    """What separates the cells of a first line; a comma when nothing does."""
    return max(SEPARATORS, key=header.count)


def no_text(path: Path, line: int) -> NoReturn:
    """Say that the file is in no known encoding."""
    raise UsageError(
        "This file is not UTF-8 text, nor UTF-16 or Windows-1252.",
        f"File: {path}, line {line}",
        "Save it as CSV in UTF-8.",
    ) from None


def _encoding(path: Path, file: BinaryIO) -> str:
    """The encoding of the whole file, which is left at its start. Raises UsageError."""
    start = file.read(4)
    file.seek(0)
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            return name
    if b"\0" in start:
        return "utf-16-be" if start[:1] == b"\0" else "utf-16-le"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        file.seek(0)
        return _windows(path, file)
    finally:
        file.seek(0)
    return "utf-8"


def _windows(path: Path, file: BinaryIO) -> str:
    """Windows-1252, unless some of the text is UTF-8: then it is that, and broken."""
    broken, is_utf8 = 0, False
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
        if line.isascii():
            continue
        if not broken and not _is_utf8(line):
            broken = number
        is_utf8 = is_utf8 or not line.decode("utf-8", "ignore").isascii()
    if is_utf8:
        no_text(path, broken)
    return "cp1252"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
