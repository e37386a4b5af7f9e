"""A real SMTP server (aiosmtpd) that misbehaves where a test wants it to."""

import asyncio
import ssl
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from insights_reports.delivery import MailTransport
from tests.typed import the

CLOSE = "close the connection"
SILENCE = "say nothing"
WAIT = "wait"  # a second, and then go on


@dataclass
class Postbox:
    """What arrived, and the faults to come: for each step a list of actions, used up in order.
    Steps: connect, mail, rcpt, data (the command), body (before the final dot), dot (after it)."""

    received: list[tuple[str, bytes]] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)
    token: str | None = None  # the access token that XOAUTH2 takes
    echo: bool = False  # repeat a refused password in the answer
    commands: list[str] = field(default_factory=list)
    host: str = "127.0.0.1"
    port: int = 0

    def transport(self, **settings: Any) -> MailTransport:
        given = {"security": "none", "timeout": 30.0, "final_timeout": 30.0, **settings}
        return MailTransport(
            given.pop("host", self.host), self.port, "reports@example.com", **given
        )

    def parsed(self, number: int = 0) -> EmailMessage:
        return message_from_bytes(self.received[number][1], policy=default)

    def next_fault(self, step: str) -> str | None:
        planned = self.faults.get(step)
        return planned.pop(0) if planned else None


class _Server(SMTP):
    def __init__(self, postbox: Postbox, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._postbox = postbox

    async def push(self, status: str | bytes) -> None:
        if isinstance(status, str) and status.startswith("220 ") and not self._greeted():
            status = await self._act("connect") or status
        await super().push(status)  # type: ignore[type-var]  # either, as its own push takes

    def _greeted(self) -> bool:
        return self.session is not None and bool(self.session.host_name)

    async def smtp_MAIL(self, arg: str) -> None:
        self._postbox.commands.append(f"MAIL {arg}")
        if fault := await self._act("mail"):
            await self.push(fault)
        else:
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:
        self._postbox.commands.append(f"RCPT {arg}")
        if fault := await self._act("rcpt"):
            await self.push(fault)
        else:
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        self._postbox.commands.append("DATA")
        if fault := await self._act("data"):
            await self.push(fault)
            return
        if self._postbox.faults.get("body"):
            await self.push("354 go on")
            await self._reader.read(100)
            await self._act("body")
        await super().smtp_DATA(arg)

    async def _act(self, step: str) -> str | None:
        fault = self._postbox.next_fault(step)
        if fault == CLOSE:
            the(asyncio.WriteTransport, self.transport).abort()
        if fault in (CLOSE, SILENCE):
            await asyncio.sleep(60)  # ended by the loss of the connection
        if fault == WAIT:
            await asyncio.sleep(1)
            return None
        return fault


class _Handler:
    def __init__(self, postbox: Postbox) -> None:
        self._postbox = postbox

    async def auth_XOAUTH2(self, server: _Server, args: list[str]) -> AuthResult:
        said = b64decode(args[1]).decode()
        self._postbox.logins.append(said)
        if f"Bearer {self._postbox.token}\x01" in said:
            return AuthResult(success=True)
        await server.challenge_auth(b'{"status": "401"}')
        return AuthResult(success=False, handled=False)

    async def handle_DATA(self, server: _Server, session: Any, envelope: Any) -> str:
        """After the final dot: what is not refused is kept, even if no answer goes out."""
        planned = self._postbox.faults.get("dot")
        if planned and planned[0][:1] in "45":
            return planned.pop(0)
        self._postbox.received.append((envelope.rcpt_tos[0], envelope.content))
        await server._act("dot")
        return "250 2.0.0 queued as 4711"


@contextmanager
def mail_server(
    *,
    password: str | None = None,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    largest: int = 33_554_432,
) -> Iterator[Postbox]:
    """A server on a free port of the loopback; with ``password`` it wants a login."""
    postbox = Postbox()

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        if postbox.echo:
            plain = b64encode(b"\0" + data.login + b"\0" + data.password).decode()
            said = f"535 5.7.8 you said {plain} and {data.password.decode()}"
            return AuthResult(success=False, handled=False, message=said)
        postbox.logins.append(data.password.decode())
        return AuthResult(success=data.password.decode() == password, handled=False)

    class _Controller(Controller):
        def factory(self) -> SMTP:
            return _Server(postbox, self.handler, **self.SMTP_kwargs)

        def _trigger_server(self) -> None:
            server: Any = self.server
            postbox.port = self.port = server.sockets[0].getsockname()[1]
            super()._trigger_server()  # type: ignore[no-untyped-call]

    controller = _Controller(
        _Handler(postbox),
        hostname="127.0.0.1",
        port=0,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        data_size_limit=largest,
        authenticator=check if password else None,
        auth_required=password is not None,
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield postbox
    finally:
        controller.stop(no_assert=True)
