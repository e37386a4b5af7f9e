"""Octopus's document ids, such as `Projects-7`, and the number of the row that each stands for."""

import re
from collections.abc import Iterable

_ID = re.compile(r"([A-Za-z]+)-(\d{1,18})", re.ASCII)


def number(prefix: str, document_id: str) -> int | None:
    """The number in an id of this kind; None when it is another kind, or no id at all.

    Octopus compares ids without regard to case.
    """
    match = _ID.fullmatch(document_id.strip())
    if not match or match[1].casefold() != prefix.casefold():
        return None
    return int(match[2])


def numbers(prefix: str, document_ids: Iterable[str]) -> list[int]:
    """The numbers of the ids of this kind; what is no such id matches nothing."""
    found = (number(prefix, each) for each in document_ids)
    return [each for each in found if each is not None]


def split_list(values: Iterable[str] | None) -> list[str]:
    """The items of a query parameter: comma-joined, given several times, or both."""
    return [item.strip() for value in values or () for item in value.split(",") if item.strip()]
