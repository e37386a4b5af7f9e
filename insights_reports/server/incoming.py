"""Someone's deployments in a file: Octopus's CSV download, our own export, or the API's JSON.

CSV columns are found by name, in any order and with others between them
(https://octopus.com/docs/insights/csv-download). Instants without a zone are UTC.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import orjson

from insights_reports.errors import UsageError
from insights_reports.server.ticks import TICKS_PER_SECOND, parse_duration, parse_instant

STATES = ("Success", "Failed", "Canceled", "TimedOut")
_DAY = 86_400 * TICKS_PER_SECOND
_YEAR = 365 * _DAY
_DAYS = re.compile(r"(-?)(\d+)\.(\d\d:\d\d:\d\d(?:\.\d+)?)", re.ASCII)  # .NET prints days apart
# Our export puts an apostrophe before a text that a spreadsheet would take for a formula.
_GUARDED = re.compile(r"'(?=\s*[=+\-@＝＋－＠]|[\t\r\n\x00])")
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
_MEASURES = ("Lead Time", "Since Previous Successful", "Time to Recovery")
_REQUIRED = ("Project", "Release", "Channel", "Completed", "Environment", "State",
             "Had Guided Failure", *_MEASURES, "Deployments Until Recovery")  # fmt: skip
_TEXTS = ("Deployment", "Tenant", "Lead Time Calculated From", "Previous Successful",
          "Recovery From", "Recovery From Version")  # fmt: skip
# The same columns in the API's JSON: of a stream, and of a deployment.
_OF_STREAM = {
    "Project": "ProjectName",
    "Channel": "ChannelName",
    "Environment": "EnvironmentName",
    "Tenant": "TenantName",
}
_OF_DEPLOYMENT = {
    "Deployment": "Id",
    "Release": "ReleaseVersion",
    "Completed": "CompletedTime",
    "State": "TaskState",
    "Had Guided Failure": "HadGuidedFailure",
    "Lead Time": "LeadTime",
    "Lead Time Calculated From": "LeadTimeCalculatedFromVersion",
    "Since Previous Successful": "TimeSincePreviouslySuccessfulDeployment",
    "Previous Successful": "PreviousSuccessfulDeploymentId",
    "Time to Recovery": "TimeToRecovery",
    "Deployments Until Recovery": "DeploymentsUntilRecovery",
    "Recovery From": "RecoveredFromFailedDeploymentId",
    "Recovery From Version": "RecoveredFromFailedReleaseVersion",
}


@dataclass(frozen=True, slots=True)
class Incoming:
    """One deployment as the file states it. Durations and the instant are ticks; None: not stated.

    `place` says where in the file it stands.
    """

    place: str
    deployment: str | None
    project: str
    channel: str
    environment: str
    tenant: str | None
    release: str
    completed: int
    state: str
    guided: bool
    lead_time: int | None
    lead_from: str | None
    since_previous: int | None
    previous: str | None
    recovery: int | None
    attempts: int | None
    recovered: str | None
    recovered_release: str | None


def read(path: Path) -> list[Incoming]:
    """Every deployment in the file. Raises UsageError that names place, column and value."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            "This file is not UTF-8 text.",
            f"File: {path}, byte {error.start}",
            "Save it as CSV in UTF-8.",
        ) from None
    cells = _json(path, text) if text.lstrip().startswith("{") else _csv(path, text)
    rows = [_incoming(path, place, row) for place, row in cells]
    if not rows:
        raise UsageError(
            "There is no deployment in this file.", f"File: {path}", "Nothing was written."
        )
    return rows


def _csv(path: Path, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, {column: text, None where empty}) of each row."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        known = {name.casefold(): name for name in (*_REQUIRED, *_TEXTS)}
        columns = [known.get(name.casefold()) for name in header]
        _check_header(path, columns)
        for values in reader:
            place = f"line {reader.line_num}"
            if not values:
                continue
            if len(values) != len(header):
                _refuse(path, place, "columns", str(len(values)), f"{len(header)} as in line 1")
            pairs = zip(columns, values, strict=True)
            yield place, {name: _cell(value) for name, value in pairs if name}
    except csv.Error as error:
        _refuse(path, f"line {reader.line_num}", "the line", str(error), "CSV with commas")


def _check_header(path: Path, columns: list[str | None]) -> None:
    missing = [name for name in _REQUIRED if name not in columns]
    twice = [name for name in {*columns} if name and columns.count(name) > 1]
    if missing or twice:
        which = f"missing: {', '.join(missing)}" if missing else f"twice: {', '.join(twice)}"
        raise UsageError(
            "The first line does not name the columns of Octopus's CSV download.",
            f"File: {path}, line 1, {which}",
            "Import Octopus's CSV download, `deployments -o FILE.csv`, or the API's JSON.",
        )


def _cell(value: str) -> str | None:
    return _GUARDED.sub("", value, count=1) if _GUARDED.match(value) else value or None


def _json(path: Path, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same from the reply of /deployments."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        _refuse(path, f"line {error.lineno}", "the text", error.msg, "JSON")
    for n, stream in enumerate(_objects(path, document, "Streams", "")):
        place = f"Streams[{n}]"
        # A name that was hidden from whoever exported the file is shown by its id.
        shared = {name: _name(stream, field) for name, field in _OF_STREAM.items()}
        for m, each in enumerate(_objects(path, stream, "Deployments", place)):
            own = {name: each.get(field) for name, field in _OF_DEPLOYMENT.items()}
            yield f"{place}.Deployments[{m}]", shared | own


def _objects(path: Path, document: dict[str, Any], field: str, place: str) -> list[dict[str, Any]]:
    found = document.get(field)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        _refuse(path, place or "the document", field, _short(found), "a list of objects")
    return found


def _name(stream: dict[str, Any], field: str) -> Any:
    id_ = stream.get(field.replace("Name", "Id"))
    name = stream.get(field)
    return f"Restricted ({id_})" if name is None and id_ is not None else name


def _incoming(path: Path, place: str, row: dict[str, Any]) -> Incoming:
    def value(name: str, convert: Callable[[Any], Any], wanted: str) -> Any:
        try:
            return convert(row.get(name))
        except (ValueError, KeyError, OverflowError, TypeError, AttributeError):
            _refuse(path, place, name, _short(row.get(name)), wanted)

    texts = {name: value(name, _optional_text, "a text") for name in _TEXTS}
    durations = {name: value(name, _duration, "a duration such as 1:12:39.4") for name in _MEASURES}
    return Incoming(
        place=place,
        deployment=texts["Deployment"],
        project=value("Project", _text, "a name"),
        channel=value("Channel", _text, "a name"),
        environment=value("Environment", _text, "a name"),
        tenant=texts["Tenant"],
        release=value("Release", _text, "a version"),
        completed=value("Completed", _instant, "a time such as 2026-08-18T14:28:15Z"),
        state=value("State", _state, "one of " + ", ".join(STATES)),
        guided=value("Had Guided Failure", _truth, "true or false"),
        lead_time=durations["Lead Time"],
        lead_from=texts["Lead Time Calculated From"],
        since_previous=durations["Since Previous Successful"],
        previous=texts["Previous Successful"],
        recovery=durations["Time to Recovery"],
        attempts=value("Deployments Until Recovery", _count, "a whole number"),
        recovered=texts["Recovery From"],
        recovered_release=texts["Recovery From Version"],
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _state(value: Any) -> str:
    return {state.casefold(): state for state in STATES}.get(_text(value).casefold()) or _text("")


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return _TRUTHS[_text(value).casefold()]


def _instant(value: Any) -> int:
    ticks = parse_instant(value)
    if not 0 <= ticks < 300 * _YEAR:  # Octopus writes the year 1 where it has no time
        raise ValueError
    return ticks


def _duration(value: Any) -> int | None:
    if value is None:
        return None
    days = _DAYS.fullmatch(value.strip())
    ticks = parse_duration(days[1] + days[3]) if days else parse_duration(value)
    if days:
        ticks += int(days[1] + days[2]) * _DAY
    if abs(ticks) > 50 * _YEAR:
        raise ValueError
    return ticks


def _count(value: Any) -> int | None:
    if value is None:
        return None
    number = float(value)
    if not number.is_integer() or not 0 <= number < 2**31 or isinstance(value, bool):
        raise ValueError
    return int(number)


def _refuse(path: Path, place: str, column: str, value: str, wanted: str) -> NoReturn:
    raise UsageError(
        "This file cannot be imported.",
        f"File: {path}, {place}, {column}: {value}",
        f"Expected {wanted}. Nothing was written.",
    )


def _short(value: Any) -> str:
    text = ascii(value) if value is not None else "(empty)"
    return text if len(text) <= 80 else f"{text[:79]}…"
