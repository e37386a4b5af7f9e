"""Texts squeezed to letters and digits, so that neither layout nor spelling hides a name in them.

A name on a page may be hyphenated, wrapped, spaced out, in capitals, or written with other code
points for the same letters. What is left of it is the same.
"""

import re
import sys
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

BREAK = "\x00"
"""Stands between texts that belong to different things: no name reaches over it."""

_WORD = re.compile(rf"[^\W_]+|{BREAK}")
_RIGHT_TO_LEFT = ("R", "AL")
_KEY = 4  # characters by which names are found
_SHORTEST = 3  # names of fewer letters are everywhere


@dataclass(frozen=True, slots=True)
class Squeezed:
    """The words of a text joined; ``begins`` and ``ends`` are where a word does, ascending.
    ``source`` is the text, ``places`` where each word begins in it."""

    text: str
    begins: tuple[int, ...]
    ends: tuple[int, ...]
    source: str
    places: tuple[int, ...]

    def around(self, begin: int, width: int = 20) -> str:
        """The source around a place in the squeezed text."""
        word = max(0, bisect_left(self.begins, begin + 1) - 1)
        at = self.places[word]
        found = self.source[max(0, at - width) : at + width].replace(BREAK, " ")
        return " ".join(found.split())


def squeeze(text: str) -> Squeezed:
    """``text`` without all that a layout adds or a keyboard varies."""
    plain = unicodedata.normalize("NFKC", text).translate(_invisible())
    plain = unicodedata.normalize("NFKC", plain.casefold())
    words = list(_WORD.finditer(plain))
    lengths = [len(word[0]) for word in words]
    ends = tuple(accumulate(lengths))
    begins = tuple(end - length for end, length in zip(ends, lengths, strict=True))
    joined = "".join(word[0] for word in words)
    return Squeezed(joined, begins, ends, plain, tuple(word.start() for word in words))


@cache
def _invisible() -> dict[int, None]:
    """What is not seen (soft hyphens, zero widths, marks of direction) and marks that no letter
    took in."""
    kinds = ("Cf", "Mn", "Mc", "Me")
    every = range(sys.maxunicode + 1)
    return {point: None for point in every if unicodedata.category(chr(point)) in kinds}


@dataclass(frozen=True, slots=True)
class NameSpan:
    """Where a name stands in a squeezed text."""

    begin: int
    end: int
    name: str


class Index:
    """Many names, looked up at the beginning of each word of a text. Names that no search can tell
    from other text are ``untestable``: fewer than three letters, digits alone, or made of words of
    the ``vocabulary`` alone."""

    def __init__(self, names: Iterable[str], vocabulary: frozenset[str]) -> None:
        self.untestable: set[str] = set()
        self._forms: dict[str, list[tuple[str, str]]] = {}
        for name in names:
            found = squeeze(name)
            words = {
                found.text[b:e] for b, e in zip(found.begins, found.ends, strict=True)
            } - vocabulary
            if len(found.text) < _SHORTEST or not any(not word.isdigit() for word in words):
                self.untestable.add(name)
                continue
            self._add(found.text, name)
            if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in name):
                self._add(found.text[::-1], name)  # as some programs extract it from a page

    def _add(self, form: str, name: str) -> None:
        self._forms.setdefault(form[:_KEY], []).append((form, name))

    def spans(self, text: Squeezed) -> Iterator[NameSpan]:
        """Every place of every name that begins and ends with words."""
        ends = set(text.ends)
        for begin in text.begins:
            for length in (_SHORTEST, _KEY):
                for form, name in self._forms.get(text.text[begin : begin + length], ()):
                    end = begin + len(form)
                    if (len(form) == _SHORTEST) == (length == _SHORTEST) and (
                        end in ends and text.text.startswith(form, begin)
                    ):
                        yield NameSpan(begin, end, name)


def foreign(
    spans: Iterable[NameSpan], own: frozenset[str], shared: Iterable[NameSpan]
) -> Iterator[NameSpan]:
    """The spans of names that are not ``own`` and stand in no longer one that is, or in one of
    ``shared``: what everybody may know. In the order of the text, of two at one place the longer
    first."""
    every = sorted(spans, key=lambda span: (span.begin, -span.end, span.name))
    mine = [*(span for span in every if span.name in own), *shared]
    for span in every:
        inside = (o.begin <= span.begin and span.end <= o.end for o in mine)
        if span.name not in own and not any(inside):
            yield span
