"""The reply of ``/deployments`` decoded while it arrives, without ever being one Python object.

A year of a big space is one JSON document of half a gigabyte. It is cut between its streams into
pieces of 1 to 8 MiB; each piece is decoded to Arrow columns in a thread while the next arrives.

Why a cut is safe: a quote that is followed by a letter opens a string (after a closing quote
comes a comma, a colon or a bracket), so ``]},{"X`` never lies inside one. Whether the cut lies
between two *streams* is verified, not assumed: the text before the first piece must be the
beginning of an object that ends in ``"Streams": [``, and each piece must be a sequence of elements
of one array. A piece that is not is joined with what follows; at worst the whole document is one.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO, Generic, TypeVar

import orjson
import pyarrow as pa

from insights_reports.errors import BadReply
from insights_reports.spelling.arrow import read_arrow
from insights_reports.spelling.strict import json_object
from insights_reports.spelling.text import clean_text

DEPLOYMENT = pa.struct(
    [
        ("Id", pa.string()),
        ("ReleaseVersion", pa.string()),
        ("TaskState", pa.string()),
        ("CompletedTime", pa.string()),
        ("HadGuidedFailure", pa.bool_()),
        ("LeadTime", pa.string()),
        ("LeadTimeCalculatedFromVersion", pa.string()),
        ("TimeSincePreviouslySuccessfulDeployment", pa.string()),
        ("PreviousSuccessfulDeploymentId", pa.string()),
        ("TimeToRecovery", pa.string()),
        ("DeploymentsUntilRecovery", pa.float64()),
        ("RecoveredFromFailedDeploymentId", pa.string()),
        ("RecoveredFromFailedReleaseVersion", pa.string()),
    ]
)
STREAM_ATTRIBUTES = (
    "ProjectId",
    "ProjectName",
    "ChannelId",
    "ChannelName",
    "EnvironmentId",
    "EnvironmentName",
    "TenantId",
    "TenantName",
)
STREAM = pa.struct(
    [*((name, pa.string()) for name in STREAM_ATTRIBUTES), ("Deployments", pa.list_(DEPLOYMENT))]
)
_TAIL = pa.schema([("Streams", pa.list_(STREAM)), ("ReportName", pa.string())])
_PIECE = pa.schema([("Streams", pa.list_(pa.list_(STREAM)))])

_CHUNK = 1 << 20
_PIECE_SIZE = 1 << 20  # of the first piece, to begin soon; larger ones cost less a byte
_LARGEST = 8  # times the first
_BORDER = re.compile(rb'(\]\s*\})\s*,\s*(?=\{\s*"[A-Za-z])')
_LONGEST_BORDER = 256  # longer ones, if any, only make a piece larger
_OPEN, _CLOSE = b'{"Streams":[[', b"]]}"  # a list of lists: see `_streams_of`
_HEAD = re.compile(rb'"Streams"\s*:\s*\[')
_LONGEST_HEAD = 64  # of the match: with more blanks in it, the document is read as one piece
_BOM = b"\xef\xbb\xbf"
_IN_FLIGHT = 4

T = TypeVar("T")


def decode(source: BinaryIO, flatten: Callable[[pa.Array], T]) -> tuple[str | None, list[T]]:
    """The report's name and ``flatten(streams)`` of each piece, in the order of the reply.

    ``flatten`` gets a struct array of type `STREAM` and runs in a thread.

    Raises:
        BadReply: when the document is cut short, is not JSON, or is not a reply of streams.
    """
    head, rest = _head(source)
    if head is None:
        return _whole(rest, flatten)
    with ThreadPoolExecutor(2, thread_name_prefix="decode") as pool:
        joiner = _Joiner(pool, flatten)
        for piece, last in _cut(rest, source):
            if last:
                name, tail = _tail(head, joiner.close(piece))
                return name, [*joiner.done, flatten(tail)]
            joiner.add(piece)
    raise AssertionError("the last piece returns")


def _head(source: BinaryIO) -> tuple[bytes | None, bytes]:
    """What stands up to ``"Streams": [`` and what has arrived of the rest; no head: all of it."""
    buffer = bytearray()
    while chunk := source.read(_CHUNK):
        searched = max(0, len(buffer) - _LONGEST_HEAD)  # else a body without streams costs n²
        buffer += chunk
        match = _HEAD.search(buffer, searched)
        if match is None:
            continue
        head = bytes(buffer[: match.end()]).removeprefix(_BOM)
        if _opens_streams(head):
            return head, bytes(buffer[match.end() :])
        break
    return None, bytes(buffer).removeprefix(_BOM) + source.read()


def _opens_streams(head: bytes) -> bool:
    try:
        value = orjson.loads(head + b"]}")
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, dict) and value.get("Streams") == []


def _cut(arrived: bytes, source: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """The pieces in `_OPEN` and `_CLOSE`, without the commas between them; then the bare last."""
    buffer = bytearray(arrived)
    size = searched = _PIECE_SIZE
    while True:
        border = _BORDER.search(buffer, searched)
        if border is not None:
            with memoryview(buffer) as view, view[: border.end(1)] as piece:
                wrapped = b"".join([_OPEN, piece, _CLOSE])
            yield wrapped, False
            del buffer[: border.end()]
            size = searched = min(2 * size, _LARGEST * _PIECE_SIZE)
            continue
        searched = max(size, len(buffer) - _LONGEST_BORDER)
        chunk = source.read(_CHUNK)
        if not chunk:
            yield bytes(buffer), True
            return
        buffer += chunk


class _Joiner(Generic[T]):
    """Decodes pieces in threads, keeps their order, and joins those that are not whole."""

    def __init__(self, pool: ThreadPoolExecutor, flatten: Callable[[pa.Array], T]) -> None:
        self.done: list[T] = []
        self._pool = pool
        self._flatten = flatten
        self._pending: deque[tuple[bytes, Future[T | None]]] = deque()
        self._open: list[bytes] = []  # pieces that are no whole sequence of streams without more
        self._tried = 0

    def add(self, piece: bytes) -> None:
        self._pending.append((piece, self._pool.submit(self._decode, piece)))
        if len(self._pending) >= _IN_FLIGHT:
            self._settle()

    def close(self, last: bytes) -> bytes:
        """The last piece, with the pieces before it that were still open."""
        while self._pending:
            self._settle()
        return b",".join([*self._open, last])

    def _settle(self) -> None:
        piece, future = self._pending.popleft()
        result = future.result() if not self._open else None
        if result is None:
            self._open.append(piece[len(_OPEN) : -len(_CLOSE)])
            result = self._try_joined()
        if result is not None:
            self._open, self._tried = [], 0
            self.done.append(result)

    def _try_joined(self) -> T | None:
        """Whenever what is open has doubled; so a broken document costs at most twice its size."""
        size = sum(map(len, self._open))
        if len(self._open) == 1 or size < 2 * self._tried:
            self._tried = self._tried or size
            return None
        self._tried = size
        return self._decode(b"".join([_OPEN, b",".join(self._open), _CLOSE]))

    def _decode(self, piece: bytes) -> T | None:
        streams = _streams_of(piece)
        return None if streams is None else self._flatten(streams)


def _streams_of(wrapped: bytes) -> pa.Array | None:
    """The streams of a piece; None when it is no sequence of whole elements."""
    # In a list of lists, a piece that ends the array of streams and goes on is no JSON.
    table = read_arrow(wrapped, _PIECE)
    if table is not None:
        arrays = table["Streams"].combine_chunks().flatten()
        return arrays.flatten() if len(arrays) == 1 else None
    try:
        lists = json_object(wrapped)["Streams"]
    except BadReply:
        return None
    return _typed(lists[0]) if len(lists) == 1 else None


def _tail(head: bytes, tail: bytes) -> tuple[str | None, pa.Array]:
    """The report's name and the streams of the last piece, which also ends the document."""
    table = read_arrow(b'{"Streams":[' + tail, _TAIL)
    if table is not None:
        document = {"ReportName": table["ReportName"][0].as_py()}
        streams = table["Streams"].combine_chunks().flatten()
    else:
        document = json_object(b'{"Streams":[' + tail)
        streams = _typed(document["Streams"])
    before = json_object(head + b"]}")
    return _report_name({**document, **before} if "ReportName" in before else document), streams


def _whole(document: bytes, flatten: Callable[[pa.Array], T]) -> tuple[str | None, list[T]]:
    reply = {} if _is_other_json(document) else json_object(document)
    if not isinstance(reply.get("Streams"), list):
        raise BadReply("Octopus's reply has no streams of deployments.", "Missing: Streams")
    return _report_name(reply), [flatten(_typed(reply["Streams"]))]


def _is_other_json(document: bytes) -> bool:
    """Whether it is an object that nowhere speaks of streams: no reason to read it strictly."""
    if b'"Streams"' in document or not document.lstrip().startswith(b"{"):
        return False
    try:
        orjson.loads(document)
    except orjson.JSONDecodeError:
        return False
    return True


def _report_name(reply: dict[str, Any]) -> str | None:
    name = reply.get("ReportName")
    if name is not None and not isinstance(name, str):
        raise BadReply("The report's name in Octopus's reply is no text.", f"Name: {name!a:.80}")
    return name


def _typed(streams: Any) -> pa.Array:
    try:
        return pa.array(streams, STREAM)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise BadReply(
            "Octopus's reply does not have the documented form.", clean_text(str(error))[:160]
        ) from None
