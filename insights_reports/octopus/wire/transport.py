"""One request to Octopus, as often as it takes: credential, rate, deadline, retries.

The credential is added below requests, by an adapter mounted on Octopus's own address. So no
other address, no exception, no `Response.request` and no pickle ever has it.
"""

import itertools
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, TypeVar

import requests
import urllib3

from insights_reports import __version__
from insights_reports.deadline import Deadline, WatchedAdapter
from insights_reports.errors import OctopusError, Refused, Unreachable
from insights_reports.octopus.connection import Connection, Credential, ServiceAccount
from insights_reports.octopus.wire.body import Body
from insights_reports.octopus.wire.rate import TokenBucket, retry_after
from insights_reports.octopus.wire.replies import (
    ACCEPT,
    ATTEMPTS_AT_500,
    Media,
    broken_connection,
    check_framing,
    check_media,
    check_status,
)

T = TypeVar("T")

_MEBIBYTE = 1 << 20
_ERROR_BYTES = _MEBIBYTE


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, bytes and numbers beyond which a request is given up.

    ``connect`` and ``idle`` are for one wait on the network, ``deadline`` for one whole exchange,
    ``patience`` for a request with all its retries.
    """

    connect: float = 10
    idle: float = 300
    deadline: float = 900
    patience: float = 1800
    attempts: int = 5
    first_wait: float = 1
    longest_wait: float = 120
    reply_bytes: int = 256 * _MEBIBYTE  # a year of 10,000 projects by week takes 160
    deployments_bytes: int = 16 * 1024 * _MEBIBYTE
    requests_per_minute: float = 150
    burst: int = 100


@dataclass(frozen=True, slots=True)
class Granted:
    """A credential that Octopus gave, and the seconds it is good for (None: not said)."""

    credential: Credential
    seconds: float | None = None


@dataclass(slots=True)
class Spent:
    """What was asked of Octopus: requests, bytes of their replies (decompressed), and the seconds
    that each of them took, added up."""

    requests: int = 0
    bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    params: Mapping[str, str | int] | None = None
    content: bytes | None = None
    media: Media = "json"  # of the reply
    sends: str = "application/json"  # the kind of what is sent

    @property
    def name(self) -> str:
        return f"{self.method} {self.url}"


class _KeyAdapter(WatchedAdapter):
    """Adds the credential to what goes over the wire, and to nothing that can be seen above."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        wire = request.copy()
        wire.headers[self._credential.header] = self._credential.value
        try:
            response = super().send(wire, *args, **options)
        except requests.RequestException as error:
            error.request = request
            raise
        response.request = request
        return response


class Transport:
    """Requests to one Octopus, by as many threads at once as the caller likes: the rate is one.

    ``sign_in`` gets a credential, for a connection with a service account; it is called again when
    the one it got has expired.
    """

    def __init__(
        self,
        connection: Connection,
        limits: Limits | None = None,
        sign_in: Callable[[], Granted] | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._base = connection.url
        self.spent = Spent()
        self._lock = threading.Lock()  # of what was spent and of signing in
        self._under_way: set[Deadline] = set()
        self._here = threading.local()  # ``asked``: seconds, by the last reply's Retry-After
        self._sign_in = sign_in
        self._expires = math.inf
        self._worked = False
        self._aborted = False
        self._bucket = TokenBucket(self.limits.requests_per_minute, self.limits.burst)
        self._session = requests.Session()
        self._session.trust_env = False  # a ~/.netrc entry would replace the credential
        # A session that a cookie opens would outlive the credential, and mix two accounts.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.verify = str(connection.ca_bundle) if connection.ca_bundle else True
        if connection.proxy:
            self._session.proxies = {"http": connection.proxy, "https": connection.proxy}
        self._session.headers.update(
            {
                "User-Agent": f"insights-reports/{__version__}",
                "Accept-Encoding": "gzip",
            }
        )
        if sign_in is not None:
            self._sign_in_anew(sign_in)
        elif isinstance(connection.credential, ServiceAccount):
            raise TypeError("a service account must be signed in: see octopus.oidc")
        else:
            self._use(connection.credential)

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None,
        read: Callable[[Body], T],
        most_bytes: int | None = None,
        media: Media = "json",
    ) -> T:
        """``read(body)`` of the reply; the request is made again when it, or ``read``, fails in a
        way that may pass.

        Raises:
            OctopusError: the last failure.
        """
        request = _Request("GET", self._base + path, params, media=media)
        return self._persist(request, read, most_bytes or self.limits.reply_bytes)

    def send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        sends: str = "application/json",
    ) -> bytes:
        """The body of the reply to a POST, PUT or DELETE, which is made again only when Octopus
        said that it did not look at it (429): a lost reply may belong to a change that was made.

        Raises:
            OctopusError: the failure.
        """
        request = _Request(method, self._base + path, content=content, sends=sends)
        return self._persist(request, _all, self.limits.reply_bytes)

    def abort(self) -> None:
        """End every exchange that is under way in other threads, and let none be tried again."""
        self._aborted = True
        for deadline in list(self._under_way):
            deadline.end()

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> "Transport":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _persist(self, request: _Request, read: Callable[[Body], T], most_bytes: int) -> T:
        until = time.monotonic() + self.limits.patience
        for attempt in itertools.count():
            try:
                return self._exchange_signed_in(request, read, most_bytes)
            except OctopusError as error:
                again = error.retryable and (request.method == "GET" or error.status == 429)
                wait = self._wait(attempt)
                late = time.monotonic() + wait > until
                last = attempt + 1 >= self._most_attempts(error)
                if not again or late or last or self._aborted:
                    raise
                time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _most_attempts(self, error: OctopusError) -> int:
        most = ATTEMPTS_AT_500 if error.status == 500 else self.limits.attempts
        return min(most, self.limits.attempts)

    def _exchange_signed_in(
        self, request: _Request, read: Callable[[Body], T], most_bytes: int
    ) -> T:
        """One exchange, or two: when a token that has worked is refused, a new one is got, once.
        A token that never worked is not replaced, so that this cannot go round in circles."""
        if self._sign_in is not None:
            with self._lock:
                if time.monotonic() >= self._expires:
                    self._sign_in_anew(self._sign_in)
        used = self._credential
        try:
            value = self._exchange(request, read, most_bytes)
        except Refused as error:
            if error.status != 401 or self._sign_in is None:
                raise
            with self._lock:
                if self._credential is used:  # else another thread has got a new one meanwhile
                    if not self._worked:
                        raise
                    self._sign_in_anew(self._sign_in)
            value = self._exchange(request, read, most_bytes)
        self._worked = True
        return value

    def _sign_in_anew(self, sign_in: Callable[[], Granted]) -> None:
        granted = sign_in()
        life = math.inf if granted.seconds is None else granted.seconds
        self._expires = time.monotonic() + life
        self._worked = False
        self._use(granted.credential)

    def _use(self, credential: Credential | None) -> None:
        self._credential = credential
        adapter = WatchedAdapter() if credential is None else _KeyAdapter(credential)
        # With the slash: without it the key would also go to port 50001 of a server on 5000.
        self._session.mount(self._base + "/", adapter)

    def _wait(self, attempt: int) -> float:
        asked: float | None = getattr(self._here, "asked", None)
        wait = self.limits.first_wait * 2**attempt if asked is None else asked
        return min(wait, self.limits.longest_wait)

    def _exchange(self, request: _Request, read: Callable[[Body], T], most_bytes: int) -> T:
        self._bucket.take()
        self._here.asked = None
        begun = time.monotonic()
        with Deadline(self.limits.deadline) as deadline:
            self._under_way.add(deadline)
            try:
                with self._open(request) as response:
                    return self._read(request, response, read, most_bytes)
            except OctopusError as error:
                failure = error
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                failure = broken_connection(error, request.name)
            finally:
                self._under_way.discard(deadline)
                with self._lock:
                    self.spent.requests += 1
                    self.spent.seconds += time.monotonic() - begun
        raise self._late(request) if deadline.passed else self._hidden(failure)

    def _open(self, request: _Request) -> requests.Response:
        return self._session.request(
            request.method,
            request.url,
            params=request.params,
            data=request.content,
            headers={"Accept": ACCEPT[request.media]}
            | ({"Content-Type": request.sends} if request.content else {}),
            timeout=(self.limits.connect, self.limits.idle),
            allow_redirects=False,
            stream=True,
        )

    def _read(
        self,
        request: _Request,
        response: requests.Response,
        read: Callable[[Body], T],
        most_bytes: int,
    ) -> T:
        self._bucket.heed(response.headers)
        self._here.asked = retry_after(response.headers, time.time())
        check_status(response, request.name, Body(response.raw, _ERROR_BYTES).read)
        if request.method != "DELETE":  # its reply may be empty, or a task
            check_media(response.headers, response.status_code, request.name, request.media)
        if request.method == "GET":
            check_framing(response.headers, request.name)
        body = Body(response.raw, most_bytes, request.name)
        try:
            value = read(body)
            body.read()  # to the end: only there is it known to be whole
        finally:
            with self._lock:
                self.spent.bytes += body.taken
        return value

    def _late(self, request: _Request) -> Unreachable:
        return Unreachable(
            "Octopus did not answer in full before the deadline.",
            f"{request.name}: {self.limits.deadline:g} s",
            "Try again when the server is less busy.",
        )

    def _hidden(self, error: OctopusError) -> OctopusError:
        """The error without the credential, should the server have repeated it."""
        if self._credential is not None:
            hidden = tuple(map(self._credential.hide_in, error.args))
            error.what, error.which, error.remedy = error.args = hidden
        return error


def _all(body: Body) -> bytes:
    return body.read()
