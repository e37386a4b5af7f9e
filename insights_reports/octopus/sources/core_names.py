"""Names of what the history tells of: those of today where the thing is still there."""

from collections.abc import Callable, Mapping

from insights_reports.errors import OctopusError
from insights_reports.octopus.resources import Named
from insights_reports.octopus.sources.feed import Rows
from insights_reports.octopus.sources.lists import Lists

_THINGS: dict[str, Callable[[Lists], Mapping[str, Named]]] = {
    "project": lambda lists: lists.every_project,
    "channel": lambda lists: lists.every_channel,
    "environment": lambda lists: lists.every_environment,
    "tenant": lambda lists: lists.every_tenant,
}


def named(rows: Rows, lists: Lists) -> Rows:
    """The rows with the names of today; of what is not there any more, those of the history."""
    columns = {}
    for thing, read in _THINGS.items():
        known = _known(lists, read)
        names = {id: each.Name for id, each in known.items()} if known is not None else {}
        today = rows[f"{thing}_id"].map(names).astype(object)
        columns[f"{thing}_name"] = today.where(today.notna(), rows[f"{thing}_name"])
    return rows.assign(**columns)


def deleted(rows: Rows, lists: Lists) -> list[str]:
    """The names of what the history tells of and no list has. What is hidden from this account the
    history does not tell of either, so they are deleted."""
    found = []
    for thing, read in _THINGS.items():
        known = _known(lists, read)
        if known is None:
            continue
        each = rows[[f"{thing}_id", f"{thing}_name"]].dropna().drop_duplicates(f"{thing}_id")
        gone = each[~each[f"{thing}_id"].isin(set(known))]
        found += sorted(gone[f"{thing}_name"].astype(str))
    return found


def _known(
    lists: Lists, read: Callable[[Lists], Mapping[str, Named]]
) -> Mapping[str, Named] | None:
    """A list, None where this account may not read it."""
    try:
        return read(lists)
    except OctopusError as error:
        if error.status not in (403, 404):
            raise
        return None
