"""Microsoft Graph: signed in as an application, and patient where it asks for patience.

It answers 429 and 503 with ``Retry-After``, and a token may end at any time (401): both are seen to
here. No redirect is followed, and what it says passes a scrubber that knows the token.
"""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
from requests.utils import get_environ_proxies

from insights_reports.deadline import Deadline, WatchedAdapter
from insights_reports.delivery.destinations import GraphAccount
from insights_reports.delivery.scrub import Scrubber

BUSY = frozenset((429, 500, 502, 503, 504))
CHUNK = 12 * 320 * 1024  # bytes; ranges of an upload session are multiples of 320 KiB, below 4 MiB
_PATIENCE = 120.0  # seconds that are waited in all
_TRIES = 4  # of one request
_CONNECT, _READ = 10.0, 60.0  # seconds of one wait
_WHOLE = 300.0  # seconds of one exchange, however its bytes drip
_SLOWEST = 30_000  # bytes a second that are sent
_IDS = {"Prefer": 'IdType="ImmutableId"'}  # the id stays when the message moves to Sent Items


class GraphSilent(Exception):
    """No answer came: whether the request was carried out is not known."""


@dataclass(frozen=True, slots=True)
class GraphReply:
    """An answer: its status, its content, and what Graph says in an error on one line."""

    status: int
    content: bytes
    said: dict[str, Any]
    words: str
    after: timedelta | None = None  # when it asks to be asked again

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def __str__(self) -> str:
        return f"{self.status} {self.words}".strip()


class GraphClient:
    """Requests below ``account.endpoint``; a context manager.

    Every method raises GraphSilent when no answer comes, and `mail.sign_in.NoToken` when there is
    no access token.
    """

    def __init__(self, account: GraphAccount) -> None:
        self._account = account
        self._base = f"{account.endpoint.rstrip('/')}/v1.0"
        self._token = ""
        self._left = _PATIENCE
        self._stop = threading.Event()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("https://", WatchedAdapter())
        self._exchange: Deadline | None = None
        if account.ca_bundle:
            self._session.verify = str(account.ca_bundle)

    def close(self) -> None:
        self._session.close()

    def cut(self) -> None:
        """Wait for nothing any more."""
        self._stop.set()
        if self._exchange is not None:
            self._exchange.end()

    def ask(
        self,
        method: str,
        path: str,
        *,
        again_on: Collection[int] = BUSY,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> GraphReply:
        """Ask, and ask again where the answer is one of ``again_on`` and there is time."""
        renewed = False
        for number in range(_TRIES):
            self._token = self._token or self._account.token()
            sent = {"Authorization": f"Bearer {self._token}", **_IDS, **(headers or {})}
            reply = self._send(method, f"{self._base}{path}", sent, **body)
            if reply.status == 401 and not renewed:
                renewed, self._token = True, ""
            elif reply.status not in again_on or not self._waited(reply, number):
                return reply
        return reply

    def transfer(self, address: str, content: bytes) -> GraphReply:
        """Send ``content`` to an upload session, range after range; the last answer. The address is
        a secret that needs no token, and gets none."""
        for start in range(0, len(content), CHUNK):
            part = content[start : start + CHUNK]
            span = f"bytes {start}-{start + len(part) - 1}/{len(content)}"
            for number in range(_TRIES):
                reply = self._send("PUT", address, {"Content-Range": span}, data=part)
                if reply.status not in BUSY or not self._waited(reply, number):
                    break
            if not reply.ok:
                return reply
        return reply

    def download(self, address: str) -> GraphReply:
        """What stands at a pre-signed address, which needs no token, and gets none."""
        for number in range(_TRIES):
            reply = self._send("GET", address, {})
            if reply.status not in BUSY or not self._waited(reply, number):
                break
        return reply

    def path_of(self, address: str) -> str:
        """The path of an address of Graph's that an answer named; "" for any other."""
        return address.removeprefix(self._base) if address.startswith(f"{self._base}/") else ""

    def _waited(self, reply: GraphReply, number: int) -> bool:
        """Wait as long as was asked for; False when that is too long."""
        pause = reply.after.total_seconds() if reply.after else 2.0**number
        if pause > self._left or number == _TRIES - 1:
            return False
        self._left -= pause
        return not self._stop.wait(pause)

    def _send(self, method: str, url: str, headers: Mapping[str, str], **body: Any) -> GraphReply:
        scrub = Scrubber((self._token, url.partition("?")[2]))
        sent = len(body.get("data") or body.get("json", {}).get("contentBytes", ""))
        with Deadline(_WHOLE + sent / _SLOWEST) as self._exchange:
            try:
                answer = self._session.request(
                    method,
                    url,
                    headers=headers,
                    timeout=(_CONNECT, _READ),
                    allow_redirects=False,
                    proxies=proxies_for(url),
                    **body,
                )
            except (requests.RequestException, OSError) as error:
                if not self._exchange.passed:
                    raise GraphSilent(_why(error, scrub)) from None
            if self._exchange.passed:  # what was cut off may look like an answer
                raise GraphSilent("no end of it in time")
        return _reply(answer, scrub)


def proxies_for(url: str) -> dict[str, str]:
    """The proxy that the environment names for an address (HTTPS_PROXY, NO_PROXY). It is asked for
    here because requests, when told to trust the environment, reads ~/.netrc as well."""
    return {scheme: str(address) for scheme, address in get_environ_proxies(url).items()}


def _reply(answer: requests.Response, scrub: Scrubber) -> GraphReply:
    said = _json(answer)
    error = said.get("error")
    words = f"{error.get('code')}: {error.get('message')}" if isinstance(error, dict) else ""
    words = words or ("" if answer.ok else answer.reason or "")
    return GraphReply(
        answer.status_code,
        answer.content,
        said,
        scrub.line(words),
        _after(answer.headers.get("Retry-After", "")),
    )


def _json(answer: requests.Response) -> dict[str, Any]:
    if "json" not in answer.headers.get("Content-Type", ""):
        return {}
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _after(text: str) -> timedelta | None:
    return timedelta(seconds=min(int(text), 86_400)) if text.isdecimal() else None


def _why(error: requests.RequestException | OSError, scrub: Scrubber) -> str:
    """What happened to the connection. requests' own words hold addresses and are long."""
    match error:
        case requests.exceptions.ProxyError():
            return "the proxy that the environment names cannot be used"
        case requests.exceptions.SSLError():
            return "its certificate is not valid for it, or no encrypted connection came about"
        case requests.Timeout():
            return "no answer in time"
        case requests.ConnectionError():
            return "the connection was refused or broke"
    return scrub.line(type(error).__name__)
