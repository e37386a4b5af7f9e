"""Octopus's CSV download, which has names instead of ids.

Columns are found by their titles, in any order, since "columns and order may change"
(https://octopus.com/docs/insights/csv-download). The names of projects, environments and tenants
become ids where the server knows exactly one thing of the name; otherwise a name is its own id.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from insights_reports.errors import BadReply
from insights_reports.octopus.client import Client
from insights_reports.octopus.deployments.export import FORMULA
from insights_reports.octopus.sources.tables import Drawn, Note, assemble
from insights_reports.spelling.columns import parse_durations, parse_instants
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
_KINDS = {"project": "projects", "environment": "environments", "tenant": "tenants"}
_RESTRICTED = re.compile(r"Restricted \(([A-Za-z]+-[0-9]+)\)")  # as our own export has it
_YES, _NO = {"true", "yes"}, {"false", "no"}

Cells = pd.DataFrame


def read_csv(client: Client, path: Path) -> Drawn:
    """The deployments of a CSV file, and which of Octopus's columns it lacks.

    Raises:
        BadReply: when a needed column is missing, or a cell cannot be read.
        ValueError: when it is no CSV in UTF-8.
        OSError: when the file cannot be opened.
    """
    cells = _cells(path)
    columns: dict[str, Any] = {name: _text(cells, title) for name, title in _TEXTS.items()}
    for thing, title in _THINGS.items():
        columns |= _thing(client, thing, _text(cells, title))
    for name, title in _DURATIONS.items():
        ticks = parse_durations(pa.array(_text(cells, title), pa.string()))
        columns[name] = np.where(ticks == NULL, NULL, ticks * 100).view("m8[ns]")
    instants = parse_instants(pa.array(_text(cells, _COMPLETED), pa.string()))
    columns["completed"] = pd.DatetimeIndex(instants.view("M8[ns]"), tz="UTC")
    columns["had_guided_failure"] = _booleans(cells)
    columns["deployments_until_recovery"] = _numbers(cells)
    table = assemble(pd.DataFrame(columns))
    return Drawn(table, tuple(_notes(cells, table)))


def _notes(cells: Cells, table: pd.DataFrame) -> list[Note]:
    lacking = [title for title in _TITLES if title not in cells]
    unknown = {*table["project_id"].dropna()} - {*filter(_is_id, table["project_id"].dropna())}
    notes = [Note("source_csv_columns", {"name": ", ".join(lacking)})] if lacking else []
    if unknown:
        notes.append(Note("source_csv_names", {"n": len(unknown)}))
    return notes


def _is_id(text: str) -> bool:
    return re.fullmatch(r"Projects-[0-9]+", text) is not None


def _cells(path: Path) -> Cells:
    """All cells as text, None where empty, under Octopus's titles."""
    cells = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    titles = {title.casefold(): title for title in _TITLES}
    spelled = [titles.get(str(name).strip().casefold(), str(name)) for name in cells.columns]
    cells.columns = pd.Index(spelled)
    missing = [title for title in _NEEDED if title not in spelled]
    if missing or len(set(spelled)) < len(spelled):
        raise BadReply(
            "It does not have the columns of Octopus's CSV download.",
            f"Missing: {', '.join(missing)}" if missing else "A column stands there twice.",
        )
    for title in _NEEDED:
        if (cells[title] == "").any():
            row = int(np.flatnonzero(cells[title] == "")[0]) + 2
            raise BadReply("A deployment lacks what is needed to count it.", f"{title}, row {row}")
    return cells.astype(object).where(cells != "", None)


def _text(cells: Cells, title: str) -> list[str | None]:
    """A column cleaned, without the apostrophe that our export puts before a formula."""
    if title not in cells:
        return [None] * len(cells)
    texts = pa.array(cells[title].tolist(), pa.string())
    quoted = pc.match_substring_regex(texts, "^'" + FORMULA.removeprefix("^"))
    plain = pc.if_else(quoted, pc.utf8_slice_codeunits(texts, 1), texts)
    return [text and clean_text(text) for text in plain.to_pylist()]


def _thing(client: Client, thing: str, cells: list[str | None]) -> dict[str, list[str | None]]:
    """The ids and the names in a column; a restricted name is null, its id known."""
    ids: dict[str, str] = {}
    for text in dict.fromkeys(filter(None, cells)):
        restricted = _RESTRICTED.fullmatch(text)
        ids[text] = restricted[1] if restricted else text
    names: dict[str | None, str | None] = {text: text for text in ids if ids[text] == text}
    if thing in _KINDS:
        found = client.ids_by_name(_KINDS[thing], [name for name in names if name])
        ids |= {name: matches[0] for name, matches in found.items() if len(matches) == 1}
    return {
        f"{thing}_id": [text and ids[text] for text in cells],
        f"{thing}_name": [names.get(text) for text in cells],
    }


def _booleans(cells: Cells) -> npt.NDArray[np.bool_]:
    texts = [(text or "false").strip().casefold() for text in _text(cells, _GUIDED)]
    for row, text in enumerate(texts):
        if text not in _YES | _NO:
            raise BadReply("A cell is neither true nor false.", f"{_GUIDED}, row {row + 2}")
    return np.array([text in _YES for text in texts], dtype=bool)


def _numbers(cells: Cells) -> npt.NDArray[np.float64]:
    values = np.full(len(cells), np.nan)
    for row, text in enumerate(_text(cells, _UNTIL)):
        if text is None:
            continue
        if not re.fullmatch(r"[0-9]{1,9}(\.0+)?", text.strip()):
            raise BadReply("A cell is no number.", f"{_UNTIL}, row {row + 2}")
        values[row] = float(text)
    return values
