"""Mail through Microsoft Graph, so that a lost answer can be decided afterwards.

Graph's ``sendMail`` gives nothing to ask for later: it answers 504 for mails that went out. So each
message becomes a draft first, its id (which stays when it moves to Sent Items) goes into the
ledger, and then the draft is sent. What is no draft any more, or gone, was sent.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any
from urllib.parse import quote

from insights_reports.delivery.destinations import GraphTransport
from insights_reports.delivery.graph import GraphClient, GraphReply, GraphSilent
from insights_reports.delivery.mail.sign_in import NoToken
from insights_reports.delivery.mail.smtp import Interrupted, NoConversation, ServerReply

# In bytes. A request may have about 4 MB, and its content is base64.
_WHOLE = 2_800_000
_ATTACHED = 2_800_000
_UNDER_WAY = timedelta(minutes=2)  # how long a message may still look like a draft
_OWN = ("x-auto-response-suppress", "x-insights-reports-key")  # headers that a draft may have
_REMEDY = "the application needs the permissions Mail.ReadWrite and Mail.Send for the mailbox"


@dataclass(frozen=True, slots=True)
class GraphAnswer(ServerReply):
    """Graph's word on a message. ``after`` is when it wants to be asked again; ``in_doubt``: the
    draft was handed over, and is still one."""

    after: timedelta | None = None
    in_doubt: bool = False

    @property
    def temporary(self) -> bool:
        return self.code == 429 or self.code >= 500

    @property
    def too_large(self) -> bool:
        return self.code == 413


class GraphMailbox:
    """The mailbox of ``transport.sender``; a context manager.

    Raises:
        NoConversation: when it cannot be used.
    """

    largest: int | None = None  # what a mailbox takes is not said; 413 tells

    def __init__(self, transport: GraphTransport) -> None:
        self._graph = GraphClient(transport.account)
        self._path = f"/users/{quote(transport.sender)}"
        try:
            reply = self._graph.ask("GET", f"{self._path}/mailFolders/drafts?$select=id")
        except (NoToken, GraphSilent) as error:
            raise NoConversation(f"Microsoft Graph cannot be used: {error}") from None
        if not reply.ok:
            raise _no_conversation(reply)

    def __enter__(self) -> "GraphMailbox":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._graph.close()

    def reset(self) -> None: ...

    def cut(self) -> None:
        self._graph.cut()

    def send(self, recipient: str, content: bytes, hand_over: Callable[[str], None]) -> ServerReply:
        """Make a draft of ``content`` and send it. ``hand_over`` is called with the draft's id
        before it may arrive. A message with the same Message-ID that was sent is not sent again.

        Raises:
            NoConversation: when Graph refuses the sender: no recipient's fault.
            Interrupted: when no answer came.
        """
        message = message_from_bytes(content, policy=default)
        try:
            if self._sent_before(str(message["Message-ID"])):
                return GraphAnswer(202, "it stands in Sent Items")
            made = self._draft(message, content)
            return made if isinstance(made, ServerReply) else self._send(made, hand_over)
        except (GraphSilent, NoToken) as error:
            raise Interrupted(f"Microsoft Graph: {error}") from None

    def resume(self, draft: str, hand_over: Callable[[str], None], *, waited: bool) -> ServerReply:
        """What became of a draft that was handed over without an answer. It is sent again when it
        still is one, and was one long enough ago (``waited``).

        Raises: as `send`.
        """
        try:
            if not self._is_draft(draft):
                return GraphAnswer(202, "sent by the earlier attempt")
            return self._send(draft, hand_over) if waited else _still_a_draft()
        except (GraphSilent, NoToken) as error:
            raise Interrupted(f"Microsoft Graph: {error}") from None

    def _sent_before(self, message_id: str) -> bool:
        """Whether a message of that id was sent. Drafts of it, which dead runs left, are
        removed."""
        text = quote(message_id.replace("'", "''"))
        query = f"$filter=internetMessageId%20eq%20'{text}'&$select=id,isDraft"
        reply = self._graph.ask("GET", f"{self._path}/messages?{query}")
        if not reply.ok:
            raise _no_conversation(reply)
        found = reply.said.get("value", [])
        for each in found:
            if each.get("isDraft"):
                self._graph.ask("DELETE", self._message(each["id"]))
        return any(not each.get("isDraft") for each in found)

    def _draft(self, message: EmailMessage, content: bytes) -> str | GraphAnswer:
        """The id of a draft that holds everything; or Graph's refusal of it."""
        if len(content) <= _WHOLE:
            kind = {"Content-Type": "text/plain"}
            body = base64.b64encode(content)
            reply = self._graph.ask("POST", f"{self._path}/messages", headers=kind, data=body)
            return str(reply.said["id"]) if reply.ok else _refusal(reply)
        reply = self._graph.ask("POST", f"{self._path}/messages", json=_as_json(message))
        if not reply.ok:
            return _refusal(reply)
        draft = str(reply.said["id"])
        for part in _files(message):
            reply = self._attach(draft, part)
            if not reply.ok:
                self._graph.ask("DELETE", self._message(draft))
                return _refusal(reply)
        return draft

    def _attach(self, draft: str, part: EmailMessage) -> GraphReply:
        path, content = f"{self._message(draft)}/attachments", _content(part)
        about: dict[str, Any] = {"name": _name(part), "contentType": part.get_content_type()}
        if part["Content-ID"]:
            about |= {"contentId": str(part["Content-ID"]).strip("<>"), "isInline": True}
        if len(content) <= _ATTACHED:
            text = base64.b64encode(content).decode()
            kind = {"@odata.type": "#microsoft.graph.fileAttachment"}
            return self._graph.ask("POST", path, json={**kind, **about, "contentBytes": text})
        item = {"attachmentType": "file", "size": len(content), **about}
        reply = self._graph.ask(
            "POST", f"{path}/createUploadSession", json={"AttachmentItem": item}
        )
        return self._graph.transfer(str(reply.said["uploadUrl"]), content) if reply.ok else reply

    def _send(self, draft: str, hand_over: Callable[[str], None]) -> ServerReply:
        hand_over(draft)
        try:
            reply = self._graph.ask("POST", f"{self._message(draft)}/send", again_on=(429,))
        except GraphSilent as error:
            return self._decided(draft, str(error))
        if reply.ok:  # whatever its headers say: a 202 with Retry-After was sent
            return GraphAnswer(reply.status, reply.words or "taken")
        if reply.status >= 500:
            return self._decided(draft, str(reply))
        return _refusal(reply)

    def _decided(self, draft: str, why: str) -> ServerReply:
        """What became of a draft whose sending got no answer, or none that says so."""
        if self._is_draft(draft):
            return _still_a_draft(why)
        return GraphAnswer(202, f"sent, though the answer was: {why}")

    def _is_draft(self, draft: str) -> bool:
        """A copy in Sent Items may appear late: what is not there was sent."""
        reply = self._graph.ask("GET", f"{self._message(draft)}?$select=isDraft")
        if reply.status == 404:
            return False
        if not reply.ok:
            raise GraphSilent(f"whether the draft was sent is not known: {reply}")
        return bool(reply.said.get("isDraft"))

    def _message(self, draft: str) -> str:
        return f"{self._path}/messages/{quote(draft, safe='')}"


def _still_a_draft(why: str = "the earlier attempt had no answer") -> GraphAnswer:
    said = f"{why}; the message still is a draft"
    return GraphAnswer(503, said, after=_UNDER_WAY, in_doubt=True)


def _refusal(reply: GraphReply) -> GraphAnswer:
    if reply.status in (401, 403, 404) or not 400 <= reply.status < 600:
        raise _no_conversation(reply)
    return GraphAnswer(reply.status, reply.words, after=reply.after)


def _no_conversation(reply: GraphReply) -> NoConversation:
    why = f"; {_REMEDY}" if reply.status in (401, 403) else ""
    return NoConversation(f"Microsoft Graph refuses the mailbox: {reply}{why}")


def _as_json(message: EmailMessage) -> dict[str, Any]:
    """The draft without its files, as Graph wants what is too large to be sent as it is. Of own
    headers only those that begin with ``x-`` can be given."""
    html = message.get_body(("html",))
    assert html is not None  # noqa: S101  (`message.build` makes one)
    to = [{"emailAddress": {"address": each.addr_spec}} for each in message["To"].addresses]
    headers = [{"name": name, "value": str(message[name])} for name in _OWN if message[name]]
    reply_to = message["Reply-To"].addresses if message["Reply-To"] else ()
    return {
        "subject": str(message["Subject"]),
        "body": {"contentType": "html", "content": html.get_content()},
        "toRecipients": to,
        "replyTo": [{"emailAddress": {"address": each.addr_spec}} for each in reply_to],
        "internetMessageId": str(message["Message-ID"]),
        "internetMessageHeaders": headers,
    }


def _files(message: EmailMessage) -> list[EmailMessage]:
    """The pictures of the page and the attachments."""
    return [
        part
        for part in message.walk()
        if isinstance(part, EmailMessage) and (part["Content-ID"] or part.is_attachment())
    ]


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)  # noqa: S101  (a file has no parts)
    return content


def _name(part: EmailMessage) -> str:
    return part.get_filename() or str(part["Content-ID"]).strip("<>")
