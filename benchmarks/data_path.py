"""The data path, measured: from an HTTP reply to 21 tables of figures, ours and others' ways.

    python benchmarks/data_path.py --sizes 10000 100000 1000000 --repeats 5
    python benchmarks/data_path.py --sizes 1000000 3000000 --ways ours "orjson alone"

Each run is a process of its own that downloads the reply from a file server on the loopback
interface (a process of its own too); the ways take turns, the first round is a warm-up that is not
counted. Prints a table of medians in Markdown, each way's ratios to ours, whether the ways agree,
and how the time of each way grew from size to size.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).parent))
import data_path_body as body
from data_path_ways import WAYS

HERE = Path(__file__).parent
Results = dict[str, list[dict[str, Any]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder, _file_server(Path(folder)) as address:
        walls: dict[int, dict[str, float]] = {}
        for size in sorted(arguments.sizes):
            path = Path(folder) / f"{size}.json"
            body.write(path, size)
            results = _measured(f"{address}/{path.name}", arguments.ways, arguments.repeats)
            print(_report(size, path.stat().st_size, results), flush=True)
            walls[size] = {way: _median(runs, "wall") for way, runs in results.items()}
            path.unlink()
    print(_growth(walls))


@contextmanager
def _file_server(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1", "-d", str(folder)]
    with subprocess.Popen(
        [sys.executable, "-u", *command[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        port = server.stdout.readline().split("port ")[1].split(" ")[0]
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(address)
            yield address
        finally:
            server.terminate()


def _wait_for(address: str) -> None:
    for _ in range(50):
        try:
            with urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"The file server at {address} does not answer.")


def _measured(url: str, ways: list[str], repeats: int) -> Results:
    results: Results = {way: [] for way in ways}
    for turn in range(repeats + 1):
        for way in ways:
            command = [sys.executable, str(HERE / "data_path_ways.py"), way, url]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{way} failed:\n{done.stderr}")
            if turn:
                results[way].append(json.loads(done.stdout))
    return results


def _report(size: int, size_in_bytes: int, results: Results) -> str:
    lines = [
        f"\n{size:,} deployments, {size_in_bytes / 1e6:.0f} MB, "
        f"medians of {len(next(iter(results.values())))}",
        "| way | wall s | CPU s | peak added MB | wall x ours | CPU x ours |",
        "|---|---|---|---|---|---|",
    ]
    for way, runs in results.items():
        wall, cpu, peak = (_median(runs, key) for key in ("wall", "cpu", "peak_mb"))
        ratios = ["", ""]
        if "ours" in results:
            ratios = [
                f"{_median(runs, key) / _median(results['ours'], key):.2f}"
                for key in ("wall", "cpu")
            ]
        lines.append(f"| {way} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {' | '.join(ratios)} |")
    return "\n".join([*lines, _agreement(results)])


def _median(runs: list[dict[str, Any]], key: str) -> float:
    return float(statistics.median(run[key] for run in runs))


def _growth(walls: dict[int, dict[str, float]]) -> str:
    """How many times the wall seconds of the size before each way takes."""
    sizes = list(walls)
    return "\n".join(
        f"From {small:,} to {large:,} ({large / small:.1f} x): "
        + ", ".join(f"{way} {wall / walls[small][way]:.2f} x" for way, wall in walls[large].items())
        for small, large in pairwise(sizes)
    )


def _agreement(results: Results) -> str:
    """Counts must be equal; sums of medians and percentiles may differ by a float's rounding."""
    checks = {way: runs[0]["check"] for way, runs in results.items() if "check" in runs[0]}
    differing = [
        f"{way} {name}: {check[name]} against {other[name]}"
        for way, check in checks.items()
        for other in [next(iter(checks.values()))]
        for name in other
        if abs(check[name] - other[name]) > 1e-9 * abs(other[name])
    ]
    return "All ways agree." if not differing else "They differ: " + "; ".join(differing)


if __name__ == "__main__":
    main()
