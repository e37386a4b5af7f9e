"""The body of a reply as a file: whole or an error, within a byte cap.

Why not leave it to requests: it forgives a cut gzip body, and unpacks a bomb into memory.
"""

import io
import zlib
from typing import Any

import urllib3

from insights_reports.errors import BadReply

_CHUNK = 1 << 18


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
