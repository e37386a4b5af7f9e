"""A proxy between a client and the server, which puts faults into replies that pass through it."""

import asyncio
import contextlib
import re
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from insights_reports.errors import UsageError
from insights_reports.server.data_faults import DATA_FAULTS
from insights_reports.server.faults import FAULTS, LICENCE, Fault, Reply, Step

_LONGEST_BODY = 64 << 20
_NOT_LICENSED = re.compile(f"/insights/reports|{LICENCE}")
_INSIGHTS = re.compile("/insights/")


@dataclass
class Injection:
    """A fault, the requests it strikes, and the number of them that is left; None: every one."""

    fault: Fault
    left: int | None
    struck: re.Pattern[str] = _INSIGHTS

    @classmethod
    def parse(cls, text: str) -> "Injection":
        """Read `NAME`, or `NAME:COUNT` for the first COUNT requests. Raises UsageError."""
        name, left = _split(text, tuple(FAULTS), "fault")
        struck = _NOT_LICENSED if name.startswith("not-licensed") else _INSIGHTS
        return cls(FAULTS[name], left, struck)

    @classmethod
    def of_data(cls, text: str) -> "Injection":
        """The same for a fault of the data. Raises UsageError."""
        name, left = _split(text, tuple(DATA_FAULTS), "data fault")
        return cls(DATA_FAULTS[name].fault, left, DATA_FAULTS[name].struck)

    def strikes(self, path: str) -> bool:
        """Whether this request is struck; counts it if so. `path` has no query."""
        if self.left == 0 or not self.struck.search(path.casefold()):
            return False
        if self.left is not None:
            self.left -= 1
        return True


def _split(text: str, names: tuple[str, ...], what: str) -> tuple[str, int | None]:
    name, colon, count = text.partition(":")
    if name not in names or (colon and not re.fullmatch(r"\d{1,9}", count, re.ASCII)):
        raise UsageError(
            f"There is no such {what}.",
            f"{what.capitalize()}: {text}",
            f"Choose from {', '.join(names)}.",
        )
    return name, int(count) if count else None


async def proxy(
    listener: socket.socket, port: int, injections: Sequence[Injection]
) -> asyncio.Server:
    """Pass requests on to the server on loopback at `port`, and its replies through a fault.

    The first of the injections that strikes a request has it.
    """

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path, request = await _read_request(reader)
            reply = await _ask(port, path, request)
            fault = next((each.fault for each in injections if each.strikes(path)), _whole)
            await _play(fault(reply), writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # the client went away or spoke no HTTP; there is nobody to tell
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    return await asyncio.start_server(serve_one, sock=listener)


def _whole(reply: Reply) -> Iterator[Step]:
    yield reply.head() + reply.body


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """The path without its query, and the request as HTTP/1.0: the reply comes whole, unchunked."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = [line for line in lines if line and not line.casefold().startswith("connection:")]
    lengths = [h.partition(":")[2] for h in headers if h.casefold().startswith("content-length:")]
    size = int(lengths[0]) if lengths else 0
    if not 0 <= size <= _LONGEST_BODY:
        raise ValueError("the request is too large")
    body = await reader.readexactly(size)
    head = "\r\n".join((f"{method} {path} HTTP/1.0", *headers, "", "")).encode("latin-1")
    return path.partition("?")[0], head + body


async def _ask(port: int, path: str, request: bytes) -> Reply:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
    writer.close()
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":")[::2] for line in lines)
    kept = tuple(
        (name, value.strip())
        for name, value in pairs
        if name.casefold() not in ("content-length", "connection", "transfer-encoding")
    )
    return Reply(first.partition(" ")[2], kept, body, path)


async def _play(steps: Iterator[Step], writer: asyncio.StreamWriter) -> None:
    for step in steps:
        if isinstance(step, bytes):
            writer.write(step)
            await writer.drain()
        elif isinstance(step, float):
            await asyncio.sleep(step)
        else:
            # A lingering time of zero makes the closing a reset.
            connection = writer.get_extra_info("socket")
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
