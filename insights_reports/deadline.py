"""A deadline for a whole exchange by HTTP.

The timeout of requests starts anew with each byte, so that a slow server can hold a run for hours.
"""

import socket
import threading
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

_THIS_THREAD = threading.local()


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
