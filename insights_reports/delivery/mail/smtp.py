"""One conversation with a mail server, in which every step has a deadline and every end a meaning.

Python's smtplib by itself waits for ever, verifies no certificate and drops to plain text when a
server offers no STARTTLS; none of that happens here.
"""

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType

from insights_reports.delivery.destinations import MailTransport
from insights_reports.delivery.mail.sign_in import NoToken, sign_in_xoauth2
from insights_reports.delivery.scrub import Scrubber

_GO_ON = 354
_NO_LOGIN = (530, 534, 535, 538)
_STEPS = 4  # the time-outs that a server may use up in one stretch of the conversation


class NoConversation(Exception):
    """The server cannot be used at present; it heard nothing of the message at hand."""


class Interrupted(Exception):
    """The connection broke, or the server fell silent, in the middle of a message."""


@dataclass(frozen=True, slots=True)
class ServerReply:
    """The server's word on a message: the code of RFC 5321 and its text on one line."""

    code: int
    text: str

    @property
    def temporary(self) -> bool:
        return 400 <= self.code < 500

    @property
    def refused(self) -> bool:
        return self.code >= 400

    @property
    def too_large(self) -> bool:
        """The message is too large (RFC 3463: 5.3.4, 5.2.3), not the mailbox full (5.2.2)."""
        return self.text.startswith(("5.3.4", "5.2.3")) or (
            self.code == 552 and not self.text.startswith("5.2.2")
        )

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class MailServer:
    """A connection, encrypted and logged in as ``transport`` says; a context manager.

    Each stretch of the conversation has a deadline in all, because a server that sends a byte now
    and then never runs into the time-out of one step.

    Raises:
        NoConversation: when it cannot be made.
    """

    def __init__(self, transport: MailTransport) -> None:
        self._transport = transport
        self._smtp: smtplib.SMTP | None = None
        self._late = threading.Event()
        password = transport.password.reveal() if transport.password else ""
        self._scrub = Scrubber((password,))
        with self._meaning(), self._deadline(_STEPS * transport.timeout):
            self._connect()
            self._introduce()

    def __enter__(self) -> "MailServer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None or issubclass(kind, Exception):
            with contextlib.suppress(Exception), self._deadline(self._transport.timeout):
                self._open.quit()
        self.close()

    def close(self) -> None:
        """End the connection without a word."""
        if self._smtp is not None:
            self._smtp.close()

    def cut(self) -> None:
        """Cut the connection from another thread: whoever waits for the server waits no longer."""
        sock = self._smtp.sock if self._smtp else None
        if sock is not None:
            with contextlib.suppress(OSError):  # the plain socket's: TLS would want to say goodbye
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    @property
    def largest(self) -> int | None:
        """The largest message the server takes, in bytes (RFC 1870), if it says so."""
        stated = self._open.esmtp_features.get("size", "")
        return int(stated) if stated.isdecimal() and int(stated) > 0 else None

    def send(self, recipient: str, content: bytes, hand_over: Callable[[], None]) -> ServerReply:
        """Offer ``content`` to ``recipient`` and return the answer. ``hand_over`` is called when
        the server is ready for it, before its first byte.

        Raises:
            NoConversation: when the server refuses the sender: no recipient's fault.
            Interrupted: when no answer came.
        """
        given = self._transport
        try:
            with self._deadline(_STEPS * given.timeout):
                answer = self._envelope(recipient, len(content))
            if answer.code == _GO_ON:
                hand_over()
                slowest = len(content) / 30_000  # bytes a second
                with self._deadline(given.timeout + slowest + given.final_timeout):
                    answer = self._body(content)
            elif not answer.refused:
                raise Interrupted(f"the server answers DATA with {answer}")
        except (Interrupted, NoConversation):
            self.close()
            raise
        except (OSError, ValueError, smtplib.SMTPException) as error:
            self.close()
            raise Interrupted(self._words(error)) from None
        return answer

    def reset(self) -> None:
        """Make ready for another message after a refusal."""
        with contextlib.suppress(Exception), self._deadline(self._transport.timeout):
            self._open.rset()

    @property
    def _open(self) -> smtplib.SMTP:
        if self._smtp is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        return self._smtp

    def _connect(self) -> None:
        # The name for EHLO is given, because finding it by reverse DNS can take half a minute.
        given = self._transport
        if given.security == "tls":
            self._smtp = smtplib.SMTP_SSL(
                local_hostname="localhost", timeout=given.timeout, context=_context(given)
            )
        else:
            self._smtp = smtplib.SMTP(local_hostname="localhost", timeout=given.timeout)
        self._smtp._host = given.host  # type: ignore[attr-defined]  # TLS verifies it
        greeting = self._answer(*self._smtp.connect(given.host, given.port))
        if greeting.code != 220:
            raise NoConversation(f"The mail server does not serve: {greeting}")

    def _introduce(self) -> None:
        smtp, given = self._open, self._transport
        smtp.local_hostname = _own_name(smtp)
        if given.security == "starttls":
            # Unconditional: without the server's offer this raises, and nothing was said in clear.
            smtp.ehlo_or_helo_if_needed()
            self._answer(*smtp.starttls(context=_context(given)))
            if not isinstance(smtp.sock, ssl.SSLSocket):
                raise NoConversation("The mail server offers STARTTLS and does not carry it out")
        smtp.ehlo_or_helo_if_needed()
        if given.username and given.token:
            token = given.token()
            self._scrub = Scrubber((token,))
            sign_in_xoauth2(smtp, given.username, token, self._scrub)
        elif given.username and given.password:
            smtp.login(given.username, given.password.reveal())

    def _envelope(self, recipient: str, size: int) -> ServerReply:
        smtp = self._open
        options = [f"size={size}"] if smtp.has_extn("size") else []
        answer = self._answer(*smtp.mail(self._transport.sender, options))
        if answer.refused:
            if answer.temporary or answer.too_large:
                return answer
            raise NoConversation(f"The mail server refuses the sender: {answer}")
        answer = self._answer(*smtp.rcpt(recipient))
        if answer.code in _NO_LOGIN:
            raise NoConversation(f"The mail server requires a login: {answer}")
        return answer if answer.refused else self._answer(*smtp.docmd("DATA"))

    def _body(self, content: bytes) -> ServerReply:
        smtp = self._open
        assert smtp.sock is not None  # noqa: S101  (it answered a moment ago)
        smtp.sock.settimeout(self._transport.final_timeout)
        ended = content if content.endswith(b"\r\n") else content + b"\r\n"
        # A line that begins with a dot gets another (RFC 5321, 4.5.2); the first line is a header.
        smtp.send(ended.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        answer = self._answer(*smtp.getreply())
        smtp.sock.settimeout(self._transport.timeout)
        return answer

    @contextlib.contextmanager
    def _deadline(self, seconds: float) -> Iterator[None]:
        timer = threading.Timer(seconds, self._give_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _give_up(self) -> None:
        self._late.set()
        self.cut()

    @contextlib.contextmanager
    def _meaning(self) -> Iterator[None]:
        """Say in our words why no conversation came about. No secret is in any of them."""
        where = f"{self._transport.host}:{self._transport.port}"
        try:
            yield
        except BaseException as error:
            self.close()
            if not isinstance(error, Exception):
                raise
            raise NoConversation(self._why(error, where)) from None

    def _why(self, error: Exception, where: str) -> str:
        match error:
            case NoConversation() | NoToken():
                return str(error)
            case ssl.SSLCertVerificationError():
                reason = error.verify_message
                return f"The mail server's certificate is not valid for {where}: {reason}"
            case ssl.SSLError() if not self._late.is_set():
                return f"No encrypted connection to {where}: {error.reason or error}"
            case smtplib.SMTPAuthenticationError():
                answer = self._scrub.line(error.smtp_error)
                return f"The mail server refuses the login: {error.smtp_code} {answer}"
        lacking = isinstance(error, smtplib.SMTPNotSupportedError)
        words = f"it lacks what is required: {error}" if lacking else self._words(error)
        return f"No conversation with {where}: {words}"

    def _words(self, error: BaseException) -> str:
        if self._late.is_set():
            return "no end of it in time"
        match error:
            case smtplib.SMTPResponseException(smtp_code=code, smtp_error=text):
                return f"{code} {self._scrub.line(text)}"
            case TimeoutError():
                return "no answer in time"
            case OSError(strerror=str() as reason):
                return self._scrub.line(reason)
        return self._scrub.line(f"{type(error).__name__}: {error}")

    def _answer(self, code: int, text: bytes | str) -> ServerReply:
        if self._late.is_set():
            raise smtplib.SMTPServerDisconnected("cut")
        line = self._scrub.line(text)
        if not 200 <= code < 600:
            raise smtplib.SMTPServerDisconnected(f"no SMTP reply: {line!r}")
        return ServerReply(code, line)


def _context(transport: MailTransport) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=transport.ca_bundle)
    except OSError as error:  # an ssl.SSLError is one, too
        raise NoConversation(
            f"The CA bundle {transport.ca_bundle} cannot be used: {error.strerror or error}"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _own_name(smtp: smtplib.SMTP) -> str:
    """The full name of this machine, or its address as a literal (RFC 5321, 4.1.3)."""
    name = socket.gethostname()
    if "." in name:
        return name
    assert smtp.sock is not None  # noqa: S101  (just connected)
    address = smtp.sock.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
