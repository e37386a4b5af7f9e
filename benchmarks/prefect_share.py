"""What Prefect and each task runner cost: processor seconds of the same edition, made six ways.

``python benchmarks/prefect_share.py``: by the command ``run``, which knows no Prefect; by the flow
on a server that runs already, with threads, processes and a cluster of Dask; and by the flow in a
process that has to start a server of its own first. Seconds are of the process and all its
children; those of the server that runs, and of Dask's workers, are counted as well. What Prefect
adds to ``run`` stands at the end; what the clock says counts only on a machine that is idle.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insights_reports.scheduling.own_server import own_server
from insights_reports.server import running_server
from tests.conftest import AS_OF
from tests.flows.prefect_servers import server_process
from tests.flows.test_task_runners import SCRIPT, dask_cluster

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """Seconds."""

    cpu: float
    wall: float

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.cpu - other.cpu, self.wall - other.wall)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_server(as_of=AS_OF) as octopus:
        secrets = {"OCTOPUS_URL": octopus.url, "OCTOPUS_API_KEY": octopus.api_key}
        measure_all(Path(folder), secrets)


def measure_all(folder: Path, secrets: dict[str, str]) -> None:
    """The rows of the table, printed as they come."""
    flow = [sys.executable, str(folder / "flow.py"), AS_OF.isoformat()]
    (folder / "flow.py").write_text(SCRIPT)
    cold = {
        **secrets,
        "PREFECT_HOME": str(folder / "cold"),
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "true",
    }
    command = [sys.executable, "-m", "insights_reports", "run", "monthly", "--dry-run"]
    as_of = ["--as-of", AS_OF.isoformat()]
    config = configuration(folder / "run")
    alone = measured([*command, "--config", str(config), *as_of], secrets)
    say("`run`, without Prefect", alone)
    first = measured([*flow, str(configuration(folder / "c1"))], cold)
    say("flow, cold: a new server", first)
    say("flow, cold, again", measured([*flow, str(configuration(folder / "c2"))], cold))
    with own_server(folder / "home", 0, lambda gone: None) as address:
        warm = {
            **secrets,
            "PREFECT_API_URL": f"{address.url}/api",
            "PREFECT_API_AUTH_STRING": address.inner,
            "PREFECT_HOME": str(folder / "client"),
        }
        server = [server_process()]
        threads = measured([*flow, str(configuration(folder / "t"))], warm, server)
        say("flow, server runs: threads", threads)
        processes = configuration(folder / "p", type="processes")
        say("flow, server runs: processes", measured([*flow, str(processes)], warm, server))
        with dask_cluster(folder / "cluster") as at:
            time.sleep(20)  # its workers have started
            dask = configuration(folder / "d", type="dask", address=at)
            also = server + workers()
            say("flow, server runs: Dask, first", measured([*flow, str(dask)], warm, also))
            dask = configuration(folder / "d2", type="dask", address=at)
            say("flow, server runs: Dask, again", measured([*flow, str(dask)], warm, also))
    say("Prefect's share, cold", first - alone)
    say("Prefect's share, server runs", threads - alone)


def configuration(folder: Path, **task_runner: Any) -> Path:
    """All splits in all formats: 21 files."""
    folder.mkdir()
    path = folder / "insights-reports.yaml"
    splits = [
        "Project",
        "ProjectGroup",
        "Environment",
        "EnvironmentGroup",
        "Tenant",
        "TenantTagSet",
    ]
    monthly = {"report": "InsightsReports-1", "splits": splits, "formats": ["pdf", "xlsx", "html"]}
    path.write_text(json.dumps({"subscriptions": {"monthly": monthly}, "task_runner": task_runner}))
    return path


def measured(command: list[str], environment: dict[str, str], others: list[int] = []) -> Cost:  # noqa: B006
    """What a command costs, and ``others``, processes that work for it meanwhile."""
    before, begun = sum(map(used, others)), time.monotonic()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    process = subprocess.Popen(command, env={**kept, **environment}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    cpu = usage.ru_utime + usage.ru_stime + sum(map(used, others)) - before
    return Cost(cpu, time.monotonic() - begun)


def used(process: int) -> float:
    """Processor seconds of a process that lives, and of its children that ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def workers() -> list[int]:
    """The processes of Dask that this one started, and those that they started."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            found[int(folder.name)] = (int(parent), (folder / "cmdline").read_bytes())
    dask = {
        process
        for process, (parent, line) in found.items()
        if parent == os.getpid() and b"distributed.cli" in line
    }
    return sorted(dask | {process for process, (parent, _) in found.items() if parent in dask})


def say(what: str, cost: Cost) -> None:
    print(f"{what:34} {cost.cpu:6.1f} s of CPU {cost.wall:7.1f} s", flush=True)


if __name__ == "__main__":
    main()
