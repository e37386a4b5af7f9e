"""A whole run, measured as a user starts it: pull, figures, seven documents in three formats,
delivery into a folder, with the embedded server on the same machine.

    python benchmarks/run.py [--sizes 30000 1000000] [--scopes edition everything] [--repeats 3]

Each run is a process of its own with a new state. Seconds are of the clock; CPU seconds those of
the run and all its children, the server's stand beside them; memory is that of the largest process
of the run. The databases are made once and kept in the folder. Linux only.
"""

import argparse
import ctypes
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import server_history

from insights_reports.server import RunningServer, running_server

SPLITS = ["Project", "ProjectGroup", "Environment", "EnvironmentGroup", "Tenant", "TenantTagSet"]
FORMATS = ["pdf", "xlsx", "html"]
TARGETS = {  # seconds of the clock, on two quiet cores
    (30_000, "edition"): 9,
    (30_000, "everything"): 12,
    (1_000_000, "edition"): 45,
    (1_000_000, "everything"): 55,
}
MOST_MEMORY = 850  # MB
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    """One run: seconds, CPU seconds of it and of the server, MB, seconds by stage, requests."""

    wall: float
    cpu: float
    server: float
    memory: float
    stages: dict[str, float]
    requests: int
    files: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[30_000, 1_000_000])
    parser.add_argument("--scopes", nargs="+", default=["edition", "everything"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/insights-server"))
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(_SUBREAPER, 1)  # orphans become children, so that all are counted
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"load average {load}; medians of {options.repeats}\n")
    print("| deployments | scope | s | target | CPU s | server's | MB | requests | stages, s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for size in options.sizes:
        data = _data(options.folder, size)
        with running_server(as_of=server_history.AS_OF, data=data) as server:
            _run(server, "edition")  # not counted: it fills caches, and bytecode
            for scope in options.scopes:
                _print(size, scope, [_run(server, scope) for _ in range(options.repeats)])
    print(f"\nThe target for memory is {MOST_MEMORY} MB.")


def _data(folder: Path, size: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / f"{size}.sqlite"
    if not data.exists():
        server_history.make(data, size)
    return data


def _run(server: RunningServer, scope: str) -> Measured:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        config = folder / "insights-reports.yaml"
        config.write_text(json.dumps(_config(scope)))
        before, begun = _server_cpu(server), time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "insights_reports", "run", "all", "--config", str(config),
             f"--as-of={server_history.AS_OF.isoformat()}"],
            env=os.environ | {"OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key},
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"The run ended with exit status {process.returncode}.")
        wall = time.perf_counter() - begun
        cpu = used.ru_utime + used.ru_stime
        memory = used.ru_maxrss / 1024
        return Measured(
            wall,
            cpu,
            _server_cpu(server) - before,
            memory,
            *_said(folder / "state"),
            _files(folder),
        )


def _config(scope: str) -> dict[str, Any]:
    subscription = {
        "report": "InsightsReports-1",
        "splits": SPLITS,
        "formats": FORMATS,
        "cross_check": {"scope": scope},
        "deliver_to": ["archive"],
    }
    destinations = {"archive": {"type": "folder", "path": "reports"}}
    return {"state": "state", "destinations": destinations, "subscriptions": {"all": subscription}}


def _said(state: Path) -> tuple[dict[str, float], int]:
    """The seconds of each stage, as the ledger has them, and how many requests there were."""
    with closing(sqlite3.connect(state / "ledger.sqlite")) as ledger:
        ((stages,),) = ledger.execute("SELECT stages FROM runs").fetchall()
    (manifest,) = (state / "pulls").glob("*/manifest.json")
    asked = json.loads(manifest.read_text())["metadata"]["asked"]
    return dict(json.loads(stages)), asked["requests"]


def _files(folder: Path) -> int:
    """How many documents were delivered."""
    endings = {f".{name}" for name in FORMATS}
    found = [path for path in (folder / "reports").rglob("*") if path.suffix in endings]
    return sum(path.name != "index.html" for path in found)


def _server_cpu(server: RunningServer) -> float:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _print(size: int, scope: str, found: list[Measured]) -> None:
    def median(name: str) -> float:
        return statistics.median(float(getattr(one, name)) for one in found)

    if found[0].files != (len(SPLITS) + 1) * len(FORMATS):
        raise SystemExit(f"{found[0].files} documents instead of 7 x 3.")
    stages = {
        name: statistics.median(one.stages[name] for one in found) for name in found[0].stages
    }
    print(
        f"| {size:,} | {scope} | {median('wall'):.1f} | {TARGETS.get((size, scope), '-')} "
        f"| {median('cpu'):.1f} | {median('server'):.1f} | {median('memory'):.0f} "
        f"| {found[0].requests} | "
        + ", ".join(f"{name} {seconds:.1f}" for name, seconds in stages.items())
        + " |",
        flush=True,
    )


if __name__ == "__main__":
    main()
