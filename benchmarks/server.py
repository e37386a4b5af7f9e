"""The embedded server, measured over HTTP on a big history.

    python benchmarks/server.py --sizes 100000 1000000 [--folder DIR] [--every-split]

For each size: /metrics of the last year by split and granularity (wall seconds and the CPU seconds
of the server), /deployments to its last byte with the server's peak memory, and `server import` of
that reply. The databases are made once and kept in the folder.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen

import server_history

from insights_reports.server import RunningServer, running_server

_REPORT = "/api/Spaces-1/insights/reports/InsightsReports-1"
_SPLITS = ("None", "Project", "ProjectGroup", "Environment", "EnvironmentGroup", "Tenant",
           "TenantTagSet")  # fmt: skip
_SLOWEST = (("None", "Weekly"), ("Project", "Weekly"), ("Project", "Daily"), ("Tenant", "Monthly"),
            ("TenantTagSet", "Weekly"))  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--folder", type=Path, default=Path("/tmp/insights-server"))
    parser.add_argument("--every-split", action="store_true", help="21 questions instead of 5")
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    every = tuple((split, cut) for split in _SPLITS for cut in ("Daily", "Weekly", "Monthly"))
    for size in arguments.sizes:
        data = arguments.folder / f"{size}.sqlite"
        if not data.exists():
            server_history.make(data, size)
        print(f"\n{size:,} deployments, {data.stat().st_size / 1e6:,.0f} MB\n")
        _measure_deployments(data)
        _measure_metrics(data, every if arguments.every_split else _SLOWEST)
        _measure_import(data)


def _measure_deployments(data: Path) -> None:
    with running_server(as_of=server_history.AS_OF, data=data) as server:
        _get(server, f"{_REPORT}")
        before = _memory(server)
        wall, cpu, size = _timed(server, f"{_REPORT}/deployments")
        print("| /deployments | MB | wall s | CPU s | memory before MB | peak MB |")
        print("|---|---|---|---|---|---|")
        print(f"| | {size / 1e6:.0f} | {wall:.1f} | {cpu:.1f} | {before} | {_memory(server)} |\n")


def _measure_metrics(data: Path, questions: tuple[tuple[str, str], ...]) -> None:
    print("| /metrics of LastYear | MB | wall s | CPU s | load |")
    print("|---|---|---|---|---|")
    with running_server(as_of=server_history.AS_OF, data=data) as server:
        _get(server, _REPORT)
        wall, cpu, _ = _timed(server, f"{_REPORT}/metrics?timeRange=LastMonth")
        print(f"| the first question: LastMonth | | {wall:.2f} | {cpu:.2f} | |")
        for split, granularity in questions:
            query = f"timeRange=LastYear&split={split}&granularity={granularity}"
            query += "&tenantTagSetId=TagSets-1" if split == "TenantTagSet" else ""
            wall, cpu, size = _timed(server, f"{_REPORT}/metrics?{query}")
            load = os.getloadavg()[0]
            print(
                f"| {split}, {granularity} | {size / 1e6:.1f} "
                f"| {wall:.2f} | {cpu:.2f} | {load:.1f} |",
                flush=True,
            )
        print(f"\nPeak memory of the server: {_memory(server)} MB")


def _measure_import(data: Path) -> None:
    """Import the reply of /deployments in a process of its own."""
    with TemporaryDirectory() as folder:
        export, copy = Path(folder) / "export.json", Path(folder) / "copy.sqlite"
        with (
            running_server(as_of=server_history.AS_OF, data=data) as server,
            export.open("wb") as to,
        ):
            shutil.copyfileobj(_open(server, f"{_REPORT}/deployments"), to)
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "insights_reports", "server", "import", export, "--data", copy],
            stdout=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall, cpu = time.perf_counter() - start, used.ru_utime + used.ru_stime
        print("\n| server import | wall s | CPU s | peak MB |\n|---|---|---|---|")
        print(f"| exit status {status} | {wall:.1f} | {cpu:.1f} | {used.ru_maxrss // 1000} |")


def _timed(server: RunningServer, path: str) -> tuple[float, float, int]:
    """(wall seconds to the last byte, CPU seconds of the server, bytes)."""
    start, cpu = time.perf_counter(), _cpu(server)
    size = _get(server, path)
    return time.perf_counter() - start, _cpu(server) - cpu, size


def _get(server: RunningServer, path: str) -> int:
    with _open(server, path) as reply:
        return sum(len(piece) for piece in iter(lambda: reply.read(1 << 20), b""))


def _open(server: RunningServer, path: str) -> Any:
    return urlopen(Request(server.url + path, headers={"X-Octopus-ApiKey": server.api_key}))


def _cpu(server: RunningServer) -> float:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(server: RunningServer) -> int:
    """The largest resident size that the server has had, in MB."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(peak) // 1000


if __name__ == "__main__":
    main()
