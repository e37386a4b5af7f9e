"""Text as a workbook can hold it, and sheet names as Excel takes them.

Names come from Octopus and may be anything. Excel knows more limits than it states: strings are
counted in UTF-16 units, ``_x0041_`` inside a string is read as ``A`` (ECMA-376, ST_Xstring), and
a file with a control character opens only "with repair".
"""

import re

LONGEST_TEXT = 32_767
LONGEST_SHEET_NAME = 31

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ESCAPE_LIKE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_NOT_IN_SHEET_NAMES = re.compile(r"[:\\/?*\[\]\x00-\x1f\x7f]+")
_DANGLING = re.compile(r"[\s,;:(–-]+$")
_RESERVED_SHEET_NAMES = {"history"}


def clean(text: str) -> str:
    """``text`` as the string of a cell: what XML forbids is replaced, what Excel would decode is
    escaped, and what is longer than a cell is cut with an ellipsis."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _ESCAPE_LIKE.sub("_x005F_", _ILLEGAL.sub("\ufffd", text))
    return text if len(text) <= LONGEST_TEXT // 2 else _cut(text, LONGEST_TEXT)


def _cut(text: str, units: int) -> str:
    """At most ``units`` UTF-16 units of ``text``, the last an ellipsis where something is cut."""
    encoded = text.encode("utf-16-le")
    if len(encoded) <= 2 * units:
        return text
    return encoded[: 2 * (units - 1)].decode("utf-16-le", "ignore") + "…"


def _whole_words(text: str, units: int) -> str:
    """As many words of ``text`` as fit, without what joins a last one to nothing; of a long first
    word (a sheet's number does not count) as much as fits."""
    if len(text.encode("utf-16-le")) <= 2 * units:
        return text
    fits = _cut(text, units + 1)[:-1]
    kept = fits if text[len(fits)] == " " else fits.rpartition(" ")[0]
    kept = _DANGLING.sub("", kept)
    return kept if re.search(r"\D", kept) else _cut(text, units)


class SheetNames:
    """Hands out names for the sheets of one workbook: no two alike, none that Excel refuses."""

    def __init__(self) -> None:
        self._taken = set(_RESERVED_SHEET_NAMES)

    def take(self, title: str) -> str:
        """``title``, or as many of its words as a sheet name can hold (of a first word that is
        longer, a part), with a number if it is taken."""
        plain = _NOT_IN_SHEET_NAMES.sub(" ", _ILLEGAL.sub("", title)).replace("'", "’")
        plain = " ".join(plain.split()) or "Sheet"
        name, number = _whole_words(plain, LONGEST_SHEET_NAME), 1
        while name.casefold() in self._taken:
            number += 1
            suffix = f" {number}"
            name = _whole_words(plain, LONGEST_SHEET_NAME - len(suffix)) + suffix
        self._taken.add(name.casefold())
        return name
