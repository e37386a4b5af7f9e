"""A Prefect server of our own: started, watched, started again, ended; on a socket that stays ours.

The socket is made here and kept, so a port in use is known at once, nobody else's server can ever
answer in its place, and while the server is started again connections wait instead of failing.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, cast
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from insights_reports.errors import ServerGone, UsageError
from insights_reports.scheduling.door import Keys
from insights_reports.scheduling.operator import OPERATOR
from insights_reports.whole import whole

HOST = "127.0.0.1"
INNER = "insights-reports"  # the user's name of our own processes
_START = 180  # seconds that Prefect's server may take to start
_LOOK, _ANSWER, _MISSES = 2.0, 10.0, 3  # seconds between looks and for an answer; misses in a row
_AGAIN, _WITHIN = 3, 600.0  # how often it is started again, within how many seconds
_OPENER = build_opener(ProxyHandler({}))  # what is on this machine needs no proxy
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "PYTHONPATH")
_SETTINGS = {
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
        # In memory, the default, a restart of the server ends every run that is under way.
        "prefect.server.concurrency.lease_storage.filesystem"
    ),
    # It marks runs that wait as late, many at once, each in a transaction that reads before it
    # writes: SQLite refuses those ("database is locked") however long one would wait. Nobody needs
    # the mark, since what is late is told by the ledger.
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_UI_API_URL": "/api",
    "DO_NOT_TRACK": "1",
}


@dataclass(frozen=True)
class Address:
    """Where the server answers, and the key of our own processes to it."""

    url: str
    inner: str
    door: Path  # the file with the operator's password


@contextmanager
def own_server(home: Path, port: int, on_end: Callable[[ServerGone], None]) -> Iterator[Address]:
    """A server with its data in ``home`` for as long as the block runs; port 0 is any free one.

    ``on_end`` is called, in a thread, when it is gone for good.

    Raises:
        UsageError: when the port is in use.
        ServerGone: when it does not start.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _listening(port) as listener:
        port = listener.getsockname()[1]
        door = home / "door.json"
        keys = Keys(
            instance=secrets.token_urlsafe(24),
            inner=f"{INNER}:{secrets.token_urlsafe(32)}",
            operator=f"{OPERATOR}:{_known_password(door) or secrets.token_urlsafe(24)}",
        )
        _write_door(door, port, keys)
        watched = _WatchedChild(home, listener, port, keys, on_end)
        watched.start()
        try:
            yield Address(f"http://{HOST}:{port}", keys.inner, door)
        finally:
            watched.stop()


class _WatchedChild:
    """The child process, and the thread that looks after it."""

    def __init__(
        self,
        home: Path,
        listener: socket.socket,
        port: int,
        keys: Keys,
        on_end: Callable[[ServerGone], None],
    ) -> None:
        self._home, self._listener, self._port, self._keys = home, listener, port, keys
        self._on_end = on_end
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._begun: list[float] = []

    def start(self) -> None:
        self._child = self._spawn()
        try:
            self._wait_until_ours()
        except ServerGone:
            _end(self._child)
            raise
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        _end(self._child)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "insights_reports.scheduling.server_child"],
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            cwd=self._home,  # Prefect reads settings from files of its working folder
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[self._listener.fileno()],
            start_new_session=True,  # an interrupt at the terminal is for us; we end the child
        )
        given = {
            "fd": self._listener.fileno(),
            "parent": os.getpid(),
            "port": self._port,
            "keys": asdict(self._keys),
            "settings": self._settings(),
        }
        with cast(IO[bytes], child.stdin) as stdin, suppress(BrokenPipeError):
            stdin.write(json.dumps(given).encode() + b"\n")
        return child

    def _settings(self) -> dict[str, str]:
        url = f"http://{HOST}:{self._port}"
        return _SETTINGS | {
            "PREFECT_HOME": str(self._home),
            "PREFECT_API_URL": f"{url}/api",
            "PREFECT_API_AUTH_STRING": self._keys.inner,
            "PREFECT_SERVER_API_AUTH_STRING": self._keys.inner,
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": url,
            "PREFECT_UI_STATIC_DIRECTORY": str(self._home / "ui"),
        }

    def _wait_until_ours(self) -> None:
        deadline = time.monotonic() + _START
        while time.monotonic() < deadline and not self._stopping.is_set():
            if self._child.poll() is not None:
                raise self._gone(f"it ended with status {self._child.returncode}")
            if self._ask("/instance") == self._keys.instance.encode():
                return
        if not self._stopping.is_set():
            raise self._gone(f"it did not answer within {_START} seconds")

    def _ask(self, path: str) -> bytes | None:
        try:
            with _OPENER.open(f"http://{HOST}:{self._port}{path}", timeout=_ANSWER) as reply:
                return bytes(reply.read())
        except (URLError, OSError):
            self._stopping.wait(0.2)
            return None

    def _watch(self) -> None:
        missed = 0
        while not self._stopping.wait(_LOOK):
            dead = self._child.poll() is not None
            missed = 0 if dead or self._ask("/api/health") else missed + 1
            if (dead or missed >= _MISSES) and not self._stopping.is_set():
                missed = 0
                try:
                    self._start_again()
                except ServerGone as gone:
                    self._on_end(gone)
                    return

    def _start_again(self) -> None:
        now = time.monotonic()
        self._begun = [begun for begun in self._begun if begun > now - _WITHIN]
        if len(self._begun) >= _AGAIN:
            raise self._gone(f"it was started {_AGAIN} times in {_WITHIN / 60:.0f} minutes")
        self._begun.append(now)
        print("Prefect's server is gone; it is started again.", file=sys.stderr)
        _end(self._child)
        self._child = self._spawn()
        self._wait_until_ours()

    def _gone(self, why: str) -> ServerGone:
        return ServerGone(
            "Prefect's server is gone.", f"http://{HOST}:{self._port}: {why}",
            "What it said stands above; start `schedule` again.",
        )  # fmt: skip


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((HOST, port), backlog=128)
    except OSError as error:
        raise UsageError(
            "The port cannot be used.",
            f"--port: {HOST}:{port}: {os.strerror(error.errno or 0)}",
            "Name another one, or leave --port out for any that is free.",
        ) from None
    with listener:
        yield listener


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(15)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _known_password(door: Path) -> str | None:
    """The operator's password of the last start: it stays until the file is deleted."""
    try:
        stored = json.loads(door.read_text(encoding="utf-8"))["password"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return stored if isinstance(stored, str) and len(stored) >= 24 else None


def _write_door(path: Path, port: int, keys: Keys) -> None:
    """The file from which people read address and password; only its owner can."""
    user, _, password = keys.operator.partition(":")
    content = {
        "url": f"http://{HOST}:{port}",
        "user": user,
        "password": password,
        "login": keys.operator,
    }
    with whole(path, private=True) as part:
        part.write_text(json.dumps(content, indent=1), encoding="utf-8")
