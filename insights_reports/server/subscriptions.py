"""Subscriptions to events, which Octopus tells a webhook of
(https://octopus.com/docs/administration/managing-infrastructure/subscriptions).

They are kept as they were sent, with a default for what was not; `webhooks` calls what they name.
"""

import json
import re
import sqlite3
from typing import Any
from urllib.parse import urlsplit

from insights_reports.server import ids
from insights_reports.server.access import SpaceVisit
from insights_reports.server.database import transaction
from insights_reports.server.definition_rules import LONGEST_NAME, own_errors
from insights_reports.server.problems import Conflict, Forbidden, Problem

Document = dict[str, Any]
EVENT = "EventNotificationSubscription"
"""What is to be told, and to whom: a field of a subscription."""
_TIMESPAN = re.compile(r"(\d+\.)?([01]\d|2[0-3]):[0-5]\d:[0-5]\d", re.ASCII)
_HERE = ("Projects", "ProjectGroups", "Environments", "EventCategories", "Tenants")
_NOT_HERE = ("Users", "EventGroups", "EventAgents", "Tags", "DocumentTypes")
_FILTERS = (*_HERE, *_NOT_HERE)
_DEFAULTS: Document = {
    "EmailTeams": [],
    "EmailFrequencyPeriod": "01:00:00",
    "EmailPriority": "Normal",
    "EmailDigestLastProcessed": None,
    "EmailDigestLastProcessedEventAutoId": None,
    "EmailShowDatesInTimeZoneId": "UTC",
    "WebhookURI": None,
    "WebhookTeams": [],
    "WebhookTimeout": "00:00:10",
    "WebhookHeaderKey": None,
    "WebhookHeaderValue": None,
    "WebhookLastProcessed": None,
    "WebhookLastProcessedEventAutoId": None,
}


def require(visit: SpaceVisit, permission: str) -> None:
    """Raise Forbidden for a restricted user, to view as well: a subscription holds a secret."""
    if visit.user.is_restricted:
        raise Forbidden(permission)


def find_all(visit: SpaceVisit, partial_name: str, chosen: list[str] | None) -> list[sqlite3.Row]:
    """The subscriptions of the space, by name, of those with this in their name and these ids."""
    sql = (
        "SELECT * FROM subscriptions WHERE space_id = ? "
        "AND instr(casefold(name), casefold(?)) > 0 ORDER BY name COLLATE NOCASE, id"
    )
    rows = visit.connection.execute(sql, (visit.space_id, partial_name)).fetchall()
    wanted = None if chosen is None else ids.numbers("Subscriptions", chosen)
    return [row for row in rows if wanted is None or row["id"] in wanted]


def find(visit: SpaceVisit, subscription_id: str) -> sqlite3.Row:
    """One subscription. Raises Missing."""
    return visit.row("subscriptions", "Subscriptions", subscription_id)


def resource(visit: SpaceVisit, row: sqlite3.Row) -> Document:
    """The subscription as Octopus shows it."""
    own = f"Subscriptions-{row['id']}"
    document = json.loads(row["document"])
    event = document[EVENT]
    chosen = {key: [] for key in _FILTERS} | (event.get("Filter") or {})
    return {
        **document,
        "Id": own,
        "SpaceId": f"Spaces-{visit.space_id}",
        EVENT: _DEFAULTS | event | {"Filter": chosen},
        "Links": {"Self": f"{visit.base}/subscriptions/{own}"},
    }


def save(visit: SpaceVisit, document: Document, row: sqlite3.Row | None = None) -> sqlite3.Row:
    """Keep a new subscription, or put it in the place of ``row``.

    Raises Problem with everything wrong in it, or Conflict when the name is taken.
    """
    number = None if row is None else row["id"]
    if errors := _errors(visit, document, number):
        raise Problem(*errors)
    kept = {"Type": "Event", "IsDisabled": False, **document}
    try:
        with transaction(visit.connection):
            saved = visit.connection.execute(
                "INSERT INTO subscriptions (id, space_id, name, document) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET name = excluded.name, document = excluded.document "
                "RETURNING *",
                (number, visit.space_id, document["Name"], json.dumps(kept)),
            ).fetchone()
    except sqlite3.IntegrityError:
        raise Conflict(
            f"A subscription with the name '{document['Name']}' already exists. "
            "Please use a different name."
        ) from None
    found: sqlite3.Row = saved
    return found


def delete(visit: SpaceVisit, row: sqlite3.Row) -> None:
    """Remove a subscription; its id is never given again."""
    with transaction(visit.connection):
        visit.connection.execute("DELETE FROM subscriptions WHERE id = ?", (row["id"],))


def _errors(visit: SpaceVisit, document: Document, number: int | None) -> list[str]:
    errors = own_errors("SpaceId", "the space", document, f"Spaces-{visit.space_id}")
    if number is not None:
        errors += own_errors("Id", "the subscription", document, f"Subscriptions-{number}")
    name = document.get("Name")
    if not isinstance(name, str) or not name.strip():
        errors.append("Please provide a value for the Name.")
    elif len(name) > LONGEST_NAME:
        errors.append(f"The Name may not be longer than {LONGEST_NAME} characters.")
    if document.get("Type", "Event") != "Event":
        errors.append(f"The Type '{document['Type']}' must be Event.")
    if not isinstance(document.get("IsDisabled", False), bool):
        errors.append("The IsDisabled must be true or false.")
    event = document.get(EVENT)
    if not isinstance(event, dict):
        return [*errors, f"The {EVENT} field is required."]
    return [*errors, *_webhook_errors(event), *_filter_errors(event)]


def _webhook_errors(event: Document) -> list[str]:
    errors = [
        f"The {key} must be a text."
        for key in ("WebhookHeaderKey", "WebhookHeaderValue")
        if not isinstance(event.get(key), str | None)
    ]
    where = event.get("WebhookURI")
    if not (where is None or where == "" or _is_web(where)):
        errors.append(f"The WebhookURI '{where}' is not an absolute http or https URI.")
    timeout = event.get("WebhookTimeout", "00:00:10")
    if not isinstance(timeout, str) or not _TIMESPAN.fullmatch(timeout):
        errors.append(f"The WebhookTimeout '{timeout}' is not a time span such as 00:00:10.")
    return errors


def _is_web(where: Any) -> bool:
    try:
        parts = urlsplit(where) if isinstance(where, str) else None
    except ValueError:
        return False
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)


def _filter_errors(event: Document) -> list[str]:
    """What is no filter, and what this server cannot filter by and would leave out in silence."""
    chosen = event.get("Filter")
    if chosen is None:
        chosen = {}
    if not isinstance(chosen, dict):
        return ["The Filter must be an object."]
    lists = [(f"Filter.{key}", chosen.get(key, [])) for key in _FILTERS]
    lists += [(key, event.get(key, [])) for key in ("WebhookTeams", "EmailTeams")]
    if wrong := [key for key, value in lists if not _is_texts(value)]:
        return [f"The {key} must be an array of texts." for key in wrong]
    unknown = [key for key in _NOT_HERE if chosen.get(key)]
    return [f"The Filter.{key} is none that this server can filter by." for key in unknown]


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
