"""Threads, processes and a cluster of Dask render the same files, byte for byte."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from insights_reports.config.file import load_config
from insights_reports.config.runners import TaskRunner
from insights_reports.errors import UsageError
from insights_reports.pipeline.render import dealt
from insights_reports.pipeline.state import open_ledger
from insights_reports.scheduling.own_server import own_server
from insights_reports.server import RunningServer
from insights_reports.server.company.cast import PROJECTS
from tests.conftest import AS_OF

SCRIPT = """
import json, sys
from datetime import datetime
from pathlib import Path
from insights_reports.scheduling.flows import load_flows, load_prefect
from insights_reports.scheduling.served import Served

if __name__ == "__main__":
    load_prefect(PREFECT_LOGGING_LEVEL="CRITICAL", PREFECT_SERVER_LOGGING_LEVEL="CRITICAL")
    for config in sys.argv[2:]:
        flows = load_flows(Served(Path(config), as_of=datetime.fromisoformat(sys.argv[1])))
        dry = not flows.CONFIG.destinations
        made = flows.make_edition({"subscription": "monthly", "dry_run": dry})
        print(json.dumps(made and made["files"]))
"""


@contextmanager
def dask_cluster(folder: Path, workers: int = 2) -> Iterator[str]:
    """A scheduler and its workers, started apart, elsewhere and without any secret; its address."""
    folder.mkdir()
    found = folder / "scheduler.json"
    at = ["--scheduler-file", str(found)]
    host = ["--host", "127.0.0.1", "--no-dashboard"]
    size = ["--nworkers", str(workers), "--nthreads", "1"]
    commands = [
        ["distributed.cli.dask_scheduler", *at, *host, "--port", "0"],
        ["distributed.cli.dask_worker", *at, *host, *size],
    ]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=(folder / "log").open("a"),
        )
        for command in commands
    ]
    try:
        deadline = time.monotonic() + 120
        while not found.exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        yield json.loads(found.read_text())["address"]
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(60)


def configuration(folder: Path, **task_runner: object) -> Path:
    folder.mkdir()
    path = folder / "insights-reports.yaml"
    monthly = {
        "report": "InsightsReports-1",
        "splits": ["Project"],
        "formats": ["pdf", "html", "xlsx"],
    }
    content = {"subscriptions": {"monthly": monthly}, "task_runner": task_runner}
    path.write_text(json.dumps(content))
    return path


def run_flows(folder: Path, configs: list[Path], server: RunningServer) -> list[Any]:
    """What the flow gives for each configuration; all by one process, with one Prefect server."""
    script = folder / "flows.py"
    script.write_text(SCRIPT)
    with own_server(folder / "prefect", 0, lambda gone: None) as prefect:
        done = subprocess.run(
            [sys.executable, str(script), AS_OF.isoformat(), *map(str, configs)],
            env={
                **os.environ,
                "PREFECT_HOME": str(folder / "client"),
                "PREFECT_API_URL": f"{prefect.url}/api",
                "PREFECT_API_AUTH_STRING": prefect.inner,
                "OCTOPUS_URL": server.url,
                "OCTOPUS_API_KEY": server.api_key,
            },
            capture_output=True,
            text=True,
            timeout=500,
        )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()[-len(configs) :]]


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.slow
def test_the_same_files_byte_for_byte(tmp_path: Path, server: RunningServer) -> None:
    pytest.importorskip("prefect_dask")
    with dask_cluster(tmp_path / "cluster") as address:
        configs = [
            configuration(tmp_path / "threads", type="threads", workers=2),
            configuration(tmp_path / "processes", type="processes", workers=2),
            configuration(tmp_path / "dask", type="dask", workers=3, address=address),
        ]
        made = run_flows(tmp_path, configs, server)
    threads, processes, dask = (
        {Path(file).name: digest(Path(file)) for file in files} for files in made
    )
    assert len(threads) == 6
    assert list(threads.items()) == list(processes.items()) == list(dask.items())


@pytest.mark.slow
def test_slices_are_made_on_a_cluster_and_delivered_here(
    tmp_path: Path, server: RunningServer
) -> None:
    """Ten slices are two tasks. The cluster knows no key of Octopus."""
    distributed = pytest.importorskip("distributed")
    pytest.importorskip("prefect_dask")
    with dask_cluster(tmp_path / "cluster") as address, distributed.Client(address) as client:
        here = sliced(tmp_path / "here")
        there = sliced(tmp_path / "there", type="dask", address=address)
        before = client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.transition_counter)
        run_flows(tmp_path, [here, there], server)
        after = client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.transition_counter)
    assert after > before
    made, made_there = (
        {str(file.relative_to(at.parent)): digest(file) for file in pages(at)}
        for at in (here, there)
    )
    assert len(made) == 10
    assert made == made_there
    assert ended(here) == ended(there) == {"done"}


def sliced(folder: Path, **task_runner: object) -> Path:
    """A slice for each project, delivered to a folder."""
    path = configuration(folder, **task_runner)
    said = json.loads(path.read_text())
    names = [project.name for project in PROJECTS]
    said["subscriptions"]["monthly"] |= {
        "splits": [],
        "formats": ["html"],
        "slices": {"by": "Project", "recipients": {name: [] for name in names}, "attach": []},
        "deliver_to": ["archive"],
    }
    said["destinations"] = {"archive": {"type": "folder", "path": "reports"}}
    path.write_text(json.dumps(said))
    return path


def pages(config: Path) -> list[Path]:
    return [file for file in config.parent.glob("reports/**/*.html") if file.name != "index.html"]


def ended(config: Path) -> set[str]:
    """How the runs ended, that of the subscription and those of its slices."""
    with open_ledger(load_config(config)) as ledger:
        return {run.outcome for run in ledger.runs.latest()}


def test_files_are_dealt_with_each_format_to_all() -> None:
    """Six files in two formats, to two: a PDF takes longest, so nobody gets all three."""
    wanted = [(document, format) for document in "abc" for format in ("pdf", "html")]
    assert dealt(wanted, 2) == [
        [("a", "html"), ("c", "html"), ("b", "pdf")],
        [("b", "html"), ("a", "pdf"), ("c", "pdf")],
    ]
    assert dealt(wanted[:1], 4) == [[("a", "pdf")]]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": "dask"}, "dask needs the address of its scheduler"),
        ({"type": "threads", "address": "tcp://127.0.0.1:8786"}, "an address is for dask and ray"),
    ],
)
def test_an_address_is_for_a_cluster(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TaskRunner.model_validate(given)


def test_a_library_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from insights_reports.scheduling.runners import task_runner

    monkeypatch.setitem(sys.modules, "prefect_dask", None)
    with pytest.raises(UsageError, match=r"insights-reports\[dask\]"):
        task_runner(TaskRunner(type="dask", address="tcp://127.0.0.1:8786"), sys.modules[__name__])
