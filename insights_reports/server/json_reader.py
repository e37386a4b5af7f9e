"""JSON read piece by piece from a file of any size: whole values where they are small.

The reader walks objects and arrays that the caller opens; everything else is read as one value.
"""

import codecs
import json
from collections.abc import Iterator
from itertools import count
from typing import Any, BinaryIO

_PIECE = 1 << 20
_LONGEST = 16 << 20  # characters of a value that is read as one
_NEARLY = 16  # what ends this close to the end of the text may go on in the next piece
_SPACE = " \t\r\n"
_SCAN = json.JSONDecoder().raw_decode


class Malformed(ValueError):
    """What is not JSON, or repeats a name."""


class JsonReader:
    """A position in a UTF-8 file. Every method raises Malformed, and UnicodeDecodeError."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at = "", 0
        self._line = 1  # of the first character of the text

    @property
    def line(self) -> int:
        """The line of the position, from 1."""
        return self._line + self._text.count("\n", 0, self._at)

    def peek(self) -> str:
        """The next character that is no space; empty at the end of the file."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def members(self) -> Iterator[str]:
        """The names of an object. The value of each must be read before the next."""
        self._expect("{")
        seen: set[str] = set()
        while not (not seen and self._skip("}")):
            name = self.value()
            if not isinstance(name, str) or name in seen:
                raise Malformed(f"{name!r:.60} where another name is expected")
            seen.add(name)
            self._expect(":")
            yield name
            if self._skip("}"):
                return
            self._expect(",")

    def elements(self) -> Iterator[int]:
        """The positions in an array, from 0. The value of each must be read before the next."""
        self._expect("[")
        for n in count():
            if n == 0 and self._skip("]"):
                return
            yield n
            if self._skip("]"):
                return
            self._expect(",")

    def value(self) -> Any:
        """The next value."""
        self.peek()
        while True:
            try:
                found, end = _SCAN(self._text, self._at)
            except json.JSONDecodeError as error:
                inside = error.pos + _NEARLY < len(self._text) and "string" not in error.msg
                if inside or not self._more():
                    self._at = error.pos
                    raise Malformed(error.msg) from None
            except (ValueError, RecursionError) as error:
                raise Malformed(str(error)) from None
            else:
                if end + _NEARLY < len(self._text) or not self._more():
                    self._at = end
                    return found

    def end(self) -> None:
        """There is nothing more."""
        if self.peek():
            raise Malformed("more text after the document")

    def _expect(self, character: str) -> None:
        if not self._skip(character):
            found = self.peek() or "the end of the file"
            raise Malformed(f"{found} where {character} is expected")

    def _skip(self, character: str) -> bool:
        is_next = self.peek() == character
        self._at += is_next
        return is_next

    def _more(self) -> bool:
        """Drop what was read, and read another piece; False at the end of the file."""
        if len(self._text) - self._at > _LONGEST:
            raise Malformed("a value that is too long")
        piece = self._file.read(_PIECE)
        text = self._decoder.decode(piece, final=not piece)
        if not piece:
            return False
        self._line = self.line
        self._text, self._at = self._text[self._at :] + text, 0
        return True
