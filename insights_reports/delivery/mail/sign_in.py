"""Signing in to mail servers by an access token (XOAUTH2), and where tokens come from.

Exchange Online and Gmail take no passwords of programs any more. Protocol:
developers.google.com/workspace/gmail/imap/xoauth2-protocol and learn.microsoft.com, "Authenticate
an IMAP, POP or SMTP connection using OAuth".
"""

import base64
import json
import smtplib
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from insights_reports.delivery.scrub import Scrubber

_TOKEN_SECONDS = 60.0

Token = Callable[[], str]


class NoToken(Exception):
    """No access token could be had; the reason holds no secret."""


@dataclass(frozen=True, slots=True)
class CommandToken:
    """The token that ``command`` prints."""

    command: tuple[str, ...]

    def __call__(self) -> str:
        """Its output is never shown: it is the token, or may hold it."""
        try:
            done = subprocess.run(  # noqa: S603  (the user's own command, without a shell)
                self.command, capture_output=True, check=True, timeout=_TOKEN_SECONDS, text=True
            )
        except subprocess.CalledProcessError as error:
            failed = f"ended with status {error.returncode}"
        except subprocess.TimeoutExpired:
            failed = "did not end in time"
        except OSError as error:
            failed = f"cannot be run: {error.strerror}"
        except UnicodeDecodeError:
            failed = "printed something that is no text"
        else:
            if token := done.stdout.strip():
                return token
            failed = "printed nothing"
        raise NoToken(f"The command for the access token {failed}: {self.command[0]}")


def sign_in_xoauth2(smtp: smtplib.SMTP, user: str, token: str, scrub: Scrubber) -> None:
    """Sign in as ``user``.

    Raises:
        smtplib.SMTPAuthenticationError: when the server refuses, with the reason that it gave.
    """
    bearer = f"user={user}\x01auth=Bearer {token}\x01\x01"
    reasons: list[str] = []

    def respond(challenge: bytes | None = None) -> str:
        if not challenge:
            return bearer
        reasons.append(_reason(challenge))
        return ""  # a refusal comes as a challenge, to be answered with nothing

    try:
        smtp.auth("XOAUTH2", respond)
    except smtplib.SMTPAuthenticationError as error:
        said = scrub.line(error.smtp_error)
        why = scrub.line("; ".join(reasons))
        text = f"{said} ({why})" if why else said
        raise smtplib.SMTPAuthenticationError(error.smtp_code, text) from None


def _reason(challenge: bytes) -> str:
    """``status`` and ``scope`` of the JSON with which a server says why it refuses."""
    try:
        said = json.loads(challenge)
    except ValueError:
        return base64.b64encode(challenge).decode()
    if not isinstance(said, dict):
        return ""
    return ", ".join(f"{k}: {said[k]}" for k in ("status", "error", "scope") if k in said)
