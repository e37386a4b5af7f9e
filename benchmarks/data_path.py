"""The data path, measured: from an HTTP reply to 21 tables of figures, ours and others' ways.

    python benchmarks/data_path.py --sizes 10000 100000 1000000 --repeats 5

Each run is a process of its own that downloads the reply from a file server on the loopback
interface (a process of its own too); the ways take turns, the first round is a warm-up that is not
counted. Prints a table of medians in Markdown, the ratios to ours, and whether the ways agree.
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
        for size in arguments.sizes:
            path = Path(folder) / f"{size}.json"
            body.write(path, size)
            results = _measured(f"{address}/{path.name}", arguments.ways, arguments.repeats)
            print(_report(size, path.stat().st_size, results), flush=True)
            path.unlink()


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
    walls = {way: statistics.median(run["wall"] for run in runs) for way, runs in results.items()}
    base, repeats = walls.get("ours"), len(next(iter(results.values())))
    lines = [
        f"\n{size:,} deployments, {size_in_bytes / 1e6:.0f} MB, medians of {repeats}",
        "| way | wall s | CPU s | peak added MB | x ours |",
        "|---|---|---|---|---|",
    ]
    for way, runs in results.items():
        cpu, peak = (statistics.median(run[key] for run in runs) for key in ("cpu", "peak_mb"))
        ratio = f"{walls[way] / base:.2f}" if base else ""
        lines.append(f"| {way} | {walls[way]:.2f} | {cpu:.2f} | {peak:.0f} | {ratio} |")
    return "\n".join([*lines, _agreement(results)])


def _agreement(results: Results) -> str:
    """Counts must be equal; sums of medians and percentiles may differ by a float's rounding."""
    checks = {way: runs[0]["check"] for way, runs in results.items() if "rows" in runs[0]["check"]}
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
