"""Report definitions: what is accepted, how it is kept, and how it is read back.

A definition is kept as the JSON object that was sent, so that fields this server does not know
survive (https://octopus.com/docs/octopus-rest-api, Insights reports).
"""

import json
import sqlite3
from typing import Any

import orjson

from insights_reports.server import zones
from insights_reports.server.access import SpaceVisit
from insights_reports.server.database import transaction
from insights_reports.server.definition_rules import accepted
from insights_reports.server.problems import Conflict, Problem
from insights_reports.server.ticks import print_ordinary_instant

Document = dict[str, Any]
_ICON = ("IconId", "IconColor")
_DEFAULTS: Document = {
    "Name": "",
    "Description": None,
    "ProjectGroupIds": [],
    "ProjectIds": [],
    "ChannelIds": [],
    "AllTenants": False,
    "TenantIds": [],
    "TenantTags": [],
    "TenantMode": "TenantedAndUntenanted",
    "EnvironmentGroups": [],
    "TimeZone": "UTC",
    "IconId": None,
    "IconColor": None,
    "LastModifiedBy": None,
    "LastModifiedOn": None,
}


def parse(body: bytes) -> Document:
    """The JSON object in a request body. Raises Problem when it is something else."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Problem("The request body is not valid JSON.") from None
    if not isinstance(document, dict):
        raise Problem("The request body must be a JSON object.")
    return document


def find_all(visit: SpaceVisit) -> list[sqlite3.Row]:
    """Every report of the space, by name."""
    sql = "SELECT * FROM reports WHERE space_id = ? ORDER BY name COLLATE NOCASE, id"
    return visit.connection.execute(sql, (visit.space_id,)).fetchall()


def find(visit: SpaceVisit, report_id: str) -> sqlite3.Row:
    """One report. Raises Missing."""
    return visit.row("reports", "InsightsReports", report_id)


def content(row: sqlite3.Row) -> Document:
    """What was sent, with a default for each documented field that was not."""
    return _DEFAULTS | dict(json.loads(row["document"]))


def resource(visit: SpaceVisit, row: sqlite3.Row) -> Document:
    """The report as Octopus shows it: the zone by its Windows id, links to itself."""
    report_id = f"InsightsReports-{row['id']}"
    link = f"{visit.base}/insights/reports/{report_id}"
    document = content(row)
    return {
        "Id": report_id,
        "SpaceId": f"Spaces-{visit.space_id}",
        **document,
        "TimeZone": zones.windows_id(document["TimeZone"]),
        "Links": {"Self": link, "Logo": f"{link}/logo"},
    }


def create(visit: SpaceVisit, document: Document) -> sqlite3.Row:
    """Keep a new report. Raises Problem, or Conflict when the name is taken."""
    return _save(visit, accepted(visit, document), None)


def update(visit: SpaceVisit, row: sqlite3.Row, document: Document) -> sqlite3.Row:
    """Replace a report by the document. Raises Problem, or Conflict when the name is taken."""
    kept = accepted(visit, document, f"InsightsReports-{row['id']}")
    # Octopus's own PUT has no icon, which has an endpoint of its own, and leaves it alone.
    icon = {key: value for key, value in content(row).items() if key in _ICON}
    return _save(visit, icon | kept, row["id"])


def set_icon(visit: SpaceVisit, row: sqlite3.Row, icon: str, color: str) -> None:
    """Give the report an icon in place of its logo."""
    document = dict(json.loads(row["document"])) | {"IconId": icon, "IconColor": color}
    _save(visit, document, row["id"])
    with transaction(visit.connection):
        visit.connection.execute("DELETE FROM logos WHERE report_id = ?", (row["id"],))


def delete(visit: SpaceVisit, row: sqlite3.Row) -> None:
    """Remove a report; its id is never given again."""
    with transaction(visit.connection):
        visit.connection.execute("DELETE FROM reports WHERE id = ?", (row["id"],))


def _changed(visit: SpaceVisit) -> Document:
    sql = "SELECT username FROM users WHERE id = ?"
    (name,) = visit.connection.execute(sql, (visit.user.id,)).fetchone()
    return {"LastModifiedBy": name, "LastModifiedOn": print_ordinary_instant(visit.now)}


def _save(visit: SpaceVisit, document: Document, number: int | None) -> sqlite3.Row:
    text = json.dumps(document | _changed(visit), ensure_ascii=False)
    try:
        with transaction(visit.connection):
            saved = visit.connection.execute(
                "INSERT INTO reports (id, space_id, name, document) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET name = excluded.name, document = excluded.document "
                "RETURNING *",
                (number, visit.space_id, document["Name"], text),
            ).fetchone()
    except sqlite3.IntegrityError:
        name = document["Name"]
        raise Conflict(
            f"An Insights report with the name '{name}' already exists. "
            "Please use a different name."
        ) from None
    row: sqlite3.Row = saved
    return row
