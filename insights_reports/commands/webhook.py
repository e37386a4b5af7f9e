"""Where `schedule` answers Octopus's webhook: the socket, the secret, the names."""

import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from insights_reports.config.model import Config
from insights_reports.config.runners import ReleaseTrains
from insights_reports.errors import UsageError

_SHORTEST = 16  # characters of a secret
_WHERE = re.compile(r"(?:(?P<host>[^:\s]+|\[[0-9a-fA-F:]+\]):)?(?P<port>\d{1,5})")


@contextmanager
def webhook_listener(
    config: Config, where: str | None
) -> Iterator[tuple[socket.socket, str, list[str], ReleaseTrains] | None]:
    """The socket at ``where`` (``[HOST:]PORT``), the secret, the names by which it is called and
    what shall begin; None without ``where``.

    Raises:
        UsageError: when it cannot listen there, the configuration has no ``webhook:``, or the
            secret is missing or short.
    """
    if where is None:
        yield None
        return
    if config.webhook is None:
        raise UsageError(
            "Nothing is to begin by a webhook.", f"File: {config.path}", "Add `webhook:` to it."
        )
    secret = _secret(config, config.webhook)
    with _listening(where) as listener:
        names = ["127.0.0.1", "localhost", *filter(None, [config.webhook.host])]
        yield listener, secret, names, config.webhook


def _secret(config: Config, trains: ReleaseTrains) -> str:
    given, source = os.environ.get("WEBHOOK_SECRET", ""), "WEBHOOK_SECRET"
    if trains.secret_file:
        path = config.resolve(trains.secret_file)
        source = f"webhook.secret_file: {path}"
        try:
            given = path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError("The webhook's secret cannot be read.", source, str(error)) from None
    if len(given.strip()) < _SHORTEST:
        raise UsageError(
            "The webhook has no secret that nobody guesses.",
            f"{source}: {len(given.strip())} characters",
            f"Choose {_SHORTEST} or more, such as `openssl rand -hex 24` prints.",
        )
    return given.strip()


@contextmanager
def _listening(where: str) -> Iterator[socket.socket]:
    found = _WHERE.fullmatch(where)
    try:
        if not found:
            raise OSError("not [HOST:]PORT")
        host = (found["host"] or "127.0.0.1").strip("[]")
        listener = socket.create_server(
            (host, int(found["port"])), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except (OSError, OverflowError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            "The webhook cannot be answered there.",
            f"--webhook: {where!r}: {said}",
            "Name a port that is free, or an address of this machine and a port.",
        ) from None
    with listener:
        _say_where(listener)
        yield listener


def _say_where(listener: socket.socket) -> None:
    """On standard error: a port 0 is any free one."""
    host, port = listener.getsockname()[:2]
    print(f"Octopus's webhook: POST http://{host}:{port}/webhook", file=sys.stderr)
