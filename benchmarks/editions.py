"""Editions, measured: from a sealed pull to files, the PDF beside Chromium's, the raw sheet beside
XlsxWriter's, and the memory that half a million rows take.

    python benchmarks/editions.py [--repeats 5] [--deployments 30000]

Every measured step is a process of its own, whose processor time is that of all its descendants,
interpreter start and imports included; the ways take turns. Bytecode is kept from one step to the
next, as that of an installed program is, whatever PYTHONDONTWRITEBYTECODE says. Linux only.
"""

import argparse
import ctypes
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import data_path_body
import server_history
from editions_steps import ZONE

from insights_reports.server import running_server

HERE = Path(__file__).parent
SPLITS = ["Project", "ProjectGroup", "Environment", "EnvironmentGroup", "Tenant", "TenantTagSet"]
SUBSCRIPTIONS: dict[str, dict[str, Any]] = {
    "one": {"splits": SPLITS, "layout": "one"},
    "per-split": {"splits": SPLITS},
    "short": {"splits": ["Project", "ProjectGroup"], "layout": "one"},
}
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)


@dataclass(frozen=True)
class Cost:
    """Processor seconds of a command and all its descendants, and what it printed."""

    cpu: float
    printed: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--deployments", type=int, default=30_000)
    parser.add_argument("--rows", type=int, default=500_000, help="of the whole workbook")
    parser.add_argument("--folder", type=Path, help="keep what is made here")
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(_SUBREAPER, 1)  # orphans become children, so that all are counted
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"load average {load}; medians of {options.repeats}\n")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        kept = (folder / "state" / "runs").exists()
        runs = _runs(folder) if kept else _pulled(folder, options.deployments)
        _keep_bytecode(folder / "bytecode")
        _step("edition", runs["short"])  # not counted: it compiles what the others import
        _measure_editions(runs, options.repeats)
        _measure_pdf(runs["short"], folder, options.repeats)
        _measure_sheet(folder, options.repeats)
        _measure_workbook(runs["per-split"], folder, options.rows)


def _pulled(folder: Path, size: int) -> dict[str, Path]:
    """For each subscription a run's folder, pulled, computed and rendered once."""
    data = folder / f"{size}.sqlite"
    if not data.exists():
        server_history.make(data, size)
    config = folder / "insights-reports.yaml"
    with running_server(as_of=server_history.AS_OF, data=data) as server:
        report = {"report": "InsightsReports-1"}
        subscriptions = {name: report | entry for name, entry in SUBSCRIPTIONS.items()}
        config.write_text(json.dumps({"state": "state", "subscriptions": subscriptions}))
        arguments = ["--config", str(config), f"--as-of={server_history.AS_OF.isoformat()}"]
        subprocess.run(
            [sys.executable, "-m", "insights_reports", "run", *subscriptions, "--dry-run",
             *arguments],
            env=os.environ | {"OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key},
            stdout=subprocess.DEVNULL,
            check=True,
        )  # fmt: skip
    return _runs(folder)


def _keep_bytecode(folder: Path) -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder)


def _runs(folder: Path) -> dict[str, Path]:
    runs = sorted((folder / "state" / "runs").iterdir())[-len(SUBSCRIPTIONS) :]
    return {json.loads((run / "run.json").read_text())["subscriptionName"]: run for run in runs}


def _measure_editions(runs: dict[str, Path], repeats: int) -> None:
    """Each between two runs of a yardstick that has nothing of ours, a plain table of 300 rows laid
    out by WeasyPrint: machines differ, and a shared one from minute to minute."""
    costs: dict[str, list[Cost]] = {"one": [], "per-split": []}
    times: dict[str, list[float]] = {name: [] for name in costs}
    tables = [_table()]
    for _ in range(repeats):
        for name, found in costs.items():
            found.append(_step("edition", runs[name]))
            tables.append(_table())
            times[name].append(found[-1].cpu / statistics.mean(tables[-2:]))
    print(f"WeasyPrint's table of 300 rows: {statistics.median(tables):.1f} CPU s\n")
    print("| edition, pull to files | files | CPU s by stage | CPU s in all | x that table |")
    print("|---|---|---|---|---|")
    for name, found in costs.items():
        files, _, _ = found[0].printed.partition(" | ")
        stages = _stages([cost.printed for cost in found])
        ratio = statistics.median(times[name])
        print(f"| {name} | {files} | {stages} | {_median(found):.1f} | {ratio:.1f} |", flush=True)


def _table() -> float:
    return float(_step("table").printed)


def _stages(printed: Sequence[str]) -> str:
    """The median of each stage of several runs, as each of them prints its own."""
    runs = [
        dict(each.rsplit(" ", 1) for each in one.split(" | ")[1].split(", ")) for one in printed
    ]
    medians = {name: statistics.median(float(run[name]) for run in runs) for name in runs[0]}
    return ", ".join(f"{name} {seconds:.1f}" for name, seconds in medians.items())


def _measure_pdf(run: Path, folder: Path, repeats: int) -> None:
    """The same page: laid out by us, and printed by Chromium."""
    document = run / "documents" / "summary.json"
    if not document.exists():
        document = next((run / "documents").iterdir())
    page, printed = folder / "page.html", folder / "chromium.pdf"
    _step("page", document, page)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    ways = {"ours": lambda: _step("pdf", document)}
    if chromium:
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-zygote"]
        command += [f"--print-to-pdf={printed}", "--no-pdf-header-footer", page.as_uri()]
        ways["Chromium --print-to-pdf"] = lambda: _cost(command)
    print("\n| PDF of one page of HTML | pages | CPU s |\n|---|---|---|")
    costs = _in_turns(ways, repeats)
    pages = {"ours": costs["ours"][0].printed}
    if chromium:
        pages["Chromium --print-to-pdf"] = _step("pages", printed).printed
    for way, found in costs.items():
        print(f"| {way} | {pages[way]} | {_median(found):.1f} |", flush=True)


def _measure_sheet(folder: Path, repeats: int) -> None:
    rows = 100_000
    table, large = folder / "100000.parquet", folder / "500000.parquet"
    for path, size in ((table, rows), (large, 500_000)):
        reply = folder / "reply.json"
        data_path_body.write(reply, size)
        _step("rows", reply, path)  # not here: a child begins with the peak memory of its parent
        reply.unlink()
    names = ("nothing", "ours", "xlsxwriter")
    costs = _in_turns({n: partial(_step, f"sheet-{n}", table) for n in names}, repeats)
    start = _median(costs["nothing"])
    print(f"\n| {rows:,} rows, completions in {ZONE} | CPU s | microseconds a row |\n|---|---|---|")
    for name, way in (("ours", "ours"), ("xlsxwriter", "XlsxWriter, constant_memory")):
        cpu = _median(costs[name]) - start
        print(f"| {way} | {cpu:.1f} | {cpu / rows * 1e6:.0f} |")
    print(f"\nPeak memory at 500,000 rows: {_step('sheet-ours', large).printed} MB", flush=True)


def _measure_workbook(run: Path, folder: Path, rows: int) -> None:
    """The first workbook of an edition, with summary, choices and all its rows: how much memory."""
    table = folder / "workbook.parquet"
    _step("workbook-rows", run, table, rows)  # not in that process, whose peak would be its own
    print(f"\nWhole workbook of {rows:,} rows: {_step('workbook', run, table).printed}", flush=True)


def _in_turns(ways: dict[str, Callable[[], Cost]], repeats: int) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {way: [] for way in ways}
    for _ in range(repeats):
        for way, measure in ways.items():
            costs[way].append(measure())
    return costs


def _step(name: str, *arguments: Path | int) -> Cost:
    return _cost([sys.executable, str(HERE / "editions_steps.py"), name, *map(str, arguments)])


def _cost(command: Sequence[str]) -> Cost:
    before = _children()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stderr}")
    _wait_for_orphans()
    return Cost(_children() - before, done.stdout.strip())


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wait_for_orphans() -> None:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            found, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not found:
            time.sleep(0.05)
    raise SystemExit("A process outlived its parent by more than 5 s: it was not counted.")


def _median(costs: Sequence[Cost]) -> float:
    return statistics.median(cost.cpu for cost in costs)


if __name__ == "__main__":
    main()
