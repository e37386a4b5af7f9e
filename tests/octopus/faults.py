"""A server on a real socket that misbehaves on purpose.

A behaviour is a function that gets the socket of one request and does with it what it likes. The
n-th request that is not for the spaces gets the n-th behaviour, the last one all that follow.
"""

import contextlib
import gzip
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket], None]

SPACES = {
    "TotalResults": 2,
    "Items": [
        {"Id": "Spaces-1", "Name": "Default", "Slug": "default", "IsDefault": True},
        {"Id": "Spaces-2", "Name": "Second Space", "Slug": "second", "IsDefault": False},
    ],
}


@dataclass
class FaultServer:
    behaviours: list[Behaviour]
    port: int
    host: str = "127.0.0.1"
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def behaviour(self, head: bytes) -> Behaviour:
        if head.split(b" ")[1].partition(b"?")[0].endswith(b"/api/spaces"):
            return reply(SPACES)
        self.requests.append(head)
        return self.behaviours[min(len(self.requests), len(self.behaviours)) - 1]


@contextmanager
def fault_server(*behaviours: Behaviour) -> Iterator[FaultServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = FaultServer(list(behaviours), listener.getsockname()[1])
        threading.Thread(target=_accept, args=(listener, server), daemon=True).start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, server: FaultServer) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, server), daemon=True).start()


def _serve(connection: socket.socket, server: FaultServer) -> None:
    with connection, contextlib.suppress(OSError):
        head = b""
        while b"\r\n\r\n" not in head:
            some = connection.recv(65536)
            if not some:
                return
            head += some
        length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
        whole = head.index(b"\r\n\r\n") + 4 + int(length[1] if length else 0)
        while len(head) < whole:
            head += connection.recv(65536)
        server.behaviour(head)(connection)


def reply(
    value: object = None, *headers: str, status: str = "200 OK", body: bytes | None = None
) -> Behaviour:
    """A proper reply."""
    content = json.dumps(value).encode() if body is None else body
    return raw(
        content,
        f"Content-Length: {len(content)}",
        "Content-Type: application/json",
        *headers,
        status=status,
    )


def raw(body: bytes, *headers: str, status: str = "200 OK") -> Behaviour:
    """Exactly these bytes and headers, then the end of the connection."""
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, "Connection: close", "", ""]).encode()
    return lambda connection: connection.sendall(head + body)


def close(connection: socket.socket) -> None:
    connection.close()


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_within(body: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        raw(body[: len(body) // 2], JSON, f"Content-Length: {len(body)}")(connection)
        time.sleep(0.05)
        reset(connection)

    return behave


def drip(body: bytes, seconds: float) -> Behaviour:
    """One byte of the body after another."""

    def behave(connection: socket.socket) -> None:
        raw(b"", JSON, f"Content-Length: {len(body)}")(connection)
        _drip(connection, body, seconds)

    return behave


def drip_headers(seconds: float) -> Behaviour:
    head = b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 999
    return lambda connection: _drip(connection, head, seconds)


def _drip(connection: socket.socket, data: bytes, seconds: float) -> None:
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(seconds)


def redirect(code: int, to: str) -> Behaviour:
    return raw(b"", f"Location: {to}", "Content-Length: 0", status=f"{code} Moved")


def bomb(size: int) -> bytes:
    """A gzip body of about size / 1000 bytes that unpacks to ``size`` blanks."""
    return gzip.compress(b" " * size)


JSON = "Content-Type: application/json"
GZIP = "Content-Encoding: gzip"
