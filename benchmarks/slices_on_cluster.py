"""The editions of many slices by the flow in one process, and on a cluster of Dask: same hashes?

    python benchmarks/slices_on_cluster.py [--slices 1000] [--deployments 50000] [--workers 2]

A made-up report with as many projects as slices, web pages alone, delivered to a folder and to
nobody else, on the embedded server; Prefect's server runs already. Seconds of a processor are those
of the flow, of Dask's scheduler and of its workers. Linux only.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parent.parent))
import prefect_share
import server_history

from insights_reports.scheduling.own_server import own_server
from insights_reports.server import running_server
from tests.flows.test_task_runners import SCRIPT, dask_cluster


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=1000)
    parser.add_argument("--deployments", type=int, default=50_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        data = root / "data.db"
        server_history.make(data, options.deployments, projects=options.slices)
        (root / "flow.py").write_text(SCRIPT)
        with (
            running_server(as_of=server_history.AS_OF, data=data) as octopus,
            own_server(root / "home", 0, lambda gone: None) as prefect,
            dask_cluster(root / "cluster", options.workers) as address,
        ):
            known = {
                "OCTOPUS_URL": octopus.url,
                "OCTOPUS_API_KEY": octopus.api_key,
                "PREFECT_API_URL": f"{prefect.url}/api",
                "PREFECT_API_AUTH_STRING": prefect.inner,
                "PREFECT_HOME": str(root / "client"),
            }
            time.sleep(20)  # Dask's workers have started
            measure(root, known, options, address)


def measure(root: Path, known: dict[str, str], options: argparse.Namespace, address: str) -> None:
    """Both ways; what they took, and whether they made the same."""
    made = []
    for name, runner in (
        ("one process", {}),
        ("Dask", {"type": "dask", "address": address}),
    ):
        config = configuration(root / name.replace(" ", "-"), options.slices, runner)
        flow = [sys.executable, str(root / "flow.py"), server_history.AS_OF.isoformat()]
        cluster = prefect_share.workers() if runner else []
        cost = prefect_share.measured([*flow, str(config)], known, cluster)
        prefect_share.say(f"{options.slices} slices, {name}", cost)
        made.append(hashes(config.parent / "reports"))
    same = made[0] == made[1]
    print(f"{len(made[0])} and {len(made[1])} pages; the same bytes: {'yes' if same else 'NO'}")


def configuration(folder: Path, slices: int, task_runner: dict[str, Any]) -> Path:
    """A slice for each project, for nobody but the folder."""
    folder.mkdir()
    subscription = {
        "report": "Everything",
        "splits": [],
        "formats": ["html"],
        "slices": {
            "by": "Project",
            "recipients": {f"Project {number}": [] for number in range(1, slices + 1)},
            "attach": [],
        },
        "deliver_to": ["archive"],
    }
    path = folder / "insights-reports.yaml"
    config = {
        "destinations": {"archive": {"type": "folder", "path": "reports"}},
        "subscriptions": {"monthly": subscription},
        "task_runner": task_runner,
    }
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def hashes(folder: Path) -> dict[str, str]:
    """Of every page of an edition, by its path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*.html")
        if path.name != "index.html"
    }


if __name__ == "__main__":
    main()
