"""Slices, measured: processor time a slice, and memory as their number grows; killed in the middle.

    python benchmarks/slices.py [--slices 200] [--deployments 20000] [--formats html]

A made-up report with as many projects as slices, one recipient each, on the embedded server with a
mail server beside it. `insights-reports run` is a process of its own. It is killed by SIGKILL when
half of the mails have arrived, and run again. Linux only.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parent.parent))
import server_history

from insights_reports.server import RunningServer, running_server
from tests.delivery.mail_servers import Postbox, mail_server

_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--deployments", type=int, default=20_000)
    parser.add_argument("--formats", nargs="+", default=["html"], choices=["html", "pdf", "xlsx"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        data = root / "data.db"
        server_history.make(data, options.deployments, projects=options.slices)
        server = running_server(as_of=server_history.AS_OF, data=data)
        with server as running, mail_server() as postbox:
            measure(root, running, postbox, options)


def measure(
    root: Path, server: RunningServer, postbox: Postbox, options: argparse.Namespace
) -> None:
    """Run, kill at half, run again; print what it took."""
    config = configuration(root, postbox.port, options)
    half = watched(config, server, postbox, stop_at=options.slices // 2)
    print(f"killed after {len(postbox.received)} mails: {half}")
    whole = watched(config, server, postbox)
    print(f"done after {len(postbox.received)} mails: {whole}")
    copies = Counter(to for to, _ in postbox.received)
    print(
        f"{len(copies)} of {options.slices} recipients; "
        f"{sum(copies.values()) - len(copies)} mails twice; "
        f"{len(list((root / 'state' / 'pulls').iterdir()))} pulls"
    )


def configuration(root: Path, port: int, options: argparse.Namespace) -> Path:
    """A subscription with a slice for each project."""
    slices = range(1, options.slices + 1)
    recipients = root / "teams.csv"
    rows = "".join(f"Project {n},team-{n}@example.com\n" for n in slices)
    recipients.write_text(f"slice,recipient\n{rows}", encoding="utf-8")
    said = {
        "state": "state",
        "mail": {
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "sender": "reports@example.com",
        },
        "subscriptions": {
            "teams": {
                "report": "Everything",
                "splits": ["Environment"],
                "formats": options.formats,
                "workbook": {"deployments": "period"},
                "slices": {
                    "by": "Project",
                    "recipients_file": recipients.name,
                    "attach": options.formats[:1],
                },
            }
        },
    }
    path = root / "insights-reports.yaml"
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


def watched(
    config: Path, server: RunningServer, postbox: Postbox, stop_at: int | None = None
) -> str:
    """Run until the end, or until so many mails have arrived; what it took, in words."""
    environ = {**os.environ, "OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key}
    command = [sys.executable, "-m", "insights_reports", "run", "teams", "--config", str(config)]
    when = ["--period", "2026-10", f"--as-of={server_history.AS_OF.isoformat()}"]
    process = subprocess.Popen([*command, *when], env=environ, stdout=subprocess.PIPE, text=True)
    memory: dict[int, int] = {}
    seconds = 0.0
    begun = len(postbox.received)
    while process.poll() is None:
        seconds, resident = used(process.pid) or (seconds, 0)
        memory.setdefault(len(postbox.received) // 10 * 10, resident)
        if stop_at is not None and len(postbox.received) >= stop_at:
            process.send_signal(signal.SIGKILL)
            process.wait()
        time.sleep(0.2)
    said = process.stdout.read().strip().splitlines()[:4] if process.stdout else []
    made = max(1, len(postbox.received) - begun)
    steps = [f"{count}: {size} MB" for count, size in sorted(memory.items()) if size]
    shown = steps[:: max(1, len(steps) // 6)]
    each = f"{seconds / made:.2f} s of its processor a slice"
    return f"exit {process.returncode}, {each}; {shown} {said}"


def used(pid: int) -> tuple[float, int] | None:
    """Processor seconds of a process and of its children that ended, and its memory in MB."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return None
    found: dict[str, Any] = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    if "VmRSS" not in found:
        return None
    return sum(map(int, stat[11:15])) / _TICKS, int(found["VmRSS"].split()[0]) // 1024


if __name__ == "__main__":
    main()
