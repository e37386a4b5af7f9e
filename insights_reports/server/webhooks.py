"""Calling the webhooks of subscriptions, as Octopus does
(https://octopus.com/docs/administration/managing-infrastructure/subscriptions).

A thread looks every few seconds at what has happened since it looked last, and posts each event to
each subscription that wants it. A call that fails is made three times. What happens while the
server is stopped is not told.
"""

import json
import re
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import uuid4

import requests

from insights_reports.server import subscriptions
from insights_reports.server.access import Site, SpaceVisit, User
from insights_reports.server.database import connect
from insights_reports.server.events import EVENTS
from insights_reports.server.ticks import from_datetime, print_ordinary_instant

_LOOK = 3.0  # seconds between two looks; Octopus takes 30
_WAITS = (1.0, 5.0)  # seconds before the second and the third call
_COLUMNS = {"Projects": "project_id", "Environments": "environment_id", "Tenants": "tenant_id"}
_SQL = (
    "SELECT e.*, p.project_group_id FROM {source} e JOIN projects p ON p.id = e.project_id "
    "WHERE e.space_id = ? AND e.occurred > ? AND e.occurred <= ? ORDER BY e.occurred, e.id"
)
Event = dict[str, Any]


@contextmanager
def webhooks_called(site: Site) -> Iterator[None]:
    """Call them while the block runs."""
    stopping = threading.Event()
    thread = threading.Thread(target=_keep_calling, args=(site, stopping), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()


def _keep_calling(site: Site, stopping: threading.Event) -> None:
    last = from_datetime(site.clock())
    while not stopping.wait(_LOOK):
        now = from_datetime(site.clock())
        try:
            for subscription, happened in _to_tell(site, last, now):
                _tell(subscription, happened, print_ordinary_instant(now), stopping)
        except sqlite3.Error as error:
            _say(f"what happened cannot be told to webhooks: {error}")
        last = max(last, now)


def _to_tell(site: Site, after: int, until: int) -> Iterator[tuple[Event, list[Event]]]:
    """Each subscription with a webhook, and the events that it wants of those in between."""
    with closing(connect(site.data)) as connection:
        for (space,) in connection.execute("SELECT id FROM spaces").fetchall():
            visit = SpaceVisit(site, connection, User(1, False), until, space)
            wanting = [found for found in _subscribed(visit) if _webhook(found)["WebhookURI"]]
            if wanting:
                rows = connection.execute(
                    _SQL.format(source=EVENTS.source), (space, after, until)
                ).fetchall()
                for found in wanting:
                    yield found, [EVENTS.make(visit, row) for row in rows if _wants(found, row)]


def _subscribed(visit: SpaceVisit) -> Iterator[Event]:
    for row in subscriptions.find_all(visit, "", None):
        found = subscriptions.resource(visit, row)
        if not found["IsDisabled"]:
            yield found


def _webhook(subscription: Event) -> Event:
    found: Event = subscription[subscriptions.EVENT]
    return found


def _wants(subscription: Event, row: sqlite3.Row) -> bool:
    """Each filter that names anything must name what the event has."""
    has = {name: f"{name}-{row[column]}" for name, column in _COLUMNS.items()}
    has["ProjectGroups"] = f"ProjectGroups-{row['project_group_id']}"
    has["EventCategories"] = row["category"]
    filters = _webhook(subscription)["Filter"]
    return all(has[name] in wanted for name, wanted in filters.items() if wanted and name in has)


def _tell(subscription: Event, happened: list[Event], at: str, stopping: threading.Event) -> None:
    batch = str(uuid4())
    for number, event in enumerate(happened, 1):
        payload = {
            "ServerUri": None,  # as long as Octopus is not told its public address
            "ServerAuditUri": None,
            "Subscription": subscription,
            "Event": event,
            "BatchProcessingDate": at,
            "BatchId": batch,
            "TotalEventsInBatch": len(happened),
            "EventNumberInBatch": number,
        }
        body = {"Timestamp": at, "EventType": "SubscriptionPayload", "Payload": payload}
        problem = _post(_webhook(subscription), body)
        for wait in _WAITS:
            if not problem or stopping.wait(wait):
                break
            problem = _post(_webhook(subscription), body)
        if problem:
            what = f"subscription {subscription['Name']!r} could not be told of {event['Id']}"
            _say(f"{what}: {problem}")


def _post(webhook: Event, body: Event) -> str:
    """Post it once; what was wrong, or "". A redirect is wrong: the secret is for one host."""
    headers = {"Content-Type": "application/json"}
    if webhook["WebhookHeaderKey"]:
        headers[webhook["WebhookHeaderKey"]] = webhook["WebhookHeaderValue"] or ""
    with requests.Session() as session:
        session.trust_env = False  # no proxy, and no password of a .netrc
        try:
            reply = session.post(
                webhook["WebhookURI"],
                json.dumps(body).encode(),
                headers=headers,
                timeout=_seconds(webhook["WebhookTimeout"]),
                allow_redirects=False,
            )
        except (requests.RequestException, ValueError) as error:
            return type(error).__name__
    return "" if reply.status_code < 300 else f"it answered {reply.status_code}"


def _seconds(span: str) -> float:
    days, hours, minutes, seconds = map(int, re.findall(r"\d+", f"0.{span}")[-4:])
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
