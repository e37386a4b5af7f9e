"""The cells of a CSV file of deployments, whoever wrote it: encodings, separators, lines.

How Octopus prints its download is documented nowhere, and a spreadsheet may have saved it anew: so
UTF-8 with and without a byte order mark, UTF-16 and Windows-1252 are read, and commas, semicolons
and tabs. A row with too few or too many cells is refused: it may have been cut.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from insights_reports.errors import BadReply

_BLOCK = 1 << 20
_LONGEST_CELL = 1 << 20
_SEPARATORS = ",;\t"


@dataclass(frozen=True)
class CsvRow:
    """The cells of a row, by the place of their column, and the line that it ends in."""

    line: int
    cells: list[str]


def encoding_of(path: Path) -> str:
    """The encoding of a text file: by its byte order mark, UTF-8 where all of it is, else
    Windows-1252, in which every European Excel saves.

    Raises:
        OSError: when it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(4)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def read_rows(path: Path) -> Iterator[CsvRow]:
    """The rows of a file, the titles first; nothing but the current one is in memory.

    Raises:
        BadReply: when a row has another number of cells than there are titles.
        ValueError: when it is no text.
        OSError: when it cannot be read.
    """
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding=encoding_of(path), newline="") as file:
        first = file.readline()
        file.seek(0)
        reader = csv.reader(file, delimiter=max(_SEPARATORS, key=first.count), strict=True)
        try:
            width = None
            for cells in reader:
                if not cells:
                    continue
                width = width or len(cells)
                if len(cells) != width:
                    raise BadReply(
                        "A row has another number of cells than there are titles.",
                        f"line {reader.line_num}: {len(cells)} instead of {width}",
                    )
                yield CsvRow(reader.line_num, cells)
        except csv.Error as error:
            raise BadReply("It is no CSV.", f"line {reader.line_num}: {error}") from None
