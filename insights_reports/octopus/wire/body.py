"""The body of a reply as a file: whole or an error, within a byte cap and a deadline.

Why not leave it to requests: it forgives a cut gzip body, unpacks a bomb into memory, and its
timeout starts anew with each byte, so that a slow server can hold a run for hours.
"""

import io
import socket
import threading
import zlib
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from insights_reports.errors import BadReply

_CHUNK = 1 << 18
_THIS_THREAD = threading.local()


class Body(io.RawIOBase):
    """Reads a urllib3 response, decompressed, and verifies that it ends where it should."""

    def __init__(self, raw: urllib3.BaseHTTPResponse, most_bytes: int, name: str = "") -> None:
        self._raw, self._name = raw, name
        self._left = self._most = most_bytes
        self._unpacker = _unpacker(raw.headers.get("Content-Encoding", ""))
        self._ended = False

    @property
    def taken(self) -> int:
        """How many bytes were read, decompressed."""
        return self._most - self._left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes, at least one before the end; all that is left when negative.

        Raises:
            BadReply: when the body is over the cap or its compression is broken or cut.
            urllib3.exceptions.HTTPError, OSError: when the connection broke.
        """
        if size < 0:
            return b"".join(iter(lambda: self._some(_CHUNK), b""))
        return self._some(size) if size else b""

    def _some(self, size: int) -> bytes:
        data = b""
        while not data and not self._ended:
            if self._unpacker is not None:
                data = self._unpacked(self._unpacker, size)
            else:
                data = self._raw.read(size)
                self._ended = not data
        self._left -= len(data)
        if self._left < 0:
            raise BadReply(
                "Octopus's reply is too long.", f"{self._name}: more than {self._most:,} bytes"
            )
        return data

    def _unpacked(self, unpacker: "zlib._Decompress", size: int) -> bytes:
        packed = unpacker.unconsumed_tail or self._raw.read(_CHUNK)
        if not packed or unpacker.eof:
            self._ended = True
            if packed or not unpacker.eof:
                raise _broken("it is cut short" if not packed else "something follows its end")
            return b""
        try:
            data = unpacker.decompress(packed, size)
        except zlib.error as error:
            raise _broken(str(error)) from None
        if unpacker.unused_data:
            raise _broken("something follows its end")
        return data


def _unpacker(encoding: str) -> "zlib._Decompress | None":
    if encoding.lower() in {"", "identity"}:
        return None
    if encoding.lower() in {"gzip", "x-gzip"}:
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    raise BadReply("Octopus's reply is compressed in a way nobody asked for.", encoding[:80])


def _broken(why: str) -> BadReply:
    return BadReply("The compression of Octopus's reply is broken.", why, retryable=True)


class Deadline:
    """Ends the exchange of this thread after so many seconds by shutting its socket down.

    It covers connecting, slow headers and a slow body alike: a read that waits returns at once.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.passed = False
        self._connection: Any = None
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self.end)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        _THIS_THREAD.deadline = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _THIS_THREAD.deadline = None

    def watch(self, connection: Any) -> None:
        self._connection = connection
        self._socket = connection.sock or self._socket
        if self.passed:
            raise TimeoutError("the deadline has passed")

    def end(self) -> None:
        """End the exchange now."""
        self.passed = True
        for sock in (self._socket, getattr(self._connection, "sock", None)):
            if isinstance(sock, socket.socket):
                try:
                    # Not SSLSocket's own shutdown: it would forget the TLS state mid-read.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
                except OSError:  # closed already
                    continue


def _watch(connection: Any) -> None:
    deadline: Deadline | None = getattr(_THIS_THREAD, "deadline", None)
    if deadline is not None:
        deadline.watch(connection)


class _WatchedBody:
    """Tells the deadline which socket this thread waits for."""

    def connect(self) -> None:
        _watch(self)
        super().connect()  # type: ignore[misc]
        _watch(self)

    def request(self, *args: Any, **options: Any) -> None:
        _watch(self)
        super().request(*args, **options)  # type: ignore[misc]

    def getresponse(self) -> Any:
        _watch(self)  # afterwards the connection may have handed its socket to the response
        return super().getresponse()  # type: ignore[misc]


class _HTTPConnection(_WatchedBody, HTTPConnection):
    pass


class _HTTPSConnection(_WatchedBody, HTTPSConnection):
    pass


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class WatchedAdapter(HTTPAdapter):
    """An adapter whose connections can be ended by a `Deadline`, with or without a proxy."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        return manager
