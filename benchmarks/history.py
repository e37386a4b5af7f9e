"""Merging a pull of a million deployments into a history of three million, measured.

    .venv/bin/python benchmarks/history.py --pull 1000000 --repeats 5

Each merge is a process of its own, which has the pull in memory before the clock starts. Beside it
what no merge can do without, by pyarrow alone: to read the months of the pull, to sort it and to
write them again; and duckdb's anti-join, which rewrites everything. Wall time, processor time and
added memory are medians; on a busy machine only the ratio of processor times tells something.
"""

import argparse
import itertools
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parent.parent))
from insights_reports.history.deployments import LocalFolder, PullEntry, merge, parquet
from insights_reports.history.deployments.manifest import fetch
from insights_reports.history.deployments.schema import TABLE, to_arrow

AS_OF = datetime(2026, 10, 14, tzinfo=UTC)
MONTHS = 13  # in a pull; the history has three times as many
CASES = {
    "nothing changed": "same",
    "nothing changed, other order": "shuffled",
    "one month changed": "one",
    "all months changed": "all",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pull", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        way, case, folder = arguments.child
        print(json.dumps(_child(way, case, Path(folder), arguments.pull)))
        return
    print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _prepare(folder, arguments.pull)
        sizes = f"{arguments.pull:,} into {3 * arguments.pull:,}"
        print(f"\n| {sizes} | wall | CPU | added memory |\n|---|---|---|---|")
        for title, case in CASES.items():
            _print(title, [_run("ours", case, folder, arguments) for _ in range(arguments.repeats)])
        plain = [_run("plain", "all", folder, arguments) for _ in range(arguments.repeats)]
        _print("pyarrow: read, sort, write", plain)
        if _has_duckdb():
            runs = [_run("duckdb", "one", folder, arguments) for _ in range(arguments.repeats)]
            _print("duckdb anti-join", runs)


def _prepare(folder: Path, count: int) -> None:
    store = LocalFolder(folder / "history")
    first = _first_day(2)
    for number in range(3):
        rows = deployments(count, first, seed=number)
        begun = time.perf_counter()
        end = AS_OF - timedelta(days=1 + 396 * (2 - number))
        merge(rows, store, PullEntry(f"p{number}", first, end))
        print(f"import {number + 1}: {time.perf_counter() - begun:.1f} s")
        first = _first_day(1 - number)
    size = sum(path.stat().st_size for path in (store.path / "data").rglob("*.parquet"))
    print(f"{size / (3 * count):.1f} bytes a deployment")


def _first_day(back: int) -> datetime:
    return datetime(2025, 10, 1, tzinfo=UTC) - timedelta(days=396 * back)


def _run(way: str, case: str, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    copy = folder / "copy"
    shutil.copytree(folder / "history", copy)
    command = [sys.executable, __file__, "--pull", str(arguments.pull)]
    done = subprocess.run(
        [*command, "--child", way, case, str(copy)], capture_output=True, text=True, check=True
    )
    shutil.rmtree(copy)
    return dict(json.loads(done.stdout))


def _print(title: str, runs: list[dict[str, Any]]) -> None:
    wall, cpu, added = (
        statistics.median(run[key] for run in runs) for key in ("wall", "cpu", "added")
    )
    print(f"| {title} | {wall:.2f} s | {cpu:.2f} s | {added / 1e9:.2f} GB |", flush=True)


def _child(way: str, case: str, folder: Path, count: int) -> dict[str, Any]:
    rows = _changed(deployments(count, _first_day(0), seed=2), case)
    pa.default_memory_pool().release_unused()
    with _watched() as seen:
        if way == "duckdb":
            _duckdb(rows, folder)
        elif way == "plain":
            _plain(rows, folder)
        else:
            result = merge(rows, LocalFolder(folder), PullEntry("new", _first_day(0), AS_OF))
            expected = {"same": 0, "shuffled": 0, "one": 1}.get(case, MONTHS)
            assert len(result.months) == expected, result
    return seen


@contextmanager
def _watched() -> Iterator[dict[str, float]]:
    """Wall and CPU seconds of the block, and the memory that it added at its peak."""
    before, peak, done = _memory(), [0], threading.Event()

    def look() -> None:
        while not done.wait(0.003):
            peak[0] = max(peak[0], _memory())

    watcher = threading.Thread(target=look)
    watcher.start()
    seen: dict[str, float] = {}
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield seen
    finally:
        seen |= {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        done.set()
        watcher.join()
    seen["added"] = peak[0] - before


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _plain(rows: pd.DataFrame, folder: Path) -> None:
    store = LocalFolder(folder)
    names = [month.file for month in fetch(store)[0].months.values()][-MONTHS:]
    read = [parquet.fetch(store, name) for name in names]
    data = to_arrow(rows).sort_by([("completed", "ascending"), ("deployment_id", "ascending")])
    months = np.asarray(data.column("completed").cast(pa.int64())).view("M8[ns]").astype("M8[M]")
    borders = [0, *(np.flatnonzero(np.diff(months.astype(np.int64))) + 1).tolist(), len(data)]
    for number, (start, end) in enumerate(itertools.pairwise(borders)):
        store.create(f"plain/{number}", parquet.write(data.slice(start, end - start), {}))
    assert len(read) == MONTHS


def _duckdb(rows: pd.DataFrame, folder: Path) -> None:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads TO 2")
    connection.register("pull", rows.astype(dict.fromkeys(rows.select_dtypes("category"), "str")))
    connection.execute(
        f"COPY (SELECT deployment_id, project_id, project_name, channel_id, channel_name, "
        f"environment_id, environment_name, tenant_id, tenant_name, release_version, task_state, "
        f"completed, had_guided_failure FROM read_parquet('{folder}/current/*.parquet') old "
        f"WHERE NOT EXISTS (SELECT 1 FROM pull WHERE pull.deployment_id = old.deployment_id) "
        f"UNION ALL SELECT deployment_id, project_id, project_name, channel_id, channel_name, "
        f"environment_id, environment_name, tenant_id, tenant_name, release_version, task_state, "
        f"completed, had_guided_failure FROM pull) TO '{folder}/all.parquet' (COMPRESSION zstd)"
    )


def _changed(rows: pd.DataFrame, case: str) -> pd.DataFrame:
    if case == "shuffled":
        return rows.sample(frac=1, random_state=1, ignore_index=True)
    months = rows["completed"].dt.strftime("%Y-%m")
    edits = {
        "one": rows.index[months == months.max()][:3],
        "all": months[::-1].drop_duplicates().index,
    }.get(case, [])
    rows.loc[edits, "lead_time"] = pd.Timedelta(hours=1)
    return rows


def deployments(count: int, first: datetime, seed: int) -> pd.DataFrame:
    """Like a pull: stream after stream, each by completion."""
    random = np.random.default_rng(seed)
    stream = np.sort(random.integers(0, 3000, count)).astype(np.int32)
    span = np.int64(378 * 86_400) * 10_000_000
    ticks = random.integers(0, span, count)
    ticks = ticks[np.lexsort((ticks, stream))]
    project, environment, tenant = stream % 40, stream // 40 % 6, stream // 240
    lead = random.lognormal(10, 2, count).astype(np.int64) * 10_000_000
    state = np.where(random.random(count) < 0.9, 0, 1)
    begin = np.datetime64(first.replace(tzinfo=None), "ns")
    numbers = np.arange(count) + count * seed
    columns: dict[str, Any] = {
        "deployment_id": pd.array([f"Deployments-{n}" for n in numbers], dtype="string[pyarrow]"),
        "stream": stream,
        "completed": pd.DatetimeIndex(begin + (ticks * 100).view("m8[ns]"), tz="UTC"),
        "had_guided_failure": random.random(count) < 0.02,
        "lead_time": (lead * 100).view("m8[ns]"),
        "time_since_previous": (random.integers(0, 10**12, count) * 100).view("m8[ns]"),
        "time_to_recovery": np.where(random.random(count) < 0.1, lead * 100, _NULL).view("m8[ns]"),
        "deployments_until_recovery": np.where(random.random(count) < 0.1, 1.0, np.nan),
        "release_version": _category(numbers // 50 % 20_000, "1.{}.0"),
        "task_state": _category(state, "{}", ["Success", "Failed"]),
        "lead_time_from_version": _category(numbers // 50 % 20_000, "1.{}.0"),
        "recovered_from_version": _category(np.full(count, -1), "1.{}.0"),
        "previous_successful_id": pd.array(
            [f"Deployments-{n}" for n in numbers - 1], dtype="string[pyarrow]"
        ),
        "recovered_from_id": pd.array([None] * count, dtype="string[pyarrow]"),
    }
    for thing, codes in (("project", project), ("environment", environment), ("tenant", tenant)):
        columns[f"{thing}_id"] = _category(codes, f"{thing.title()}s-{{}}")
        columns[f"{thing}_name"] = _category(codes, f"{thing.title()} {{}}")
    columns["channel_id"] = _category(project, "Channels-{}")
    columns["channel_name"] = _category(np.zeros(count, np.int32), "Default {}")
    return pd.DataFrame({name: columns[name] for name in TABLE}, copy=False)


_NULL = np.iinfo(np.int64).min


def _category(codes: Any, pattern: str, texts: list[str] | None = None) -> pd.Categorical:
    texts = texts or [pattern.format(n) for n in range(int(codes.max(initial=0)) + 1)]
    return pd.Categorical.from_codes(codes, categories=pd.Index(pd.array(texts, dtype="str")))


def _has_duckdb() -> bool:
    try:
        import duckdb  # noqa: F401
    except ModuleNotFoundError:
        return False
    return True


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    main()
