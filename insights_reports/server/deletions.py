"""Documents that retention or somebody deleted, while the history still tells of them.

Nothing is removed from the database: what is deleted is not found any more.
"""

import sqlite3
from collections.abc import Iterable

from insights_reports.server.ticks import TICKS_PER_SECOND

_KEPT = 92 * 86_400 * TICKS_PER_SECOND
_SQL = {
    "retention": "SELECT 'Releases-' || id FROM releases WHERE assembled < :now - :kept",
    "deleted-release": "SELECT 'Releases-' || max(id) FROM releases",
    "deleted-project": "SELECT 'Projects-' || max(id) FROM projects",
    "deleted-environment": "SELECT 'Environments-' || max(id) FROM environments",
    "deleted-tenant": "SELECT 'Tenants-' || max(id) FROM tenants",
}
DELETIONS = tuple(_SQL)


def deleted(connection: sqlite3.Connection, names: Iterable[str], now: int) -> frozenset[str]:
    """The ids of what the named faults deleted, as of an instant (ticks).

    `retention` keeps the releases of the last 92 days; the others delete the newest of a kind.
    """
    parameters = {"now": now, "kept": _KEPT}
    found = (row[0] for name in names for row in connection.execute(_SQL[name], parameters))
    return frozenset(each for each in found if each is not None)
