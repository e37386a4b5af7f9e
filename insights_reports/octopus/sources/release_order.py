"""The order of releases: by the ids they were created in, or by their versions.

Octopus's page speaks of "the release right after" and does not say by what; the server's tables
keep Major, Minor and Patch of each release. Which of the two it is shows where lead times are
stated.
"""

import re
from typing import Literal

import pandas as pd

from insights_reports.metrics.streams import AsCounted, Number, as_counted, number

ReleaseOrder = Literal["id", "version"]
ORDERS: tuple[ReleaseOrder, ...] = ("id", "version")

_VERSION = re.compile(r"v?([0-9]+(?:\.[0-9]+)*)(?:[-.]?([^+]*))?(?:\+.*)?", re.IGNORECASE)
_PARTS = 4

Key = tuple[tuple[Number, ...], bool, AsCounted]


def version_key(version: str) -> Key:
    """A key to sort versions by: numbers as numbers, a pre-release before its release.

    A version that is none stands before all others, by its text as people count.
    """
    match = _VERSION.fullmatch(version.strip())
    if match is None:
        return (), False, as_counted(version)
    numbers = tuple(number(part) for part in match[1].split("."))
    padded = numbers + (number("0"),) * (_PARTS - len(numbers))
    label = match[2] or ""
    return padded, not label, as_counted(label)


def ordered(releases: pd.DataFrame, order: ReleaseOrder) -> list[str]:
    """The ids of releases (index; with their Version), the earliest first."""
    ids = sorted(releases.index, key=as_counted)
    if order == "id":
        return ids
    versions = releases["Version"].to_dict()
    return sorted(ids, key=lambda id: version_key(str(versions[id] or "")))


def explained(stated: pd.DataFrame, ours: dict[ReleaseOrder, pd.DataFrame]) -> dict[str, int]:
    """How many of the lead times that are stated each order explains, by the version that they are
    counted from. Both have deployment_id and lead_time_from_version."""
    known = stated.dropna(subset="lead_time_from_version").set_index("deployment_id")
    theirs = known["lead_time_from_version"].astype(object)
    found: dict[str, int] = {"stated": len(theirs)}
    for order, table in ours.items():
        mine = table.set_index("deployment_id")["lead_time_from_version"].astype(object)
        both = mine.reindex(theirs.index)
        found[order] = int((both == theirs).sum())
    return found
