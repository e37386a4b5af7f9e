"""The headline as text, of at most three lines on paper: the same in every format.

A long one leaves out the third change, then the date, then the second sentence.
"""

from collections.abc import Iterator

from insights_reports.edition.document import Document
from insights_reports.edition.values import Phrase, Value
from insights_reports.formats.words.brief import briefly
from insights_reports.formats.words.words import Words

MOST = 190
"""Characters that stand in three lines of a printed page."""


def headline_text(words: Words, document: Document) -> str:
    """The headline in full, or the first way of shortening it that is short enough."""
    said = [briefly(words, phrase) for phrase in _ways(document.headline)]
    return next((text for text in said if len(text) <= MOST), said[-1])


def _ways(phrase: Phrase) -> Iterator[Phrase]:
    """The phrase, and ever shorter ones that say its gravest part."""
    yield phrase
    match phrase:
        case Phrase("headline.so_far", {"rest": Phrase() as rest}):
            yield from (_with(phrase, "rest", way) for way in _ways(rest))
        case Phrase("headline.two", {"first": Phrase() as first, "second": Phrase() as second}):
            shorter = _with(phrase, "second", _one_clause(second))
            yield shorter
            yield _with(shorter, "first", _undated(first))
            yield first
            yield _undated(first)


def _one_clause(sentence: Phrase) -> Phrase:
    match sentence:
        case Phrase("headline.pair", {"first": clause}):
            return Phrase("headline.single", {"clause": clause})
    return sentence


def _undated(sentence: Phrase) -> Phrase:
    match sentence.values.get("moved"):
        case Phrase("headline.from", {"moved": moved}):
            return _with(sentence, "moved", moved)
    return sentence


def _with(phrase: Phrase, name: str, value: Value) -> Phrase:
    return Phrase(phrase.key, {**phrase.values, name: value})
