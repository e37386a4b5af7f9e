"""Deployments from another door than Insights reports (docs/sources.md).

What such a source gives is sealed as one reply in the API's form, under the name that the reply of
``/deployments`` has; the many documents it was derived from are not kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from insights_reports.edition.files import slug
from insights_reports.edition.values import Day, Name, Phrase
from insights_reports.errors import NotAvailable, NotFound, OctopusError, Refused, UsageError
from insights_reports.octopus import Client, Connection, to_api
from insights_reports.octopus.reports import problems
from insights_reports.octopus.resources import InsightsReport, read
from insights_reports.octopus.sources import Drawn, SourceName, SourceNote, draw
from insights_reports.pipeline.licence import is_not_licensed, lacks_insights, remedy
from insights_reports.pipeline.progress import Progress

OWN_ID = "configuration"
"""The id of a report that Octopus does not know: its definition stands in the configuration."""


def define(client: Client, report: str, definition: Mapping[str, Any] | None) -> InsightsReport:
    """The report's definition: the one given, in the API's spelling, or else Octopus's.

    Raises:
        UsageError: when the one given is none.
        OctopusError: when Octopus has none; where it offers no reports, the remedy says so.
    """
    if definition is not None:
        return _own(report, definition)
    try:
        return client.reports.get(report)
    except OctopusError as error:
        raise _retold(client, error) from None


def _retold(client: Client, error: OctopusError) -> OctopusError:
    """The error with a remedy that was tried, where Octopus does not offer Insights reports."""
    missing = isinstance(error, NotFound) and lacks_insights(client)
    if is_not_licensed(error) or missing:
        which = f"{error.which} (the licence of this server has no Insights)" if missing else ""
        return NotAvailable(
            "This server does not offer Insights reports: Octopus 2025.2 and Enterprise have them.",
            which or error.which,
            remedy(client),
            status=error.status,
        )
    if isinstance(error, Refused) and error.status == 403:
        wanted = "Give the account InsightsReportView, for which Octopus needs Enterprise; else"
        return Refused(error.what, error.which, f"{wanted} {remedy(client)}", status=403)
    return error


def _own(report: str, definition: Mapping[str, Any]) -> InsightsReport:
    value = {"Name": report, "SpaceId": "(any)", **definition, "Id": OWN_ID}
    found = problems(value)
    if found:
        raise UsageError(
            "The definition in the configuration is not valid.",
            f"{report}: {'; '.join(found)}",
            "Correct `definition:` of the subscription.",
        )
    return read(InsightsReport, value)


def draw_into(
    file: BinaryIO,
    connection: Connection,
    definition: InsightsReport,
    source: SourceName,
    *,
    as_of: datetime,
    path: Path | None,
    keep: Path,
    progress: Progress,
) -> dict[str, Any]:
    """Write the deployments of ``source`` into ``file``, in the form of the API's reply.

    Returns what is to be remembered of the source (JSON values): its notes, the first day it
    knows, the lists that changed while they were read, what it left out, what figures it states,
    and what was asked for all that (`Spent`).
    """
    with Client(connection) as client:
        own = keep / slug(f"{connection.url} {client.space.Id} {client.me().Id}")
        drawn = draw(
            client, definition, source, as_of=as_of, path=path, keep=own, progress=progress
        )
        moved, asked = sorted(client.moved), asdict(client.spent)
    file.writelines(to_api(drawn.table, definition.Name))
    return {"moved": moved, "asked": asked, **_remembered(drawn)}


def _remembered(drawn: Drawn) -> dict[str, Any]:
    known = drawn.known_from
    return {
        "notes": [[note.key, note.values] for note in drawn.notes],
        "knownFrom": known and known.isoformat(),
        "knownUntil": drawn.known_until and drawn.known_until.isoformat(),
        "dropped": {reason: list(ids) for reason, ids in drawn.dropped.items()},
        "stated": [asdict(one) for one in drawn.stated],
    }


def dropped(about: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The deployments that a source left out, by reason."""
    return {reason: tuple(ids) for reason, ids in about.get("dropped", {}).items()}


def gaps(about: Mapping[str, Any]) -> Iterator[Phrase]:
    """The phrases for what was remembered of a source."""
    for key, values in about["notes"]:
        note = SourceNote(key, values)
        yield Phrase(f"gap.{note.key}", {k: _value(k, v) for k, v in note.values.items()})


def known_from(about: Mapping[str, Any]) -> date | None:
    """The first local day from which on a source knows all deployments, when it said so."""
    first = about.get("knownFrom") or about.get("known_from")  # as version 0.1 wrote it
    return date.fromisoformat(first) if first else None


def known_until(about: Mapping[str, Any]) -> date | None:
    """The last local day that a source speaks of, when it may end too early."""
    return date.fromisoformat(about["knownUntil"]) if about.get("knownUntil") else None


def _value(name: str, value: int | str) -> int | Day | Name:
    if isinstance(value, int):
        return value
    return Day(date.fromisoformat(value)) if name == "day" else Name(value)
