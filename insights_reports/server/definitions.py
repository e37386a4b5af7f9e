"""Report definitions: what is accepted, how it is kept, and how it is read back.

A definition is kept as the JSON object that was sent, so that fields this server does not know
survive (https://octopus.com/docs/octopus-rest-api, Insights reports).
"""

import json
import sqlite3
from typing import Any

import orjson

from insights_reports.server import ids, zones
from insights_reports.server.access import SpaceVisit
from insights_reports.server.database import transaction
from insights_reports.server.problems import Conflict, Missing, Problem

Document = dict[str, Any]
TENANT_MODES = ("TenantedAndUntenanted", "Tenanted", "Untenanted")
LONGEST_NAME = 200
_OWN_FIELDS = ("Id", "SpaceId", "Links")  # the server's, never taken from what is sent
_DEFAULTS: Document = {
    "Name": "",
    "Description": None,
    "ProjectGroupIds": [],
    "ProjectIds": [],
    "TenantIds": [],
    "TenantTags": [],
    "TenantMode": "TenantedAndUntenanted",
    "EnvironmentGroups": [],
    "TimeZone": "UTC",
    "IconId": None,
    "IconColor": None,
}
_ID_LISTS = ("ProjectGroupIds", "ProjectIds", "TenantIds", "TenantTags")


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
    row = visit.connection.execute(
        "SELECT * FROM reports WHERE space_id = ? AND id = ?",
        (visit.space_id, ids.number("InsightsReports", report_id)),
    ).fetchone()
    if row is None:
        raise Missing(report_id)
    found: sqlite3.Row = row
    return found


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
    return _save(visit, _accepted(visit, document), None)


def update(visit: SpaceVisit, row: sqlite3.Row, document: Document) -> sqlite3.Row:
    """Replace a report by the document. Raises Problem, or Conflict when the name is taken."""
    sent = document.get("Id")
    if sent is None:
        raise Problem("The Id field is required.")
    if not isinstance(sent, str) or ids.number("InsightsReports", sent) != row["id"]:
        raise Problem(f"The Id '{sent}' is not that of the report 'InsightsReports-{row['id']}'.")
    return _save(visit, _accepted(visit, document), row["id"])


def delete(visit: SpaceVisit, row: sqlite3.Row) -> None:
    """Remove a report; its id is never given again."""
    with transaction(visit.connection):
        visit.connection.execute("DELETE FROM reports WHERE id = ?", (row["id"],))


def _save(visit: SpaceVisit, document: Document, number: int | None) -> sqlite3.Row:
    text = json.dumps(document, ensure_ascii=False)
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


def _accepted(visit: SpaceVisit, document: Document) -> Document:
    """The document without the server's own fields. Raises Problem with everything wrong in it."""
    errors = [
        *_space_errors(visit, document),
        *_name_errors(document),
        *(error for key in _ID_LISTS for error in _text_list_errors(document, key)),
        *_group_errors(document),
        *_choice_errors(document),
    ]
    if errors:
        raise Problem(*errors)
    return {key: value for key, value in document.items() if key not in _OWN_FIELDS}


def _space_errors(visit: SpaceVisit, document: Document) -> list[str]:
    sent = document.get("SpaceId")
    if sent is None:
        return ["The SpaceId field is required."]
    if not isinstance(sent, str) or ids.number("Spaces", sent) != visit.space_id:
        return [f"The SpaceId '{sent}' is not that of the space 'Spaces-{visit.space_id}'."]
    return []


def _name_errors(document: Document) -> list[str]:
    errors = []
    name = document.get("Name")
    if not isinstance(name, str) or not name.strip():
        errors.append("Please provide a value for the Name.")
    elif len(name) > LONGEST_NAME:
        errors.append(f"The Name may not be longer than {LONGEST_NAME} characters.")
    for key in ("Description", "IconId", "IconColor"):
        if not isinstance(document.get(key), str | None):
            errors.append(f"The {key} must be a text.")
    return errors


def _text_list_errors(document: Document, key: str) -> list[str]:
    value = document.get(key, [])
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return []
    return [f"The {key} must be an array of texts."]


def _group_errors(document: Document) -> list[str]:
    groups = document.get("EnvironmentGroups", [])
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        return ["The EnvironmentGroups must be an array of objects."]
    errors, seen = [], set()
    for group in groups:
        name = group.get("Name")
        if not isinstance(name, str) or not name.strip():
            errors.append("Please provide a value for the Name of each environment group.")
        elif name.casefold() in seen:
            errors.append(f"The environment group name '{name}' must be unique within the report.")
        else:
            seen.add(name.casefold())
        if "Environments" not in group:
            errors.append("The Environments field of each environment group is required.")
        errors += _text_list_errors(group, "Environments")
    return errors


def _choice_errors(document: Document) -> list[str]:
    errors = []
    mode = document.get("TenantMode", TENANT_MODES[0])
    if mode not in TENANT_MODES:
        errors.append(f"The TenantMode '{mode}' must be one of {', '.join(TENANT_MODES)}.")
    zone = document.get("TimeZone", "UTC")
    if not isinstance(zone, str) or zones.zone(zone) is None:
        errors.append(f"The TimeZone '{zone}' is not a known Windows or IANA time zone.")
    return errors
