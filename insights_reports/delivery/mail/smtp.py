"""One conversation with a mail server, in which every step has a deadline and every end a meaning.

Python's smtplib by itself waits for ever, verifies no certificate and drops to plain text when a
server offers no STARTTLS; none of that happens here.
"""

import contextlib
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType

from insights_reports.delivery.destinations import Transport

_TOKEN_SECONDS = 60.0
_GO_ON = 354
_NO_LOGIN = (530, 534, 535, 538)


class NoConversation(Exception):
    """The server cannot be used at present; it heard nothing of the message at hand."""


class Interrupted(Exception):
    """The connection broke, or the server fell silent, in the middle of a message."""


@dataclass(frozen=True, slots=True)
class Answer:
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

    Raises:
        NoConversation: when it cannot be made.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        with _meaning(transport):
            self._smtp = self._connect()
            try:
                self._introduce()
            except BaseException:
                self._smtp.close()
                raise

    def __enter__(self) -> "MailServer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._smtp.quit()
        self._smtp.close()

    @property
    def largest(self) -> int | None:
        """The largest message the server takes, in bytes (RFC 1870), if it says so."""
        stated = self._smtp.esmtp_features.get("size", "")
        return int(stated) if stated.isdigit() and int(stated) > 0 else None

    def send(self, recipient: str, content: bytes, hand_over: Callable[[], None]) -> Answer:
        """Offer ``content`` to ``recipient`` and return the answer. ``hand_over`` is called when
        the server is ready for it, before its first byte.

        Raises:
            NoConversation: when the server refuses the sender: no recipient's fault.
            Interrupted: when no answer came.
        """
        try:
            answer = self._envelope(recipient, len(content))
            if answer.code == _GO_ON:
                hand_over()
                answer = self._body(content)
            elif not answer.refused:
                raise Interrupted(f"the server answers DATA with {answer}")
        except (OSError, smtplib.SMTPException) as error:
            self._smtp.close()
            raise Interrupted(_words(error)) from None
        if answer.refused:
            self._reset()
        return answer

    def _connect(self) -> smtplib.SMTP:
        # The host is given to the constructor because TLS verifies the certificate against it;
        # the name for EHLO, because finding it by reverse DNS can take half a minute.
        given = self._transport
        if given.security == "tls":
            return smtplib.SMTP_SSL(
                given.host,
                given.port,
                local_hostname="localhost",
                timeout=given.timeout,
                context=_context(given),
            )
        return smtplib.SMTP(
            given.host, given.port, local_hostname="localhost", timeout=given.timeout
        )

    def _introduce(self) -> None:
        self._smtp.local_hostname = _own_name(self._smtp)
        if self._transport.security == "starttls":
            # Unconditional: without the server's offer this raises, and nothing was said in clear.
            self._smtp.ehlo_or_helo_if_needed()
            self._smtp.starttls(context=_context(self._transport))
        self._smtp.ehlo_or_helo_if_needed()
        user = self._transport.username
        if user and self._transport.oauth_token_command:
            token = _token(self._transport.oauth_token_command)
            bearer = f"user={user}\x01auth=Bearer {token}\x01\x01"
            # A refusal comes as a challenge, to be answered with nothing.
            self._smtp.auth("XOAUTH2", lambda challenge=None: "" if challenge else bearer)
        elif user and self._transport.password:
            self._smtp.login(user, self._transport.password.reveal())

    def _envelope(self, recipient: str, size: int) -> Answer:
        options = [f"size={size}"] if self._smtp.has_extn("size") else []
        answer = _answer(*self._smtp.mail(self._transport.sender, options))
        if answer.refused:
            if answer.temporary or answer.too_large:
                return answer
            raise NoConversation(f"The mail server refuses the sender: {answer}")
        answer = _answer(*self._smtp.rcpt(recipient))
        if answer.code in _NO_LOGIN:
            raise NoConversation(f"The mail server requires a login: {answer}")
        return answer if answer.refused else _answer(*self._smtp.docmd("DATA"))

    def _body(self, content: bytes) -> Answer:
        assert self._smtp.sock is not None  # noqa: S101  (it answered a moment ago)
        self._smtp.sock.settimeout(self._transport.final_timeout)
        ended = content if content.endswith(b"\r\n") else content + b"\r\n"
        # A line that begins with a dot gets another (RFC 5321, 4.5.2); the first line is a header.
        self._smtp.send(ended.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        answer = _answer(*self._smtp.getreply())
        self._smtp.sock.settimeout(self._transport.timeout)
        return answer

    def _reset(self) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._smtp.rset()


@contextlib.contextmanager
def _meaning(transport: Transport) -> Iterator[None]:
    """Say in our words why no conversation came about. No secret is in any of them."""
    where = f"{transport.host}:{transport.port}"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise NoConversation(
            f"The mail server's certificate is not valid for {where}: {error.verify_message}"
        ) from None
    except ssl.SSLError as error:
        raise NoConversation(f"No encrypted connection to {where}: {error.reason}") from None
    except smtplib.SMTPAuthenticationError as error:
        answer = _answer(error.smtp_code, error.smtp_error)
        raise NoConversation(f"The mail server refuses the login: {answer}") from None
    except smtplib.SMTPNotSupportedError as error:
        raise NoConversation(f"The mail server {where} lacks what is required: {error}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise NoConversation(f"No conversation with {where}: {_words(error)}") from None


def _context(transport: Transport) -> ssl.SSLContext:
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


def _token(command: tuple[str, ...]) -> str:
    """What ``command`` prints. Its output is never shown: it is the token, or may hold it."""
    try:
        done = subprocess.run(  # noqa: S603  (the user's own command, without a shell)
            command, capture_output=True, check=True, timeout=_TOKEN_SECONDS, text=True
        )
    except subprocess.CalledProcessError as error:
        failed = f"ended with status {error.returncode}"
    except subprocess.TimeoutExpired:
        failed = "did not end in time"
    except OSError as error:
        failed = f"cannot be run: {error.strerror}"
    else:
        return done.stdout.strip()
    raise NoConversation(f"The command for the access token {failed}: {command[0]}")


def _answer(code: int, text: bytes | str) -> Answer:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    line = " ".join("".join(c if c.isprintable() else " " for c in said).split())
    if not 200 <= code < 600:
        raise smtplib.SMTPServerDisconnected(f"no SMTP reply: {line[:300]!r}")
    return Answer(code, line[:300])


def _words(error: BaseException) -> str:
    match error:
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=text):
            return str(_answer(code, text))
        case TimeoutError():
            return "no answer in time"
        case OSError():
            return error.strerror or str(error) or type(error).__name__
    return str(error)
