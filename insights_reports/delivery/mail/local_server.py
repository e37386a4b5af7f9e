"""A mail server on this machine that writes what it receives as .eml files: the demo's postbox."""

import contextlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from insights_reports.edition.files import slug

_LARGEST = 64_000_000  # bytes


@dataclass(frozen=True, slots=True)
class LocalMailServer:
    """A running server: where to connect, and the paths of the messages received so far."""

    host: str
    port: int
    received: list[Path] = field(default_factory=list)


@contextlib.contextmanager
def local_mail_server(folder: Path) -> Iterator[LocalMailServer]:
    """Serve SMTP on a free port of 127.0.0.1 and write each message into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    received: list[Path] = []
    controller = _FreePort(
        _Postbox(folder, received), hostname="127.0.0.1", port=0, data_size_limit=_LARGEST
    )
    controller.start()
    try:
        yield LocalMailServer("127.0.0.1", controller.port, received)
    finally:
        controller.stop(no_assert=True)


class _FreePort(Controller):
    """A controller that lets the system choose the port and then knows it."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class _Postbox:
    """Writes each message whole; the name says its order and first recipient."""

    def __init__(self, folder: Path, received: list[Path]) -> None:
        self._folder = folder
        self._received = received
        self._numbers = itertools.count(1)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        path = self._write(slug(envelope.rcpt_tos[0]), envelope.content)
        self._received.append(path)
        return f"250 2.0.0 Message accepted as {path.name}"

    def _write(self, recipient: str, content: bytes) -> Path:
        """Under the first free number; a hard link never takes the place of an older message."""
        part = self._folder / f".{os.getpid()}.part"
        part.write_bytes(content)
        try:
            while True:
                path = self._folder / f"{next(self._numbers):04}-{recipient}.eml"
                with contextlib.suppress(FileExistsError):
                    path.hardlink_to(part)
                    return path
        finally:
            part.unlink()
