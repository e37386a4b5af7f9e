"""What a query asks for, as conditions of SQL with one place each and their values."""

from typing import Annotated, Any

from fastapi import Query

from insights_reports.server import ids
from insights_reports.server.problems import Problem
from insights_reports.server.ticks import parse_instant

Many = Annotated[list[str] | None, Query(description="Comma-joined")]
Ids = Annotated[list[str] | None, Query(alias="ids", description="Comma-joined")]


def among(column: str, prefix: str, given: list[str] | None) -> dict[str, Any]:
    """The condition that a column holds one of the ids given; none when none was asked for."""
    if given is None:
        return {}
    condition = f"{column} IN (SELECT value FROM json_each(?))"
    return {condition: str(ids.numbers(prefix, ids.split_list(given)))}


def spelled(condition: str, given: list[str] | None) -> dict[str, Any]:
    """The condition for a list of words, as `,one,two,` in lower case; none when none is given."""
    return {} if given is None else {condition: f",{','.join(ids.split_list(given)).lower()},"}


def instant(condition: str, name: str, given: str) -> dict[str, Any]:
    """The condition for an instant. Raises Problem when it is none."""
    if not given:
        return {}
    day_only = len(given.strip()) == len("2026-01-31")
    try:
        return {condition: parse_instant(f"{given.strip()}T00:00:00" if day_only else given)}
    except (ValueError, OverflowError):
        raise Problem(f"The {name} '{given}' is not a date and time.") from None


def shown(**lists: list[str] | None) -> dict[str, str]:
    """The lists that were given, as they stand in links."""
    return {name: ",".join(value) for name, value in lists.items() if value is not None}
