"""``history``: the deployments that were ever pulled (docs/history.md)."""

import argparse
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from insights_reports.commands.common import as_of, print_json, print_table
from insights_reports.config.file import find_config, load_config
from insights_reports.config.model import Config
from insights_reports.errors import UsageError
from insights_reports.history.deployments import (
    LocalFolder,
    MergeResult,
    Storage,
    export,
    forget,
    repair,
    stores_in,
    to_forget,
    verify,
)
from insights_reports.history.deployments.manifest import HistoryManifest, fetch
from insights_reports.pipeline.load import load
from insights_reports.pipeline.make import connection
from insights_reports.pipeline.progress import clear_line, terminal_progress
from insights_reports.pipeline.pull import Wanted, pull
from insights_reports.pipeline.remember import remember, remember_file, root_of, said_of
from insights_reports.scratch import scratch_folder

_COLUMNS = "* REPLACE (completed::TIMESTAMPTZ AS completed)"  # functions know no nanoseconds
_VIEWS = "There are the views deployments, vanished and changes: docs/history.md."
_FILES = (".csv", ".json", ".parquet")


def main(options: argparse.Namespace) -> int:
    """Carry out one of the actions; 1 when `verify` finds damage."""
    config = load_config(find_config(options.config))
    return int(_ACTIONS[options.action](options, config))


def _list(options: argparse.Namespace, config: Config) -> int:
    found = [(store, fetch(store)[0]) for store in stores_in(root_of(config))]
    if options.json:
        print_json([{"folder": str(store), **_summary(manifest)} for store, manifest in found])
        return 0
    rows = [[str(text) for text in _summary(m).values()] + [str(s)] for s, m in found]
    print_table(["SERVER", "SPACE", "REPORT", "MONTHS", "DEPLOYMENTS", "PULLS", "FOLDER"], rows)
    return 0


def _import(options: argparse.Namespace, config: Config) -> int:
    """Merge a sealed pull, a file of deployments of ``--report``, or a report as it is now."""
    root, what, now = root_of(config), Path(options.what), datetime.now(UTC)
    if (what / "manifest.json").is_file():
        pulled = load(what)
        _say(remember(pulled, root, what.resolve().name, now), options)
        return 0
    is_file = what.suffix in _FILES
    if is_file and not what.is_file():
        raise UsageError("There is no such file.", f"import {what}", "Give a path that exists.")
    if is_file and options.report is None:
        raise UsageError(
            "Whose deployments are these?",
            f"import {what}",
            "Name the report with --report: the ids of its things are looked up there.",
        )
    wanted = Wanted(
        options.report if is_file else options.what,
        splits=(),
        source="file" if is_file else "insights",
        file=str(what) if is_file else None,
    )
    with scratch_folder() as scratch:
        folder, progress = scratch / "pull", terminal_progress("import")
        from_octopus = connection(config, url=options.url, space=options.space)
        pull(from_octopus, wanted, folder, as_of=as_of(options), progress=progress)
        progress("merging")
        pulled = load(folder)
        merged = (remember_file if is_file else remember)(
            pulled, root, f"import {what.name} {pulled.as_of:%Y%m%dT%H%M%S}", now
        )
    clear_line()
    _say(merged, options)
    return 0


def _verify(options: argparse.Namespace, config: Config) -> int:
    found = [problem for store in _chosen(options, config) for problem in verify(store)]
    if options.json:
        print_json({"ok": not found, "problems": found})
        return 1 if found else 0
    for problem in found:
        print(problem)
    if not found:
        print("All files are what the manifest says.", file=sys.stderr)
    return 1 if found else 0


def _repair(options: argparse.Namespace, config: Config) -> int:
    now, stores = datetime.now(UTC), _chosen(options, config)
    removed = [f"{store}/{name}" for store in stores for name in repair(store, now)]
    if options.json:
        print_json({"removed": removed})
        return 0
    for name in removed:
        print(f"Removed {name}, which no manifest names.", file=sys.stderr)
    return 0


def _prune(options: argparse.Namespace, config: Config) -> int:
    """Forget what is older than `history: keep`, or say what would go."""
    keep = config.history.months
    if not keep:
        raise UsageError(
            "Nothing says how long the history is kept.",
            f"{config.path}: history.keep is not set",
            "Set it, such as `history: {keep: 36m}`.",
        )
    stores = _chosen(options, config)
    going = [
        (s, to_forget(fetch(s)[0], keep) if options.dry_run else forget(s, keep)) for s in stores
    ]
    if options.json:
        gone = [{"folder": str(store), **asdict(each)} for store, each in going]
        print_json({"removed": not options.dry_run, "histories": gone})
        return 0
    for store, each in going:
        would = "would be: " if options.dry_run else ""
        print(f"{store}: {would}{said_of(each, keep) if each.months else 'nothing is older.'}")
    return 0


def _export(options: argparse.Namespace, config: Config) -> int:
    path = Path(options.file)
    if path.suffix not in (".parquet", ".csv"):
        raise UsageError("There is no such format.", f"File: {path}", "Choose .parquet or .csv.")
    count = export(_one(options, config), path)
    if options.json:
        print_json({"file": str(path), "deployments": count})
        return 0
    print(f"Wrote {count:,} deployments to {path}.", file=sys.stderr)
    return 0


def _query(options: argparse.Namespace, config: Config) -> int:
    store = _one(options, config)
    names, rows = _answer(options.sql, store, fetch(store)[0])
    if options.json:
        print_json([dict(zip(names, map(_plain, row), strict=True)) for row in rows])
    else:
        print_table(names, [["" if v is None else str(v) for v in row] for row in rows])
    return 0


def _answer(sql: str, store: Storage, manifest: HistoryManifest) -> tuple[list[str], list[Any]]:
    """The columns and the rows that ``sql`` gives over the views deployments, vanished, changes."""
    try:
        import duckdb
    except ModuleNotFoundError:
        raise UsageError(
            "DuckDB is not installed, which answers queries.",
            "history query",
            "Install it: pip install 'insights-reports[query]'. Other tools read "
            f"{store}/current/*.parquet.",
        ) from None
    months = manifest.months.values()
    try:
        with scratch_folder() as scratch, duckdb.connect() as database:
            data = _paths(store, [month.file for month in months], scratch)
            changes = _paths(store, [f for m in months for f in m.changes], scratch)
            every = database.read_parquet(data).project(_COLUMNS)
            every.filter("vanished_at IS NULL").create_view("deployments")
            every.filter("vanished_at IS NOT NULL").create_view("vanished")
            if changes:
                database.read_parquet(changes).project(_COLUMNS).create_view("changes")
            database.execute("SET TimeZone = 'UTC'")
            answer: Any = database.execute(sql)
            if answer is None:  # which its types do not say
                raise UsageError("There is no query.", f"SQL: {sql!r}", _VIEWS)
            return [column[0] for column in answer.description or ()], answer.fetchall()
    except duckdb.Error as error:
        said = str(error).strip().splitlines()[0]
        raise UsageError("The query cannot be answered.", said, _VIEWS) from None


def _paths(store: Storage, names: list[str], scratch: Path) -> list[str]:
    """Where the files can be opened; those of a bucket are fetched into ``scratch``."""
    if isinstance(store, LocalFolder):
        return [str(store.path / name) for name in names]
    paths = [scratch / name.replace("/", "-") for name in names]
    for path, name in zip(paths, names, strict=True):
        path.write_bytes(store.read(name))
    return [str(path) for path in paths]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float | bool) else str(value)


def _summary(manifest: HistoryManifest) -> dict[str, Any]:
    return {
        "server": manifest.server,
        "space": manifest.space,
        "report": manifest.report,
        "months": len(manifest.months),
        "deployments": sum(m.rows - m.vanished for m in manifest.months.values()),
        "pulls": len(manifest.pulls),
    }


def _chosen(options: argparse.Namespace, config: Config) -> list[Storage]:
    """The histories of ``--report``, or all.

    Raises:
        UsageError: when there is none.
    """
    every = [(store, fetch(store)[0].report) for store in stores_in(root_of(config))]
    found = [store for store, report in every if options.report in (None, report, str(store))]
    if not found:
        known = ", ".join(report for _, report in every) or "none; `run` and `history import` do"
        which = f"--report {options.report}" if options.report else str(config.path)
        raise UsageError("There is no such history.", which, f"There are: {known}.")
    return found


def _one(options: argparse.Namespace, config: Config) -> Storage:
    found = _chosen(options, config)
    if len(found) > 1:
        raise UsageError(
            "There are several histories.",
            ", ".join(map(str, found)),
            "Choose one by --report, which takes an id or such a folder.",
        )
    return found[0]


def _say(merged: MergeResult, options: argparse.Namespace) -> None:
    if options.json:
        print_json(asdict(merged))
        return
    if merged.known:
        print("This pull is in the history already; nothing was done.", file=sys.stderr)
        return
    print(
        f"{merged.added:,} added, {merged.edited:,} edited, {merged.vanished:,} vanished, "
        f"{merged.returned:,} returned; {len(merged.months)} months written.",
        file=sys.stderr,
    )


_ACTIONS = {
    "list": _list,
    "import": _import,
    "verify": _verify,
    "repair": _repair,
    "prune": _prune,
    "export": _export,
    "query": _query,
}
