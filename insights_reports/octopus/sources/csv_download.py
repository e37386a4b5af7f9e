"""Octopus's CSV download, which has names instead of ids.

Columns are found by their titles, in any order, since "columns and order may change"
(https://octopus.com/docs/insights/csv-download). The names of projects, environments and tenants
become ids where the server knows exactly one thing of the name; otherwise a name is its own id.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from insights_reports.errors import BadReply, OctopusError
from insights_reports.octopus.client import Client
from insights_reports.octopus.deployments.export import FORMULA
from insights_reports.octopus.deployments.streams import DUPLICATE, IDS, categorical
from insights_reports.octopus.resources import Named
from insights_reports.octopus.sources.csv_cells import CsvRow, read_rows
from insights_reports.octopus.sources.csv_values import (
    CsvColumn,
    booleans,
    counts,
    durations,
    instants,
)
from insights_reports.octopus.sources.lists import Lists
from insights_reports.octopus.sources.tables import Drawn, SourceNote, assemble
from insights_reports.spelling.terms import NULL
from insights_reports.spelling.text import clean_text

_TEXTS = {
    "deployment_id": "Deployment",
    "release_version": "Release",
    "task_state": "State",
    "lead_time_from_version": "Lead Time Calculated From",
    "previous_successful_id": "Previous Successful",
    "recovered_from_id": "Recovery From",
    "recovered_from_version": "Recovery From Version",
}
_DURATIONS = {
    "lead_time": "Lead Time",
    "time_since_previous": "Since Previous Successful",
    "time_to_recovery": "Time to Recovery",
}
_THINGS = {
    "project": "Project",
    "channel": "Channel",
    "environment": "Environment",
    "tenant": "Tenant",
}
_COMPLETED, _GUIDED, _UNTIL = "Completed", "Had Guided Failure", "Deployments Until Recovery"
_NEEDED = ("Deployment", "Project", "Channel", "Environment", "Completed", "State")
_TITLES = (*_TEXTS.values(), *_DURATIONS.values(), *_THINGS.values(), _COMPLETED, _GUIDED, _UNTIL)
_LISTS: dict[str, Callable[[Lists], Mapping[str, Named]]] = {
    "project": lambda lists: lists.every_project,
    "environment": lambda lists: lists.every_environment,
    "tenant": lambda lists: lists.every_tenant,
}
_RESTRICTED = re.compile(r"Restricted \(([A-Za-z]+-[0-9]+)\)")  # as our own export has it
_QUOTED = re.compile("'" + FORMULA.removeprefix("^").replace(r"\pZ", "\u00a0\u2000-\u200a\u3000"))
_AT_ONCE = 50_000  # rows that are Python objects at a time


def read_csv(client: Client, path: Path) -> Drawn:
    """The deployments of a CSV file, and which of Octopus's columns it lacks.

    Raises:
        BadReply: when a needed column is missing, a row is cut or a cell cannot be read; names the
            line.
        ValueError: when it is no text.
        OSError: when the file cannot be opened.
    """
    rows = read_rows(path)
    titles = _titles(next(rows, None))
    parts = _Parts()
    parts.add(titles, [])  # so that every column is there, also of a file without a row
    while block := list(islice(rows, _AT_ONCE)):
        parts.add(titles, block)
    columns = parts.columns()
    duplicate = columns["deployment_id"].duplicated()
    twice = tuple(columns["deployment_id"][duplicate])
    if twice:
        columns = columns[~duplicate].reset_index(drop=True)
    things = _ids(client, columns)
    table = assemble(columns.drop(columns=list(_THINGS)).assign(**things))
    notes = tuple(_notes(titles, table, parts.without_zone))
    return Drawn(table, notes, dropped={DUPLICATE: twice} if twice else {})


def _notes(
    titles: Mapping[str, int], table: pd.DataFrame, without_zone: int
) -> Iterator[SourceNote]:
    lacking = [title for title in _TITLES if title not in titles]
    if lacking:
        yield SourceNote("source_csv_columns", {"name": ", ".join(lacking)})
    unknown = sum(not _is_id(each) for each in table["project_id"].dropna().unique())
    if unknown:
        yield SourceNote("source_csv_names", {"n": unknown})
    if without_zone:
        yield SourceNote("source_csv_utc", {"n": without_zone})


def _is_id(text: str) -> bool:
    return re.fullmatch(r"Projects-[0-9]+", text) is not None


def _titles(first: CsvRow | None) -> dict[str, int]:
    """The place of each of Octopus's titles."""
    known = {title.casefold(): title for title in _TITLES}
    spelled = [known.get(cell.strip().casefold()) for cell in (first.cells if first else [])]
    found = {title: place for place, title in enumerate(spelled) if title}
    missing = [title for title in _NEEDED if title not in found]
    if missing or len(found) < sum(title is not None for title in spelled):
        raise BadReply(
            "It does not have the columns of Octopus's CSV download.",
            f"Missing: {', '.join(missing)}" if missing else "A column stands there twice.",
        )
    return found


@dataclass
class _Parts:
    """The columns of the rows so far, as arrays; nothing else of them is kept."""

    found: dict[str, list[Any]] = field(default_factory=dict)
    without_zone: int = 0

    def add(self, titles: Mapping[str, int], block: list[CsvRow]) -> None:
        lines = [row.line for row in block]

        def column(title: str) -> CsvColumn:
            place = titles.get(title)
            texts = [None if place is None else _text(row.cells[place]) for row in block]
            if title in _NEEDED and None in texts:
                row = texts.index(None)
                where = f"{title}, row {lines[row]}"
                raise BadReply("A deployment lacks what is needed to count it.", where)
            return CsvColumn(title, texts, lines)

        completed, without_zone = instants(column(_COMPLETED))
        self.without_zone += without_zone
        values: dict[str, Any] = {"completed": completed}
        values["had_guided_failure"] = booleans(column(_GUIDED))
        values["deployments_until_recovery"] = counts(column(_UNTIL))
        values |= {name: durations(column(title)) for name, title in _DURATIONS.items()}
        texts = _TEXTS | _THINGS
        for name, title in texts.items():
            array = pa.array(column(title).texts, pa.string())
            values[name] = array if name in IDS else array.dictionary_encode()
        for name, part in values.items():
            self.found.setdefault(name, []).append(part)

    def columns(self) -> pd.DataFrame:
        made: dict[str, Any] = {}
        for name, parts in self.found.items():
            if name in IDS:
                made[name] = pd.array(pa.chunked_array(parts), dtype="string[pyarrow]")
            elif isinstance(parts[0], pa.Array):
                made[name] = categorical(pa.chunked_array(parts))
            else:
                made[name] = np.concatenate(parts)
        for name in _DURATIONS:
            made[name] = np.where(made[name] == NULL, NULL, made[name] * 100).view("m8[ns]")
        made["completed"] = pd.DatetimeIndex(made["completed"].view("M8[ns]"), tz="UTC")
        return pd.DataFrame(made, copy=False)


def _text(cell: str) -> str | None:
    """A cell cleaned, without the apostrophe that our export puts before a formula."""
    return clean_text(cell[1:] if cell[:1] == "'" and _QUOTED.match(cell) else cell) or None


def _ids(client: Client, columns: pd.DataFrame) -> dict[str, Any]:
    """The ids and the names of the things that the file names."""
    lists = Lists(client)
    found: dict[str, Any] = {}
    for thing in _THINGS:
        texts = columns[thing]
        ids, names = _known(lists, thing, list(texts.cat.categories))
        found[f"{thing}_id"] = texts.map(ids).astype(object).astype("category")
        found[f"{thing}_name"] = texts.map(names).astype(object).astype("category")
    return found


def _known(
    lists: Lists, thing: str, texts: list[str]
) -> tuple[dict[str, str], dict[str, str | None]]:
    """The id and the name that stand behind each text; a restricted name is None, its id known."""
    restricted = {text: match[1] for text in texts if (match := _RESTRICTED.fullmatch(text))}
    named = _by_name(lists, thing)
    ids = {text: restricted.get(text) or named.get(text, text) for text in texts}
    return ids, {text: None if text in restricted else text for text in texts}


def _by_name(lists: Lists, thing: str) -> dict[str, str]:
    """The ids of the names that exactly one thing has; none where this account may not look."""
    try:
        every = _LISTS[thing](lists) if thing in _LISTS else {}
    except OctopusError as error:
        if error.status not in (403, 404):
            raise
        return {}
    by_name: dict[str, list[str]] = {}
    for id, one in every.items():
        by_name.setdefault(one.Name, []).append(id)
    return {name: ids[0] for name, ids in by_name.items() if len(ids) == 1}
