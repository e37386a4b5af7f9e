"""The cells of someone's file of deployments, row by row, whichever kind of file it is.

CSV columns are found by name, in any order and with others between them
(https://octopus.com/docs/insights/csv-download). The file is read as it goes: nothing but the
current row is in memory.
"""

import csv
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from insights_reports.errors import UsageError
from insights_reports.server.incoming_text import (
    BOM,
    LONGEST_LINE,
    TooLong,
    lines,
    no_text,
    separator,
)
from insights_reports.server.json_reader import JsonReader, Malformed

REQUIRED = ("Project", "Release", "Channel", "Completed", "Environment", "State",
            "Had Guided Failure", "Lead Time", "Since Previous Successful", "Time to Recovery",
            "Deployments Until Recovery")  # fmt: skip
OPTIONAL = ("Deployment", "Tenant", "Lead Time Calculated From", "Previous Successful",
            "Recovery From", "Recovery From Version")  # fmt: skip
# The same columns in the API's JSON: of a stream, and of a deployment.
_OF_STREAM = {
    "Project": "ProjectName",
    "Channel": "ChannelName",
    "Environment": "EnvironmentName",
    "Tenant": "TenantName",
}
_HEAD = {*_OF_STREAM.values(), *(name.replace("Name", "Id") for name in _OF_STREAM.values())}
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
# Our export puts an apostrophe before a text that a spreadsheet would take for a formula.
_GUARDED = re.compile(r"'(?=\s*[=+\-@＝＋－＠]|[\t\r\n\x00])")
Row = tuple[str, dict[str, Any]]  # where it stands, and its cells; None where empty


def rows(path: Path, file: BinaryIO) -> Iterator[Row]:
    """Every row. Raises UsageError that names the line or the element."""
    is_json = file.read(1 << 12).removeprefix(BOM).lstrip().startswith(b"{")
    file.seek(0)
    yield from _Document(path, file).rows() if is_json else _csv(path, file)


def refuse(path: Path, place: str, column: str, value: str, wanted: str) -> NoReturn:
    """Say what is wrong, and where."""
    raise UsageError(
        "This file cannot be imported.",
        f"File: {path}, {place}, {column}: {value}",
        f"Expected {wanted}. Nothing was written.",
    )


def short(value: Any) -> str:
    """A value as a message shows it."""
    text = ascii(value) if value is not None else "(empty)"
    return text if len(text) <= 80 else f"{text[:79]}…"


def _csv(path: Path, file: BinaryIO) -> Iterator[Row]:
    text = _bounded(path, file)
    first = next(text, "")
    between = separator(first)
    reader = csv.reader(chain([first], text), delimiter=between, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        known = {name.casefold(): name for name in (*REQUIRED, *OPTIONAL)}
        columns = [known.get(name.casefold()) for name in header]
        _check_header(path, columns)
        for values in reader:
            place = f"line {reader.line_num}"
            if not values:
                continue
            if len(values) != len(header):
                refuse(path, place, "columns", str(len(values)), f"{len(header)} as in line 1")
            pairs = zip(columns, values, strict=True)
            yield place, {name: _cell(value) for name, value in pairs if name}
    except csv.Error as error:
        wanted = f"CSV with {between!r} between the cells"
        refuse(path, f"line {reader.line_num}", "the line", str(error), wanted)


def _bounded(path: Path, file: BinaryIO) -> Iterator[str]:
    try:
        yield from lines(path, file)
    except TooLong as error:
        refuse(path, f"line {error}", "length", f"over {LONGEST_LINE:,} characters", "CSV")


def _check_header(path: Path, columns: list[str | None]) -> None:
    missing = [name for name in REQUIRED if name not in columns]
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


class _Document:
    """The reply of /deployments, and the element that is being read."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._reader = JsonReader(file)
        self._place = "the document"

    def rows(self) -> Iterator[Row]:
        try:
            found = False
            for name in self._reader.members():
                if name != "Streams":
                    self._reader.value()
                    continue
                found = True
                for n in self._list(name):
                    yield from self._stream(f"Streams[{n}]")
            if not found:
                self._refuse("Streams", None, "a list of objects")
            self._reader.end()
        except Malformed as error:
            self._refuse("the text", error, "JSON")
        except UnicodeDecodeError as error:
            no_text(self._path, self._reader.line + error.object.count(b"\n", 0, error.start))

    def _stream(self, place: str) -> Iterator[Row]:
        """A stream's deployments, at once when its names stand before them, as Octopus has it."""
        head: dict[str, Any] = {}
        held: list[Row] = []
        found = False
        self._place = place
        for name in self._reader.members():
            if name != "Deployments":
                head[name] = self._reader.value()
                continue
            found = True
            deployments = self._deployments(place)
            if head.keys() >= _HEAD:
                yield from _named(head, deployments)
            else:
                held = list(deployments)
            self._place = place
        if not found:
            self._refuse("Deployments", None, "a list of objects")
        yield from _named(head, held)

    def _deployments(self, stream: str) -> Iterator[Row]:
        for n in self._list("Deployments"):
            self._place = place = f"{stream}.Deployments[{n}]"
            each = self._reader.value()
            yield place, {name: each.get(field) for name, field in _OF_DEPLOYMENT.items()}

    def _list(self, name: str) -> Iterator[int]:
        """The positions in the list that comes next, which has objects only."""
        if self._reader.peek() != "[":
            self._refuse(name, self._reader.value(), "a list of objects")
        for n in self._reader.elements():
            if self._reader.peek() != "{":
                self._refuse(f"{name}[{n}]", self._reader.value(), "an object")
            yield n

    def _refuse(self, column: str, value: object, wanted: str) -> NoReturn:
        place = f"line {self._reader.line}, {self._place}"
        said = str(value) if isinstance(value, Malformed) else short(value)
        refuse(self._path, place, column, said, wanted)


def _named(head: dict[str, Any], rows: Iterator[Row] | list[Row]) -> Iterator[Row]:
    """The rows with the names of their stream.

    A name that was hidden from whoever exported the file is shown by its id.
    """
    shared = {name: _name(head, field) for name, field in _OF_STREAM.items()}
    for place, own in rows:
        yield place, shared | own


def _name(head: dict[str, Any], field: str) -> Any:
    id_ = head.get(field.replace("Name", "Id"))
    name = head.get(field)
    return f"Restricted ({id_})" if name is None and id_ is not None else name
