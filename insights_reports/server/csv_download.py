"""The CSV download: the deployments of `/deployments` with names instead of ids.

The columns are those of https://octopus.com/docs/insights/csv-download, which also says that it
omits what the user may not view. How Octopus prints the cells is documented nowhere; here they are
printed as in the API.
"""

import csv
import io
import sqlite3
from collections.abc import Iterator

from insights_reports.server.access import User
from insights_reports.server.population import Population
from insights_reports.server.streams import Names, deployment_id, duration_text, rows_of
from insights_reports.server.ticks import print_instant

MEDIA_TYPE = "text/csv; charset=utf-8"
_PIECE = 1 << 16
_COLUMNS = (
    "Deployment", "Project", "Release", "Channel", "Completed", "Environment", "Tenant", "State",
    "Had Guided Failure", "Lead Time", "Lead Time Calculated From", "Since Previous Successful",
    "Previous Successful", "Time to Recovery", "Deployments Until Recovery", "Recovery From",
    "Recovery From Version",
)  # fmt: skip


def print_csv(
    connection: sqlite3.Connection, user: User, population: Population, start: int, now: int
) -> Iterator[bytes]:
    """The file in pieces of about 64 KiB, in UTF-8 with a byte order mark for Excel."""
    names = Names(connection, user)
    text = io.StringIO()
    text.write("\ufeff")
    write = csv.writer(text).writerow
    write(_COLUMNS)
    stream, called = None, None
    for row in rows_of(connection, population, start, now):
        if row[:4] != stream:
            stream = row[:4]
            called = names.of(stream)
        if called is not None:
            write(_cells(called, *row[4:]))
        if text.tell() >= _PIECE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _cells(
    called: list[str], number: int, version: str, state: str, completed: int, guided: int,
    lead_time: int | None, lead_version: str | None,
    since_previous: int | None, previous: int | None,
    recovery: int | None, attempts: int | None, recovered: int | None,
    recovered_version: str | None,
) -> tuple[object, ...]:  # fmt: skip
    project, channel, environment, tenant = called
    return (
        f"Deployments-{number}", project, version, channel, print_instant(completed), environment,
        tenant, state, bool(guided), duration_text(lead_time), lead_version,
        duration_text(since_previous), deployment_id(previous), duration_text(recovery), attempts,
        deployment_id(recovered), recovered_version,
    )  # fmt: skip
