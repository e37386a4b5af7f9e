"""Looking after a history: what outsiders see, what does not count any more, what is damaged."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from insights_reports.errors import HistoryError
from insights_reports.history.deployments import manifest as manifests
from insights_reports.history.deployments import parquet
from insights_reports.history.deployments.manifest import HistoryManifest
from insights_reports.history.deployments.schema import DATA
from insights_reports.history.deployments.storage import Storage
from insights_reports.whole import whole

_CURRENT = "current"


def show_current(store: Storage, manifest: HistoryManifest) -> None:
    """Make ``current/`` what the manifest names, for those who read the folder by a pattern."""
    for name, month in manifest.months.items():
        store.show(month.file, f"{_CURRENT}/{name}.parquet")
    for stored in list(store.list(_CURRENT)):
        if Path(stored.name).stem not in manifest.months:
            store.remove(stored.name)


def sweep(store: Storage, manifest: HistoryManifest, before: datetime) -> list[str]:
    """Remove the files that do not count and were written before an instant; their names.
    The folder is the history's alone."""
    counting = manifest.files | {f"{_CURRENT}/{name}.parquet" for name in manifest.months}
    counting.add(manifests.NAME)
    gone = [
        stored.name
        for stored in store.list("")
        if stored.name not in counting and stored.modified < before
    ]
    for name in gone:
        store.remove(name)
    return gone


def repair(store: Storage, now: datetime) -> list[str]:
    """Make ``current/`` anew and remove what no manifest names; the names of what was removed.

    Raises:
        HistoryError: when a file that counts is missing or damaged: nothing is removed then.
    """
    manifest, _ = manifests.fetch(store)
    _raise_first(verify(store))
    for stored in list(store.list(_CURRENT)):
        store.remove(stored.name)
    show_current(store, manifest)
    return sweep(store, manifest, now)


def verify(store: Storage) -> list[str]:
    """What is wrong with the history, each in a sentence; nothing: all is as it was written."""
    manifest, _ = manifests.fetch(store)
    return [*_damages(store, manifest), *_doubles(store, manifest)]


def export(store: Storage, path: Path) -> int:
    """Write all deployments that did not vanish into one file, Parquet or (.csv) CSV; how many.

    Raises:
        HistoryError: when a file of the history is missing or damaged.
    """
    manifest, _ = manifests.fetch(store)
    with whole(path) as draft:
        return (_to_csv if path.suffix == ".csv" else _to_parquet)(store, manifest, draft)


def _to_parquet(store: Storage, manifest: HistoryManifest, path: Path) -> int:
    count = 0
    with pq.ParquetWriter(path, DATA, compression="zstd") as writer:
        for rows in _live(store, manifest):
            writer.write_table(rows)
            count += len(rows)
    return count


def _to_csv(store: Storage, manifest: HistoryManifest, path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(DATA.names) + "\n")
        for rows in _live(store, manifest):
            rows.to_pandas().to_csv(file, index=False, header=False)
            count += len(rows)
    return count


def _live(store: Storage, manifest: HistoryManifest) -> Iterator[pa.Table]:
    for month in manifest.months.values():
        rows = parquet.fetch(store, month.file).cast(DATA)
        yield rows.filter(rows.column("vanished_at").is_null())


def _damages(store: Storage, manifest: HistoryManifest) -> Iterator[str]:
    for name, month in manifest.months.items():
        for file in (month.file, *month.changes):
            try:
                rows = parquet.fetch(store, file)
            except HistoryError as error:
                yield f"{error.which}: {error.what}"
                continue
            if file == month.file:
                yield from _misfits(name, month, rows)
        with suppress(FileNotFoundError):
            if hashlib.sha256(store.read(f"{_CURRENT}/{name}.parquet")).hexdigest() == month.sha256:
                continue
        yield f"{store}/{_CURRENT}/{name}.parquet: It is not what the manifest names."


def _misfits(name: str, month: manifests.Month, rows: pa.Table) -> Iterator[str]:
    if len(rows) != month.rows:
        yield f"{month.file}: It has {len(rows):,} rows, the manifest says {month.rows:,}."
    months = pd.DatetimeIndex(rows.column("completed").to_pandas()).strftime("%Y-%m")
    if set(months) - {name}:
        yield f"{month.file}: It holds other months: {', '.join(sorted(set(months) - {name}))}."


def _doubles(store: Storage, manifest: HistoryManifest) -> Iterator[str]:
    ids: list[pd.Series[str]] = []
    for month in manifest.months.values():
        with suppress(HistoryError):
            ids.append(parquet.fetch(store, month.file, ["deployment_id"]).column(0).to_pandas())
    if ids:
        every = pd.concat(ids)
        twice = every[every.duplicated()]
        if len(twice):
            yield f"{len(twice):,} deployments stand twice: {', '.join(twice.head(3))}…"


def _raise_first(found: list[str]) -> None:
    serious = [each for each in found if f"/{_CURRENT}/" not in each]
    if serious:
        raise HistoryError(
            "The history of deployments is damaged.",
            serious[0] if len(serious) == 1 else f"{serious[0]} (and {len(serious) - 1} more)",
            "Restore the files from a copy; nothing was changed.",
        )
