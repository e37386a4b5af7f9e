"""Where replies come from: a server over the wire, or a pull that was sealed earlier.

Each reply has a stable name (``report``, ``projects-1``, ``metrics-Project-LastYear-Monthly``), by
which it is recorded and, in the same order of calls, found again.
"""

from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, BinaryIO, Generic, TypeVar

from insights_reports.errors import NotFound, UsageError, keeping
from insights_reports.octopus.wire.body import Body
from insights_reports.octopus.wire.paging import GetPage
from insights_reports.octopus.wire.replies import Media
from insights_reports.octopus.wire.transport import Spent, Transport
from insights_reports.spelling.strict import parse_json

T = TypeVar("T")
Params = Mapping[str, str | int]
Record = Callable[[str, bytes], None]
OpenReply = Callable[[str], AbstractContextManager[BinaryIO]]
DEPLOYMENTS = "deployments"
JSON = "application/json"


@dataclass(frozen=True)
class Get(Generic[T]):
    """A GET to be made: the name of its reply, and what is made of its body."""

    name: str
    path: str
    params: Params | None
    read: Callable[[bytes], T]


class Source(ABC):
    """Where replies come from: a live Octopus, or a sealed pull that answers the same questions."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()

    @property
    @abstractmethod
    def spent(self) -> Spent:
        """What was asked of Octopus so far."""

    @abstractmethod
    def read(self, get: Get[T]) -> T:
        """``read(body)`` of the reply."""

    @abstractmethod
    def read_all(self, gets: Iterable[Get[T]], at_once: int) -> Iterator[T]:
        """The same of many, in their order, so many of them asked for at a time."""

    def json(self, name: str, path: str, params: Params | None = None) -> Any:
        """The JSON value of a GET, its texts as they came."""
        return self.read(Get(name, path, params, _value))

    def pages(self, kind: str, path: str) -> GetPage:
        """GETs of one list; the replies are called ``kind-1``, ``kind-2`` and so on."""
        return lambda params: self.json(_next(self._count, kind), path, params)

    @abstractmethod
    def deployments(self, path: str, read: Callable[[BinaryIO], T], save_to: BinaryIO | None) -> T:
        """``read(body)`` of the reply of ``/deployments``, which is also copied to ``save_to``."""

    @abstractmethod
    def long(
        self, path: str, params: Params | None, read: Callable[[BinaryIO], T], media: Media
    ) -> T:
        """``read(body)`` of a long reply that is not recorded, while it arrives."""

    @abstractmethod
    def send(
        self, method: str, path: str, content: bytes | None = None, sends: str = JSON
    ) -> bytes:
        """The body of the reply to a change."""

    @abstractmethod
    def close(self) -> None: ...


class Live(Source):
    """A server, and a function that is given each reply's name and body."""

    def __init__(self, transport: Transport, record: Record | None) -> None:
        super().__init__()
        self._transport = transport
        self._record = record

    @property
    def spent(self) -> Spent:
        return self._transport.spent

    def read(self, get: Get[T]) -> T:
        return self._recorded(get, *self._asked(get))

    def read_all(self, gets: Iterable[Get[T]], at_once: int) -> Iterator[T]:
        pending: deque[tuple[Get[T], Future[tuple[bytes, T]]]] = deque()
        with ThreadPoolExecutor(at_once, thread_name_prefix="ask") as pool:
            try:
                for get in gets:
                    pending.append((get, pool.submit(self._asked, get)))
                    if len(pending) > at_once:  # one is ready while the others are under way
                        oldest, reply = pending.popleft()
                        yield self._recorded(oldest, *reply.result())
                while pending:
                    oldest, reply = pending.popleft()
                    yield self._recorded(oldest, *reply.result())
            except BaseException:
                for _, reply in pending:
                    reply.cancel()
                self._transport.abort()
                raise

    def _asked(self, get: Get[T]) -> tuple[bytes, T]:
        def body_and_value(body: Body) -> tuple[bytes, T]:
            content = body.read()
            return content, get.read(content)

        # Read before the exchange is over, so that a reply cut short is asked for again.
        return self._transport.get(get.path, get.params, body_and_value)

    def _recorded(self, get: Get[T], body: bytes, value: T) -> T:
        if self._record is not None:
            self._record(get.name, body)
        return value

    def deployments(self, path: str, read: Callable[[BinaryIO], T], save_to: BinaryIO | None) -> T:
        start = save_to.tell() if save_to is not None else 0

        def read_anew(body: Body) -> T:
            if save_to is None:
                return read(body)  # type: ignore[arg-type]
            copying = _Copying(body, save_to)
            with copying.keeping():
                save_to.seek(start)  # what an earlier attempt left there
                save_to.truncate()
            value = read(copying)  # type: ignore[arg-type]
            with copying.keeping():
                save_to.flush()
            return value

        most = self._transport.limits.deployments_bytes
        return self._transport.get(path, None, read_anew, most)

    def long(
        self, path: str, params: Params | None, read: Callable[[BinaryIO], T], media: Media
    ) -> T:
        most = self._transport.limits.deployments_bytes
        return self._transport.get(path, params, read, most, media)  # type: ignore[arg-type]

    def send(
        self, method: str, path: str, content: bytes | None = None, sends: str = JSON
    ) -> bytes:
        return self._transport.send(method, path, content, sends)

    def close(self) -> None:
        self._transport.close()


class Sealed(Source):
    """Recorded replies. ``open_reply(name)`` raises FileNotFoundError where there is none."""

    def __init__(self, open_reply: OpenReply) -> None:
        super().__init__()
        self._open_reply = open_reply
        self._spent = Spent()

    @property
    def spent(self) -> Spent:
        return self._spent

    def read(self, get: Get[T]) -> T:
        with self._open(get.name) as reply:
            return get.read(reply.read())

    def read_all(self, gets: Iterable[Get[T]], at_once: int) -> Iterator[T]:
        return map(self.read, gets)

    def deployments(self, path: str, read: Callable[[BinaryIO], T], save_to: BinaryIO | None) -> T:
        with self._open(DEPLOYMENTS) as reply:
            return read(reply)

    def long(
        self, path: str, params: Params | None, read: Callable[[BinaryIO], T], media: Media
    ) -> T:
        raise UsageError("A sealed pull does not have this reply.", path)

    def send(
        self, method: str, path: str, content: bytes | None = None, sends: str = JSON
    ) -> bytes:
        raise UsageError("A sealed pull cannot be changed.", f"{method} {path}")

    def close(self) -> None:
        """Nothing is open between calls."""

    def _open(self, name: str) -> AbstractContextManager[BinaryIO]:
        try:
            return self._open_reply(name)
        except FileNotFoundError:
            raise NotFound("The sealed pull has no such reply.", f"Reply: {name}") from None


class _Copying:
    """A body that is also written to a file as it is read."""

    def __init__(self, body: Body, copy: BinaryIO) -> None:
        self._body = body
        self._copy = copy

    def read(self, size: int = -1) -> bytes:
        data = self._body.read(size)
        with self.keeping():
            self._copy.write(data)
        return data

    def keeping(self) -> AbstractContextManager[None]:
        return keeping(getattr(self._copy, "name", "the copy"))


def _next(count: Counter[str], kind: str) -> str:
    count[kind] += 1
    return f"{kind}-{count[kind]}"


def _value(body: bytes) -> Any:
    return parse_json(body, clean=False)
