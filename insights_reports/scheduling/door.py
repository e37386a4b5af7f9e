"""The door before Prefect's server: an ASGI application around its own.

Prefect itself answers any Host and any Origin, and knows one password for everything. The door
lets in only what was meant for it: by one of its own names, from no page but its own, and what
comes with the operator's password only for what `operator` allows.
"""

import hmac
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.middleware.trustedhost import TrustedHostMiddleware

from insights_reports.owed.metrics import CONTENT_TYPE
from insights_reports.scheduling.operator import (
    LARGEST_BODY,
    READABLE_SOCKETS,
    Denied,
    filtered,
    has_body_to_filter,
    may_read,
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

NAMES = ("127.0.0.1", "localhost")
_REFUSED = 1008  # the code of a websocket that is closed for a breach of policy


@dataclass(frozen=True)
class Keys:
    """``inner`` opens all and is for our own processes; ``operator`` is for people. Both are
    ``user:password``. ``instance`` proves that a server is the one that was started."""

    instance: str
    inner: str
    operator: str


def guarded(app: App, port: int, keys: Keys, metrics: Path) -> App:
    """``app`` behind the door, for a server on ``port`` of the loopback interface. The door itself
    answers ``/metrics`` with that file."""
    return TrustedHostMiddleware(_Door(app, port, keys, metrics), allowed_hosts=list(NAMES))


def basic(credentials: str) -> bytes:
    """The Authorization header of ``user:password``."""
    return b"Basic " + b64encode(credentials.encode())


class _Door:
    def __init__(self, app: App, port: int, keys: Keys, metrics: Path) -> None:
        self._app = app
        self._keys = keys
        self._metrics = metrics
        self._origins = {f"http://{name}:{port}".encode() for name in NAMES}
        self._headers = _security_headers(port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._http(scope, receive, self._with_headers(send))

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        credentials = _values(scope, b"authorization")
        if not self._own_page(scope):
            await _answer(send, 403, "a page of another origin")
        elif len(credentials) > 1:
            await _answer(send, 400, "more than one Authorization")
        elif path == "/instance":
            await _answer(send, 200, self._keys.instance)
        elif not credentials or not _same(credentials[0], basic(self._keys.operator)):
            await self._app(scope, receive, send)  # Prefect knows the inner password and no other
        elif path == "/metrics" and method == "GET":
            await self._answer_metrics(send)
        elif may_read(method, path):
            await self._app(self._as_inner(scope), receive, send)
        elif has_body_to_filter(method, path):
            await self._filtered(scope, receive, send)
        else:
            await _answer(send, 403, "the operator's password is not good for this")

    async def _answer_metrics(self, send: Send) -> None:
        try:
            await _answer(send, 200, self._metrics.read_text(encoding="utf-8"), CONTENT_TYPE)
        except OSError:
            await _answer(send, 503, "nothing was looked at yet")

    async def _filtered(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = filtered(scope["path"], await _body(receive))
        except Denied as denied:
            await _answer(send, 403, f"the operator's password is not good for this: {denied}")
            return
        headers = (
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        )
        await self._app(self._as_inner(scope, headers), _once(body, receive), send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._own_page(scope):
            await receive()  # the request to connect
            await send({"type": "websocket.close", "code": _REFUSED})
        elif scope["path"] in READABLE_SOCKETS:
            await self._app(scope, self._known(receive), send)
        else:
            await self._app(scope, receive, send)

    def _known(self, receive: Receive) -> Receive:
        """Messages in which the operator's password, the first message of a websocket, has become
        the inner one."""

        async def translated() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and (text := message.get("text")):
                return {**message, "text": self._with_inner_token(text)}
            return message

        return translated

    def _with_inner_token(self, text: str) -> str:
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            return text
        if not isinstance(said, dict) or said.get("type") != "auth":
            return text
        if not _same(str(said.get("token")).encode(), self._keys.operator.encode()):
            return text
        return json.dumps({**said, "token": self._keys.inner})

    def _own_page(self, scope: Scope) -> bool:
        """Whether no page of another origin is behind the request; programs send neither header."""
        sites = _values(scope, b"sec-fetch-site")
        return self._origins.issuperset(_values(scope, b"origin")) and all(
            site in (b"none", b"same-origin") for site in sites
        )

    def _as_inner(self, scope: Scope, headers: Headers = ()) -> Scope:
        replaced = {b"authorization", *(name for name, _ in headers)}
        kept = [pair for pair in scope["headers"] if pair[0] not in replaced]
        return {
            **scope,
            "headers": [*kept, *headers, (b"authorization", basic(self._keys.inner))],
        }

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
            await send(message)

        return sending


def _security_headers(port: int) -> list[tuple[bytes, bytes]]:
    """Of every reply. Prefect's page asks a third party at each load; this policy stops it."""
    sockets = " ".join(f"ws://{name}:{port}" for name in NAMES)
    policy = (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
        f"connect-src 'self' {sockets}; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-frame-options", b"DENY"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
    ]


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key == name]


def _same(one: bytes, other: bytes) -> bool:
    return hmac.compare_digest(one, other)


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Denied("the request was cut short")
        body.extend(message.get("body", b""))
        if len(body) > LARGEST_BODY:
            raise Denied(f"the body has more than {LARGEST_BODY:,} bytes")
        if not message.get("more_body"):
            return bytes(body)


def _once(body: bytes, receive: Receive) -> Receive:
    """The body in one message; then whatever comes, which is the end of the connection."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return messages.pop() if messages else await receive()

    return receiving


async def _answer(send: Send, status: int, text: str, plain: str = "text/plain") -> None:
    body = json.dumps({"detail": text}).encode() if status != 200 else text.encode()
    kind = b"application/json" if status != 200 else plain.encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
