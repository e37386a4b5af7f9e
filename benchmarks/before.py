"""Two versions of this program, measured beside each other: loading, cross-checking, computing.

    git worktree add ../before 1d68c1d
    python benchmarks/before.py ../before [--deployments 100000] [--repeats 5]

The embedded server of this version states every figure; each version pulls it once with its own
code. Then both take turns, each run in a process of its own, with the environment of this version:
``load`` reads the sealed pull, ``cross-check`` reads it and holds every stated figure against ours,
``tables`` reads it and computes the figures of 7 splits by 3 granularities. Time begins after the
imports. Prints medians of CPU seconds and their ratios; below 1 this version is faster.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
STEPS = ("load", "cross-check", "tables")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="a checkout of the earlier version")
    parser.add_argument("--deployments", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    versions = {"before": options.before.resolve(), "now": HERE.parent.resolve()}
    with tempfile.TemporaryDirectory() as scratch:
        pulls = _pulls(versions, Path(scratch), options.deployments)
        found: dict[tuple[str, str], list[float]] = {}
        for turn in range(options.repeats + 1):  # the first is a warm-up
            for step in STEPS:
                for version, checkout in versions.items():
                    seconds = float(_in(checkout, "measure", step, str(pulls[version])))
                    found.setdefault((step, version), []).extend([seconds] if turn else [])
    _report(found, options)


def _pulls(versions: dict[str, Path], scratch: Path, size: int) -> dict[str, Path]:
    """A sealed pull of each version, made by itself from one server."""
    import server_history

    from insights_reports.server import running_server

    data = scratch / "history.sqlite"
    server_history.make(data, size)
    pulls = {version: scratch / version for version in versions}
    with running_server(as_of=server_history.AS_OF, data=data) as server:
        os.environ["OCTOPUS_API_KEY"] = server.api_key
        for version, checkout in versions.items():
            at = server_history.AS_OF.isoformat()
            _in(checkout, "pull", server.url, at, str(pulls[version]))
    return pulls


def _in(checkout: Path, *arguments: str) -> str:
    """This file in a process that imports the package from ``checkout``."""
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    command = [sys.executable, str(HERE / "before.py"), *arguments]
    return subprocess.check_output(command, env=environment, text=True)


def pull(url: str, as_of: str, folder: str) -> None:
    """Seal a pull of everything into ``folder``; every version has this function."""
    from insights_reports.octopus import Connection
    from insights_reports.pipeline.pull import Wanted, pull

    connection = Connection.from_environment(url=url)
    at = datetime.fromisoformat(as_of)
    pull(
        connection,
        Wanted("InsightsReports-1"),
        Path(folder),
        as_of=at,
        progress=lambda _: None,
    )


def measure(step: str, folder: str) -> None:
    """Print the CPU seconds of one step."""
    from cross_check import _tabulated

    from insights_reports.metrics import Conventions
    from insights_reports.pipeline.compute import check_pulled
    from insights_reports.pipeline.load import load

    begun = time.process_time()
    pulled = load(Path(folder))
    if step == "tables":
        _tabulated(pulled)
    elif step == "cross-check":
        check = check_pulled(pulled, Conventions())
        if check.agrees != check.figures:
            raise SystemExit(f"{check.figures - check.agrees} figures do not agree.")
    print(time.process_time() - begun)


def _report(found: dict[tuple[str, str], list[float]], options: argparse.Namespace) -> None:
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{options.deployments:,} deployments; load average {load}; medians of {options.repeats}")
    print("\n| step | before, CPU s | now, CPU s | ratio |\n|---|---|---|---|")
    for step in STEPS:
        before, now = (statistics.median(found[step, version]) for version in ("before", "now"))
        print(f"| {step} | {before:.3f} | {now:.3f} | {now / before:.2f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["pull"]:
        pull(*sys.argv[2:])
    elif sys.argv[1:2] == ["measure"]:
        measure(*sys.argv[2:])
    else:
        main()
