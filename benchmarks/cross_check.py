"""The cross-check, measured: what it adds to reading the deployments and computing 21 tables.

    python benchmarks/cross_check.py [--deployments 1000000] [--repeats 5] [--folder FOLDER]

A history is pulled once from the embedded server with every figure it states (7 splits, 3 ranges,
3 granularities), and sealed. Then, in processes of their own that take turns: ``tables`` decodes
the deployments and computes the figures of 7 splits by 3 granularities; ``checked`` does the same
and holds every stated figure against ours, reading the stated replies included; ``read`` only
parses the same replies with orjson. Time begins after the imports; what the server takes to answer
is not in it.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from insights_reports.metrics import Granularity, Split
    from insights_reports.pipeline.load import Pulled

sys.path.insert(0, str(Path(__file__).parent))

GRANULARITIES: "tuple[Granularity, ...]" = ("Daily", "Weekly", "Monthly")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deployments", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keep the history and the pull here")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        _measure(options.way, options.folder)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        sealed = _pulled(folder, options.deployments)
        runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for turn in range(options.repeats + 1):  # the first is a warm-up
            for way, results in runs.items():
                done = _run(way, sealed)
                results += [done] if turn else []
        _report(runs, options)


def _pulled(folder: Path, size: int) -> Path:
    import server_history

    from insights_reports.octopus import Connection
    from insights_reports.pipeline.pull import Wanted, pull
    from insights_reports.server import running_server

    data, sealed = folder / f"{size}.sqlite", folder / f"pull-{size}"
    if not data.exists():
        server_history.make(data, size)
    if not sealed.exists():
        with running_server(as_of=server_history.AS_OF, data=data) as server:
            os.environ["OCTOPUS_API_KEY"] = server.api_key
            connection = Connection.from_environment(url=server.url)
            wanted = Wanted("InsightsReports-1")
            pull(connection, wanted, sealed, as_of=server_history.AS_OF, progress=lambda _: None)
    return sealed


def _run(way: str, sealed: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--way", way, "--folder", str(sealed)]
    found: dict[str, float] = json.loads(subprocess.check_output(command))
    return found


def _measure(way: str, sealed: Path) -> None:
    """Run one way in this process; print its seconds, its peak memory and how many figures."""
    from insights_reports.pipeline import compute, load  # noqa: F401  (imported before the clock)

    work = WAYS[way]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    figures = work(sealed)
    print(
        json.dumps(
            {
                "wall": time.perf_counter() - wall,
                "cpu": time.process_time() - cpu,
                "added": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
                "figures": figures,
            }
        )
    )


def _tables(sealed: Path) -> int:
    from insights_reports.pipeline.load import load

    return _tabulated(load(sealed))


def _tabulated(pulled: "Pulled") -> int:
    from insights_reports.metrics import Tabulator

    tabulator = Tabulator(pulled.deployments.table, pulled.zone, pulled.lookups)
    splits: list[Split] = [
        "None",
        "Project",
        "ProjectGroup",
        "Environment",
        "EnvironmentGroup",
        "Tenant",
    ]
    asked: list[tuple[Split, str | None]] = [(split, None) for split in splits]
    asked.append(("TenantTagSet", pulled.tag_sets[0]))
    rows = 0
    for split, tag_set in asked:
        for granularity in GRANULARITIES:
            days = date(2025, 10, 1), date(2026, 12, 1)
            rows += len(tabulator.figures(split, *days, granularity, tag_set=tag_set))
    return rows


def _checked(sealed: Path) -> int:
    from insights_reports.metrics import Conventions
    from insights_reports.pipeline.compute import check_pulled
    from insights_reports.pipeline.load import load

    pulled = load(sealed)
    _tabulated(pulled)
    check = check_pulled(pulled, Conventions())
    if check.agrees != check.figures:
        raise SystemExit(f"{check.figures - check.agrees} figures do not agree.")
    return check.figures


def _read(sealed: Path) -> int:
    import orjson

    from insights_reports.history.pulls import Pull

    pull, size = Pull(sealed), 0
    for name in pull.names:
        if name.startswith("metrics-"):
            body = pull.read(name)
            orjson.loads(body)
            size += len(body)
    return size


WAYS = {"tables": _tables, "checked": _checked, "read": _read}


def _report(runs: dict[str, list[dict[str, float]]], options: argparse.Namespace) -> None:
    def median(way: str, what: str) -> float:
        return statistics.median(run[what] for run in runs[way])

    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"load average {load}; medians of {options.repeats}\n")
    print(
        f"{options.deployments:,} deployments, {median('checked', 'figures'):,.0f} stated figures"
    )
    print("in {:,.0f} MB of replies\n".format(median("read", "figures") / 1e6))
    print("| way | wall s | CPU s | peak added MB |\n|---|---|---|---|")
    names = {
        "tables": "deployments decoded, 21 tables computed",
        "checked": "the same, and everything cross-checked",
        "read": "the stated replies parsed by orjson, nothing compared",
    }
    for way, name in names.items():
        row = [f"{median(way, what):.2f}" for what in ("wall", "cpu")]
        print(f"| {name} | {' | '.join(row)} | {median(way, 'added'):,.0f} |")
    for what in ("wall", "cpu"):
        added = median("checked", what) / median("tables", what) - 1
        print(f"\nThe cross-check adds {added:.0%} ({what}).")


if __name__ == "__main__":
    main()
