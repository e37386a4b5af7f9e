"""What the columns of a table on the web page are sorted by."""

from insights_reports.edition.values import (
    Change,
    Day,
    Figure,
    Instant,
    Mark,
    Part,
    Phrase,
    Strip,
    Value,
)
from insights_reports.formats.words.words import Words


def sort_key(value: Value, words: Words) -> str:
    """A bare number or date; "" for what has none, and the text of anything else. What says since
    when is sorted by its first day."""
    match value:
        case Phrase(values={"day": Day() as day} | {"earliest": Day() as day}):
            return sort_key(day, words)
        case Figure(value=number) | Change(difference=number) | Mark(at=number):
            return _bare(number)
        case Strip(at=number) | Part(size=number):
            return _bare(number)
        case Day(date=moment) | Instant(at=moment):
            return moment.isoformat()
        case int() | float():
            return _bare(value)
        case _:
            return words.value(value)


def _bare(value: float | None) -> str:
    return "" if value is None else repr(value)
