"""``schedule``: serve the schedules of all subscriptions with Prefect until stopped."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insights_reports.commands.prefect_elsewhere import (
    LOOPBACK,
    refuse_nothing_to_serve,
    server_elsewhere,
)
from insights_reports.commands.webhook import webhook_listener
from insights_reports.config.file import find_config, load_usable
from insights_reports.config.model import Config
from insights_reports.errors import ServerGone
from insights_reports.owed.standing import Overview
from insights_reports.pipeline.metrics_file import write_metrics
from insights_reports.pipeline.overdue import tell_overdue
from insights_reports.pipeline.owed import deliveries_due
from insights_reports.pipeline.standing import end_attempt, enrol, overview
from insights_reports.scheduling.flows import load_flows, load_prefect
from insights_reports.scheduling.identity import sole_scheduler
from insights_reports.scheduling.own_server import Address, own_server
from insights_reports.scheduling.served import Served

if TYPE_CHECKING:
    from insights_reports.scheduling.look import OwedBook

_LOOK = 60.0  # seconds between two looks at what is owed
_WAITING = "prefect.runner.state_proposer"  # says every 20 seconds which runs wait for their turn
_SENDING = 10.0  # seconds that Prefect has at the end to send its events, and its log
_POLL = "2"  # seconds between two looks of ours at our own server for runs that are due


def main(options: argparse.Namespace) -> int:
    """Serve them in this process; what was missed while it was away is made at its start, as each
    subscription's ``catch_up`` says. A subscription with a mistake is left out, at the start and
    while it runs; a mistake elsewhere in the configuration begins nothing.

    Without PREFECT_API_URL a Prefect server is started beside, with its data in the state's folder.

    Raises:
        ConfigError: when the configuration has a mistake outside of single subscriptions.
        UsageError: when no subscription has a schedule, the port is in use, another process serves
            the same state folder, or PREFECT_API_URL would carry passwords in the clear.
        ServerGone: when the server does not start.
    """
    path = find_config(options.config).resolve()
    config = load_usable(path)
    elsewhere = server_elsewhere(allow_http=options.allow_http, port=options.port)
    refuse_nothing_to_serve(config, elsewhere)
    home = config.resolve(config.state) / "prefect"
    with (
        _stopped_like_by_hand(),
        sole_scheduler(home),
        webhook_listener(config, options.webhook) as listener,
        _server(home, elsewhere, options.port),
    ):
        load_prefect()
        logging.getLogger(_WAITING).setLevel(logging.WARNING)
        flows = load_flows(Served(path))
        from insights_reports.scheduling.deployments import serve
        from insights_reports.scheduling.webhook import Bell

        bell = Bell(*listener) if listener else None
        enrol(config, datetime.now(UTC))
        _until_stopped(serve(flows, config, home, partial(_book, path), _LOOK, bell))
        _send_the_rest()
    return 0


def _book(path: Path) -> "OwedBook":
    """By the configuration as it stands now, which the next flow reads as well."""
    from insights_reports.scheduling.look import OwedBook

    config = load_usable(path)
    return OwedBook(
        overview=partial(overview, config),
        end_attempt=partial(end_attempt, config),
        deliveries_due=partial(deliveries_due, config),
        publish=partial(_publish, config),
    )


def _send_the_rest() -> None:
    """What Prefect's threads still have to tell: without a server they would wait for ever."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (EventsWorker, APILogWorker):
        worker.drain_all(timeout=_SENDING)


def _publish(config: Config, found: Overview, now: datetime) -> None:
    """Write the metrics, and tell the operators what is overdue."""
    write_metrics(config, found, now)
    tell_overdue(config, found, now)


@contextmanager
def _server(home: Path, elsewhere: str | None, port: int | None) -> Iterator[None]:
    """The one elsewhere, or one of our own for as long as the block runs."""
    if elsewhere:
        yield
        return
    with own_server(home, port or 0, on_end=_end) as address:
        _use(address, home)
        print(
            f"Prefect's page: {address.url} - log in with what `login` says in {address.door}",
            file=sys.stderr,
        )
        yield


def _use(address: Address, home: Path) -> None:
    """Let this process and the flows' speak to our own server, whatever is set for another."""
    here = ",".join(LOOPBACK)
    for name in ("NO_PROXY", "no_proxy"):
        if os.environ.get("HTTP_PROXY") or os.environ.get("http_proxy") or name in os.environ:
            os.environ[name] = ",".join(filter(None, (os.environ.get(name), here)))
    os.environ |= {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"{address.url}/api",
        "PREFECT_API_AUTH_STRING": address.inner,
        "PREFECT_RUNNER_POLL_FREQUENCY": _POLL,
    }


@contextmanager
def _stopped_like_by_hand() -> Iterator[None]:
    """Let SIGTERM end what was begun, until Prefect's own way takes its place."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _until_stopped(serving: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(serving)
    except KeyboardInterrupt:
        print("Stopped; the schedules stay as they are.", file=sys.stderr)


def _end(gone: ServerGone) -> None:
    """End at once, from the thread that watches: a service manager starts all of it again."""
    print(f"insights-reports: {gone}", file=sys.stderr, flush=True)
    os._exit(gone.exit_status)
