"""What the columns of a table on the web page are sorted by."""

from insights_reports.edition.values import (
    Change,
    Day,
    Figure,
    Instant,
    Mark,
    Part,
    Strip,
    Value,
)
from insights_reports.formats.words.words import Words


def sort_key(value: Value, words: Words) -> str:
    """A bare number or date; "" for what has none, and the text of anything else."""
    match value:
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
