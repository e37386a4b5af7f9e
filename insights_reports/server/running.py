"""Running the server: in this process, or in one of its own that ends with its parent."""

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn

from insights_reports.errors import InsightsReportsError, UsageError
from insights_reports.scratch import scratch_folder
from insights_reports.server import company, database
from insights_reports.server.access import Site
from insights_reports.server.app import make_app
from insights_reports.server.deletions import DELETIONS, deleted
from insights_reports.server.injection import Injection, proxy
from insights_reports.server.release_order import ReleaseOrder
from insights_reports.server.ticks import from_datetime
from insights_reports.server.webhooks import webhooks_called

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def create_database(
    path: Path, *, as_of: datetime, seed: int = 1, release_order: ReleaseOrder = "id"
) -> None:
    """Make a database with the made-up company's history up to `as_of`, which must be aware. Its
    releases follow one another as they were created, or by version.

    Raises UsageError when something is already at `path`.
    """
    with database.new_database(path) as connection:
        company.store(connection, as_of, seed, older_lines=release_order == "version")
        database.derive_facts(connection, release_order)


def read_faults(fault: str | None, data_faults: Sequence[str]) -> list[Injection]:
    """How the server is to misbehave, as `serve` takes it.

    Raises:
        UsageError: when there is no such fault.
    """
    injections = [Injection.of_data(name) for name in data_faults if name not in DELETIONS]
    return injections + ([Injection.parse(fault)] if fault else [])


def serve(
    data: Path,
    *,
    host: str = "127.0.0.1",
    port: int,
    as_of: datetime | None,
    api_key: str,
    restricted_key: str | None = None,
    fault: str | None = None,
    data_faults: Sequence[str] = (),
    strict: bool = False,
    allow_remote: bool = False,
    on_start: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve the database until the process is told to stop; port 0 picks a free one.

    `as_of` stops the server's clock, so that nothing happens of which a webhook could be told;
    `fault` is one of `faults.FAULTS`, perhaps with `:COUNT`;
    `data_faults` are some of `DATA_FAULTS`, likewise, and of `DELETIONS`; `strict` answers as the
    strictest known Octopus does instead of the laxest;
    `on_start` is called with the URL once the server answers. Raises UsageError for a file that is
    no such database, an unknown fault, and a host beyond this machine without `allow_remote`.
    """
    if host not in _LOOPBACK and not allow_remote:
        raise UsageError(
            "The server may not be reached from other machines.",
            f"Host: {host}",
            "Use 127.0.0.1, or allow remote access.",
        )
    database.check(data)
    database.complete(data)
    injections = read_faults(fault, data_faults)
    clock = _clock(as_of)
    gone = _deleted(data, [name for name in data_faults if name in DELETIONS], clock())
    site = Site(data, clock, api_key, restricted_key, strict, gone)
    listener = _listen(host, port)
    config = uvicorn.Config(
        make_app(site, allow_remote=allow_remote), log_level="warning", access_log=False
    )
    server = _Server(config)
    server.on_start = lambda: on_start(_url(listener))
    with webhooks_called(site) if as_of is None else nullcontext():  # else nothing happens
        asyncio.run(_run(server, listener, injections))


async def _run(
    server: uvicorn.Server, listener: socket.socket, injections: Sequence[Injection]
) -> None:
    if not injections:
        await server.serve([listener])
        return
    behind = _listen("127.0.0.1", 0)
    async with await proxy(listener, behind.getsockname()[1], injections):
        await server.serve([behind])


def _deleted(data: Path, names: Sequence[str], now: datetime) -> frozenset[str]:
    with closing(database.connect(data)) as connection:
        return deleted(connection, names, from_datetime(now))


class _Server(uvicorn.Server):
    on_start: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_start()


def _clock(as_of: datetime | None) -> Callable[[], datetime]:
    return (lambda: datetime.now(UTC)) if as_of is None else (lambda: as_of)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            "The server cannot listen here.", f"{host}:{port}: {error.strerror}", "Choose another."
        ) from None
    listener.listen(128)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@dataclass(frozen=True)
class RunningServer:
    """A server in a process of its own."""

    url: str
    api_key: str = field(repr=False)
    restricted_key: str = field(repr=False)
    data: Path
    process: "subprocess.Popen[str]" = field(repr=False)


@contextmanager
def running_server(
    *,
    as_of: datetime,
    seed: int = 1,
    data: Path | None = None,
    port: int = 0,
    api_key: str | None = None,
    restricted_key: str | None = None,
    fault: str | None = None,
    data_faults: Sequence[str] = (),
    strict: bool = False,
    release_order: ReleaseOrder = "id",
) -> Iterator[RunningServer]:
    """Run a server beside this process until the block ends, or this process does.

    Without `data` the made-up company of `seed` lives in a temporary file; a named file is made
    when it does not exist. Keys that are not given are drawn at random.
    """
    with scratch_folder() as folder:
        path = data or folder / "insights.sqlite"
        if not path.exists():
            create_database(path, as_of=as_of, seed=seed, release_order=release_order)
        keys = (api_key or _new_key(), restricted_key or _new_key())
        options: dict[str, Any] = {"port": port, "fault": fault, "strict": strict}
        options["data_faults"] = list(data_faults)
        process = _start(path, as_of, *keys, options)
        try:
            yield RunningServer(_await_url(process), *keys, path, process)
        finally:
            _stop(process)


def _new_key() -> str:
    return f"API-{secrets.token_hex(16).upper()}"


def _start(
    path: Path, as_of: datetime, api_key: str, restricted_key: str, options: dict[str, Any]
) -> "subprocess.Popen[str]":
    settings = options | {
        "data": str(path),
        "as_of": as_of.isoformat(),
        "api_key": api_key,
        "restricted_key": restricted_key,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "insights_reports.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl+C is for the parent, which then ends the server
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    # Through the pipe and not as arguments, which every user of the machine can read.
    process.stdin.write(json.dumps(settings) + "\n")
    process.stdin.flush()
    return process


def _await_url(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    url = process.stdout.readline().strip()
    if not url:
        raise InsightsReportsError(
            "The embedded server did not start.",
            f"Exit status: {process.wait()}",
            "Its own words stand above.",
        )
    return url


def _stop(process: "subprocess.Popen[str]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run_child() -> None:
    """The other side of `running_server`: settings come in on one line, the URL goes out on one."""
    settings = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    data, as_of = Path(settings.pop("data")), datetime.fromisoformat(settings.pop("as_of"))
    serve(data, as_of=as_of, **settings, on_start=lambda url: print(url, flush=True))


def _end_with_parent() -> None:
    """The pipe closes when the parent ends, in whatever way."""
    sys.stdin.read()
    os._exit(0)
