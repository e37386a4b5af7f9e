"""One mail message as bytes, the same bytes whenever it is built from the same things.

The shape is what mail programs agree on (RFC 2046, RFC 2387): mixed(alternative(text, related(html,
pictures)), attachments). Bodies are quoted-printable, so no line is too long for a server and no
line of a body can equal a boundary, which holds ``=_`` (RFC 2045, 6.7).
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from urllib.parse import quote

from insights_reports.delivery.destinations import GraphTransport, MailTransport
from insights_reports.delivery.receipts import Key, MailBody
from insights_reports.edition.files import File, slug

# Longer lines in the headers of attachments than usual, but shorter than what RFC 5322 allows, keep
# their names in one piece: old mail programs misread RFC 2231's continuations.
_LONG = SMTP.clone(max_line_length=254)
Sender = MailTransport | GraphTransport
_NAMING = ("content-disposition", "content-type")


class _Wire(EmailPolicy):
    """Lines of at most 76 characters, and so encoded words of at most 75 (RFC 2047, 2), but for
    the headers that hold the names of attachments."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _NAMING:
            return _LONG.fold_binary(name, value)
        return super().fold_binary(name, value)


_WIRE = _Wire(linesep="\r\n", max_line_length=76)


def message_id(key: Key, transport: Sender, again: str = "") -> str:
    """The Message-ID of a delivery: servers that have seen it drop the copy (Exchange does).
    ``again`` makes another one, for what is sent once more on purpose."""
    parts = (key.subscription, key.period, key.destination, key.recipient)
    text = "\n".join((*parts, again) if again else parts)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"<{digest}.r{key.revision}@{_domain(transport)}>"


def build(
    key: Key,
    transport: Sender,
    date: datetime,
    body: MailBody,
    attachments: Sequence[File],
    *,
    recipient: str = "",
    again: str = "",
) -> bytes:
    """The message to ``key.recipient``, written as ``recipient``, with CRLF line ends, ready for
    DATA but for its dots. ``again``: as for `message_id`."""
    message = EmailMessage(policy=SMTP)
    identifier = message_id(key, transport, again)
    _address(message, key, transport, recipient)
    message["Subject"] = _one_line(body.subject)
    message["Date"] = format_datetime(date.astimezone(UTC))
    message["Message-ID"] = identifier
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Id"] = f"<{slug(key.subscription)}.insights-reports.{_domain(transport)}>"
    if transport.owner:  # RFC 2369
        subject = quote(f"unsubscribe {key.subscription}")
        message["List-Owner"] = f"<mailto:{transport.owner}>"
        message["List-Unsubscribe"] = f"<mailto:{transport.owner}?subject={subject}>"
    message["X-Insights-Reports-Key"] = f"{slug(key.subscription)}/{key.period}/r{key.revision}"
    message.set_content(_encodable(body.text), cte="quoted-printable")
    message.add_alternative(_encodable(body.html), subtype="html", cte="quoted-printable")
    html = message.get_payload(1)
    for image in body.images:
        html.add_related(  # type: ignore[union-attr]
            image.png, "image", "png", cid=f"<{image.cid}>", disposition="inline"
        )
    for file in attachments:
        _attach(message, file)
    _set_boundaries(message, hashlib.sha256(identifier.encode()).hexdigest()[:32])
    return message.as_bytes(policy=_WIRE)


def _address(message: EmailMessage, key: Key, transport: Sender, recipient: str) -> None:
    message["From"] = Address(
        display_name=_one_line(transport.sender_name), addr_spec=transport.sender
    )
    message["To"] = Address(addr_spec=recipient or key.recipient)
    if transport.reply_to:
        message["Reply-To"] = Address(addr_spec=transport.reply_to)


def _attach(message: EmailMessage, file: File) -> None:
    main, _, sub = file.media_type.partition(";")[0].partition("/")
    message.add_attachment(file.content, main, sub, filename=file.name)


def _set_boundaries(message: EmailMessage, digest: str) -> None:
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{digest}.{number}")


def _domain(transport: Sender) -> str:
    return transport.sender.rpartition("@")[2]


def _one_line(text: str) -> str:
    """``text`` fit for a header: what could break a line or turn writing around becomes a space."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
