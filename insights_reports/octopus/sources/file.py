"""From a file: Octopus's CSV download, or our own export as JSON, CSV or Parquet.

A file is taken as it is: which channels, environments and tenants are in it was decided when it
was made.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from insights_reports.errors import BadReply, UsageError
from insights_reports.octopus.client import Client
from insights_reports.octopus.deployments.streams import COLUMNS, DURATIONS, read_deployments
from insights_reports.octopus.sources.csv_download import read_csv
from insights_reports.octopus.sources.tables import CoveredTime, Drawn, SourceNote
from insights_reports.spelling.text import clean_text


def draw(client: Client, path: Path, window: CoveredTime) -> Drawn:
    """The deployments in a file; ``client`` finds the ids of the names in a CSV file.

    Raises:
        UsageError: when the file cannot be opened or has another extension.
        BadReply: when it cannot be understood; names what in it cannot.
    """
    if path.suffix not in _READERS:
        raise UsageError(
            "There is no reader for such a file.",
            f"file: {path}",
            f"Give a file with one of the extensions {', '.join(_READERS)}.",
        )
    try:
        found = _READERS[path.suffix](client, path)
    except OSError as error:
        raise UsageError(
            "The file of deployments cannot be opened.",
            f"file: {path}: {error.strerror or error}",
            "Correct the subscription's `file:`.",
        ) from None
    except (BadReply, ValueError) as error:
        said = " ".join(str(error).splitlines())
        raise BadReply(
            "The file of deployments cannot be understood.",
            f"file: {path}: {clean_text(said)[:300]}",
            "Give Octopus's CSV download, or what `insights-reports deployments` wrote.",
        ) from None
    return _bounded(found, path, window)


def _bounded(found: Drawn, path: Path, window: CoveredTime) -> Drawn:
    """The deployments of the window, and the days between which the file has any."""
    table = window.of(found.table)
    days = found.table["completed"].dt.tz_convert(window.zone)
    if not len(days):
        return Drawn(table, (*found.notes, SourceNote("source_file_empty", {"name": path.name})))
    until = days.max().date()
    last = SourceNote("source_file", {"name": path.name, "day": until.isoformat()})
    first = days.min().date()
    return Drawn(
        table,
        (last, *found.notes),
        known_from=first if first > window.first_day else None,
        known_until=until,
        dropped=found.dropped,
    )


def _json(client: Client, path: Path) -> Drawn:
    try:
        with path.open("rb") as file:
            found = read_deployments(file)
    except BadReply as error:
        raise BadReply("It is no JSON of deployments or is cut short.", error.which) from None
    return Drawn(found.table, dropped=found.dropped)


def _parquet(client: Client, path: Path) -> Drawn:
    table = pd.read_parquet(path)
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise BadReply("It lacks columns.", ", ".join(missing))
    kinds = {
        "completed": isinstance(table["completed"].dtype, pd.DatetimeTZDtype),
        "had_guided_failure": table["had_guided_failure"].dtype == bool,
        **{name: np.issubdtype(table[name].to_numpy().dtype, "m8") for name in DURATIONS},
    }
    wrong = [name for name, right in kinds.items() if not right]
    if wrong:
        raise BadReply("It has columns of another type.", ", ".join(wrong))
    return Drawn(table[list(COLUMNS)])


_READERS: dict[str, Callable[[Client, Path], Drawn]] = {
    ".csv": read_csv,
    ".json": _json,
    ".parquet": _parquet,
}
