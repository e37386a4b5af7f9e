"""``schedule``: serve the schedules of all subscriptions with Prefect until stopped."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from insights_reports.commands.flows import load_flows, load_prefect
from insights_reports.config import Config, Schedule
from insights_reports.config_file import find_config, load_config
from insights_reports.errors import InsightsReportsError, UsageError
from insights_reports.scheduling.served import Served

PORT = 4200
_START = 120  # seconds that Prefect's server may take to start
_OWED = 30  # minutes between two looks at what is owed


def main(options: argparse.Namespace) -> int:
    """Serve them in this process. A stop does not pause the schedules, and what was missed
    meanwhile runs at the next start, each run for its own period.

    Without PREFECT_API_URL a Prefect server is started beside, with its data in the state's folder.

    Raises:
        UsageError: when no subscription has a schedule.
    """
    path = find_config(options.config).resolve()
    config = load_config(path)
    schedules = {name: s.schedule for name, s in config.subscriptions.items() if s.schedule}
    if not schedules:
        raise UsageError(
            "No subscription has a schedule.", f"File: {path}", "Add schedule: {cron, zone} to one."
        )
    with _prefect_server(config):
        _serve(path, schedules)
    return 0


def _serve(path: Path, schedules: dict[str, Schedule]) -> None:
    load_prefect()
    flows = load_flows(Served(path))

    from prefect import serve
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.schedules import Cron, Interval

    one_at_a_time = ConcurrencyLimitConfig(
        limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE
    )

    def deployment(flow: Any, name: str, schedule: Any, parameters: dict[str, Any]) -> Any:
        return flow.to_deployment(
            name=name,
            schedules=[schedule],
            parameters=parameters,
            concurrency_limit=one_at_a_time,
        )

    deployments = [deployment(flows.deliver_owed, "owed", Interval(_OWED * 60), {})]
    for name, schedule in schedules.items():
        print(f"{name}: {schedule.cron} in {schedule.zone}", file=sys.stderr)
        cron = Cron(
            schedule.cron,
            timezone=schedule.zone,
            slug="schedule",
        )
        request = {"request": {"subscription": name}}
        deployments.append(deployment(flows.make_edition, name, cron, request))
    serve(*deployments, pause_on_shutdown=False)


@contextmanager
def _prefect_server(config: Config) -> Iterator[None]:
    """A Prefect server on this machine for as long as the block runs, unless there is one."""
    if os.environ.get("PREFECT_API_URL"):
        yield
        return
    home = config.resolve(config.state) / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_HOME"] = str(home)
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{PORT}/api"
    command = [sys.executable, "-m", "prefect", "server", "start"]
    server = subprocess.Popen(  # noqa: S603 - Prefect itself, on a fixed address
        [*command, "--host", "127.0.0.1", "--port", str(PORT)], stdout=subprocess.DEVNULL
    )
    try:
        _wait_until_healthy(server)
        yield
    finally:
        server.terminate()
        server.wait()


def _wait_until_healthy(server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{PORT}/api/health", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    raise InsightsReportsError(
        "Prefect's server did not start.",
        f"Address: http://127.0.0.1:{PORT}",
        "Free the port, or set PREFECT_API_URL to a server that runs.",
    )
