"""Microsoft Graph as its documentation describes it, over TLS: a mailbox, drives, and the authority
that gives tokens. It misbehaves where a test wants it to.

Written from learn.microsoft.com (user-post-messages, message-send, attachment-createuploadsession,
driveitem-put-content, driveitem-createuploadsession); never compared with the real service.
"""

import base64
import hashlib
import io
import json
import re
import ssl
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import trustme

from insights_reports.delivery import GraphAccount, GraphTransport
from insights_reports.delivery.mail.tokens import MicrosoftToken

SECRET = "CANARY~entra.secret-78"
BOX = "reports@example.com"
SITE = "contoso.sharepoint.com"
DRIP = 1
_LARGEST = 4 * 1024 * 1024  # bytes of one request


@dataclass
class Fault:
    """What happens at one step: an answer, after the thing asked for was ``done``, or not; status 0
    closes the connection, 1 sends a byte now and then, and never ends."""

    status: int
    after: int | None = None
    done: bool = False
    code: str = "Fault"


@dataclass
class Message:
    """A message of the mailbox: as MIME, or as the JSON and the attachments that it has."""

    id: str
    message_id: str
    mime: bytes = b""
    about: dict[str, Any] = field(default_factory=dict)
    attachments: list[tuple[dict[str, Any], bytes]] = field(default_factory=list)
    draft: bool = True
    shown_as_draft: bool = False  # Exchange is still at it


@dataclass
class Graph:
    """What stands in the mailbox and the drives, what was sent, and the faults to come: for each
    step a list, used up in order. Steps: token, box, find, draft, attach, session, range, send,
    look, delete, item, content, put, children."""

    host: str = ""
    ca_bundle: Path = Path()
    secret: Path = Path()
    tokens: int = 0
    expired: bool = False  # the next request finds its token ended
    messages: dict[str, Message] = field(default_factory=dict)
    sent: list[Message] = field(default_factory=list)
    drives: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"b!library": {}})
    versions: dict[str, int] = field(default_factory=dict)
    promotes: bool = False  # SharePoint writes its properties into workbooks and pages
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    largest: int = 36_700_160
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def endpoint(self) -> str:
        return f"https://{self.host}"

    @property
    def token(self) -> MicrosoftToken:
        scope = f"{self.endpoint}/.default"
        return MicrosoftToken(
            "tenant",
            "client",
            self.secret,
            host=self.host,
            ca_bundle=self.ca_bundle,
            scope=scope,
        )

    @property
    def account(self) -> GraphAccount:
        return GraphAccount(self.token, self.endpoint, self.ca_bundle)

    @property
    def transport(self) -> GraphTransport:
        return GraphTransport(BOX, self.account, owner="owner@example.com")

    def next_fault(self, step: str) -> Fault | None:
        planned = self.faults.get(step)
        return planned.pop(0) if planned else None


class Refused(Exception):
    """An error of Graph's."""

    def __init__(self, status: int, code: str, message: str = "refused") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


Answered = tuple[int, dict[str, Any] | bytes, dict[str, str]]


class _Handler(BaseHTTPRequestHandler):
    graph: Graph
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None: ...

    def _any(self) -> None:
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        step, work = self._route(body)
        fault = self.graph.next_fault(step)
        with self.graph.lock:
            self.graph.asked.append(f"{self.command} {step}")
            if fault is None or fault.done:
                answered = self._done(work, body)
        if fault is None:
            self._answer(*answered)
        elif fault.status == DRIP:
            self._drip()
        elif fault.status:
            headers = {"Retry-After": str(fault.after)} if fault.after is not None else {}
            said = {
                "error": {
                    "code": fault.code,
                    "message": f"as planned, {self.headers.get('Authorization')}",
                }
            }
            self._answer(fault.status, b"" if fault.status < 300 else said, headers)

    def _drip(self) -> None:
        with suppress(OSError):  # the client has enough
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while True:
                self.wfile.write(b"x")
                time.sleep(0.1)

    do_GET = do_POST = do_PUT = do_DELETE = _any

    def _done(self, work: Callable[[], Answered], body: bytes) -> Answered:
        try:
            if self.path.startswith("/v1.0"):
                self._check(body)
            return work()
        except Refused as error:
            said = {"code": error.code, "message": error.message}
            return error.status, {"error": said}, {}

    def _check(self, body: bytes) -> None:
        ended, self.graph.expired = self.graph.expired, False
        given = [f"Bearer T0KEN-{number + 1}" for number in range(self.graph.tokens)]
        if ended or self.headers.get("Authorization") not in given:
            raise Refused(401, "InvalidAuthenticationToken", "Access token has expired.")
        if len(body) > _LARGEST:
            raise Refused(413, "RequestEntityTooLarge")

    def _answer(self, status: int, said: dict[str, Any] | bytes, headers: dict[str, str]) -> None:
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        if not isinstance(said, bytes):
            self.send_header("Content-Type", "application/json; odata.metadata=minimal")
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def _route(self, body: bytes) -> tuple[str, Callable[[], Answered]]:
        path = unquote(urlsplit(self.path).path)
        if path.startswith("/tenant"):
            return "token" if self.command == "POST" else "openid", lambda: self._authority(body)
        if path.startswith("/session/"):
            return "range", lambda: self._range(path, body)
        if path.startswith("/download/"):
            return "content", lambda: self._download(path)
        if path.startswith("/v1.0/users/") and "/drive" not in path:
            return self._mail_route(path.removeprefix("/v1.0/users/"), body)
        return self._drive_route(path.removeprefix("/v1.0"), body)

    def _authority(self, body: bytes) -> Answered:
        base = f"https://{self.graph.host}/tenant"
        if self.command == "GET":
            ends = {"authorization_endpoint": f"{base}/a", "token_endpoint": f"{base}/token"}
            return 200, {"issuer": base, **ends}, {}
        asked = parse_qs(body.decode())
        if asked.get("client_secret") not in ([SECRET], None):
            said = {"error": "invalid_client", "error_description": f"AADSTS7000215 {SECRET}"}
            return 401, said, {}
        self.graph.tokens += 1
        token = f"T0KEN-{self.graph.tokens}"
        return 200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}, {}

    # Mail

    def _mail_route(self, path: str, body: bytes) -> tuple[str, Callable[[], Answered]]:
        box, _, rest = path.partition("/")
        graph = self.graph
        if box != BOX:
            return "box", lambda: _raise(Refused(404, "ErrorInvalidUser", f"no {box}"))
        if rest.startswith("mailFolders/"):
            return "box", lambda: (200, {"id": "drafts"}, {})
        parts = rest.split("/")
        if len(parts) == 1:
            if self.command == "GET":
                return "find", self._find
            return "draft", lambda: self._draft(body)
        message = graph.messages.get(parts[1])
        if len(parts) > 2:
            step = {"send": "send", "attachments": "attach"}[parts[2]]
            step = "session" if parts[-1] == "createUploadSession" else step
            return step, lambda: self._of_message(step, message, body)
        if self.command == "DELETE":
            return "delete", lambda: self._removed(message)
        return "look", lambda: self._look(message)

    def _find(self) -> Answered:
        query = parse_qs(urlsplit(self.path).query)["$filter"][0]
        wanted = re.fullmatch("internetMessageId eq '(.*)'", query)
        assert wanted is not None
        found = [m for m in self.graph.messages.values() if m.message_id == wanted[1]]
        return 200, {"value": [{"id": m.id, "isDraft": m.draft} for m in found]}, {}

    def _draft(self, body: bytes) -> Answered:
        assert self.headers["Prefer"] == 'IdType="ImmutableId"'
        id = f"AAMk{len(self.graph.messages) + len(self.graph.asked)}="
        if self.headers["Content-Type"] == "text/plain":
            mime = base64.b64decode(body, validate=True)
            head = message_from_bytes(mime, policy=default)
            message = Message(id, str(head["Message-ID"]), mime=mime)
            to = str(head["To"])
        else:
            about = json.loads(body)
            for header in about["internetMessageHeaders"]:
                assert header["name"].startswith("x-"), header
            message = Message(id, about["internetMessageId"], about=about)
            to = about["toRecipients"][0]["emailAddress"]["address"]
        if "nobody" in to:
            raise Refused(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
        self.graph.messages[id] = message
        return 201, {"id": id, "isDraft": True}, {}

    def _removed(self, message: Message | None) -> Answered:
        if message is None:
            return _gone()
        del self.graph.messages[message.id]
        return 204, b"", {}

    def _look(self, message: Message | None) -> Answered:
        if message is None:
            return _gone()
        return 200, {"id": message.id, "isDraft": message.draft or message.shown_as_draft}, {}

    def _of_message(self, step: str, message: Message | None, body: bytes) -> Answered:
        if message is None or not message.draft:
            return _gone()
        if step == "send":
            message.draft = False
            self.graph.sent.append(message)
            return 202, b"", {}
        if step == "attach":
            about = json.loads(body)
            content = base64.b64decode(about.pop("contentBytes"))
            self._attached(message, about, content)
            return 201, {"id": "attachment"}, {}
        item = json.loads(body)["AttachmentItem"]
        done = lambda content: self._attached(message, item, content)  # noqa: E731
        return 201, self._session(item["size"], done), {}

    def _attached(self, message: Message, about: dict[str, Any], content: bytes) -> dict[str, Any]:
        if len(content) > self.graph.largest:
            raise Refused(413, "ErrorMessageSizeExceeded")
        message.attachments.append((about, content))
        return {"id": "attachment"}

    # Upload sessions

    def _session(self, size: int | None, done: Callable[[bytes], dict[str, Any]]) -> dict[str, Any]:
        key = hashlib.sha256(str(len(self.graph.asked)).encode()).hexdigest()
        self.graph.sessions[key] = {"size": size, "content": b"", "done": done}
        return {"uploadUrl": f"{self.graph.endpoint}/session/{key}?sig=PRE-SIGNED"}

    def _range(self, path: str, body: bytes) -> Answered:
        assert "Authorization" not in self.headers  # the address is the permission
        session = self.graph.sessions[path.split("/")[2]]
        span = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", self.headers["Content-Range"])
        assert span is not None
        first, last, size = map(int, span.groups())
        assert last - first + 1 == len(body) <= _LARGEST
        assert last + 1 == size or len(body) % (320 * 1024) == 0
        if first != len(session["content"]):
            raise Refused(416, "invalidRange")
        session["content"] += body
        if last + 1 < size:
            return 202, {"nextExpectedRanges": [f"{last + 1}-"]}, {}
        assert session["size"] in (None, size)
        return 201, session["done"](session["content"]), {}

    # Drives

    def _drive_route(self, path: str, body: bytes) -> tuple[str, Callable[[], Answered]]:
        if path == f"/sites/{SITE}:/sites/Reports":
            return "site", lambda: (200, {"id": "site-1"}, {})
        if path == "/sites/site-1/drives":
            url = f"https://{SITE}/sites/Reports/Shared%20Documents"
            drive = {"id": "b!library", "name": "Documents", "webUrl": url}
            return "drives", lambda: (200, {"value": [drive]}, {})
        if path == f"/users/{BOX}/drive":
            return "drives", lambda: (200, {"id": "b!library", "name": "OneDrive"}, {})
        if path == "/drives/b!library/root/children":
            return "children", lambda: self._children("")
        wanted = re.fullmatch(r"/drives/([^/]+)/root:/(.+?)(:/[A-Za-z]+)?", path)
        if wanted is None or wanted[1] not in self.graph.drives:
            return "unknown", lambda: _raise(Refused(404, "itemNotFound", path))
        place, what = wanted[2], (wanted[3] or "")[2:]
        if what == "createUploadSession":
            about = json.loads(body)["item"]["@microsoft.graph.conflictBehavior"]
            return "session", lambda: (200, self._upload(place, about), {})
        if what == "content":
            return "put", lambda: (201, self._put(place, body), {})
        if what == "children":
            return "children", lambda: self._children(place)
        return "item", lambda: self._item(place)

    @property
    def _files(self) -> dict[str, bytes]:
        return self.graph.drives["b!library"]

    def _upload(self, place: str, behaviour: str) -> dict[str, Any]:
        assert behaviour == "fail"
        return self._session(None, lambda content: self._stored(place, content, behaviour))

    def _put(self, place: str, body: bytes) -> dict[str, Any]:
        query = parse_qs(urlsplit(self.path).query)
        return self._stored(place, body, query["@microsoft.graph.conflictBehavior"][0])

    def _stored(self, place: str, content: bytes, behaviour: str) -> dict[str, Any]:
        if behaviour == "fail" and place in self._files:
            raise Refused(409, "nameAlreadyExists", f"{place} exists")
        expected = self.headers.get("If-Match")
        if expected and expected != self._etag(place):
            raise Refused(412, "preconditionFailed", "ETag does not match current item's value")
        self._files[place] = promoted(place, content) if self.graph.promotes else content
        self.graph.versions[place] = self.graph.versions.get(place, 0) + 1
        return {"id": place, "eTag": self._etag(place), "size": len(self._files[place])}

    def _etag(self, place: str) -> str:
        return f'"{{{place}}},{self.graph.versions.get(place, 0)}"'

    def _item(self, place: str) -> Answered:
        if place not in self._files:
            if any(each.startswith(f"{place}/") for each in self._files):
                return 200, {"name": place, "folder": {}}, {}
            raise Refused(404, "itemNotFound", "The resource could not be found.")
        url = f"{self.graph.endpoint}/download/{quote(place)}?tempauth=PRE-SIGNED"
        about = {"name": place, "file": {}, "eTag": self._etag(place)}
        return 200, {**about, "@microsoft.graph.downloadUrl": url}, {}

    def _download(self, path: str) -> Answered:
        assert "Authorization" not in self.headers
        assert "tempauth=PRE-SIGNED" in self.path
        return 200, self._files[path.removeprefix("/download/")], {}

    def _children(self, place: str) -> Answered:
        head = f"{place}/" if place else ""
        below = [p.removeprefix(head) for p in self._files if p.startswith(head)]
        if not below and place:
            raise Refused(404, "itemNotFound")
        names = sorted({each.split("/")[0] for each in below})
        skip = int(parse_qs(urlsplit(self.path).query).get("$skiptoken", ["0"])[0])
        page = [
            {"name": name, ("file" if name in below else "folder"): {}}
            for name in names[skip : skip + 2]
        ]
        said: dict[str, Any] = {"value": page}
        if skip + 2 < len(names):
            plain = self.path.split("?")[0]
            said["@odata.nextLink"] = f"{self.graph.endpoint}{plain}?$skiptoken={skip + 2}"
        return 200, said, {}


def promoted(place: str, content: bytes) -> bytes:
    """What SharePoint makes of a file: it writes the library's properties into workbooks and
    pages."""
    if place.endswith(".html"):
        block = b"<!--[if gte mso 9]><SharePoint:CTFieldRefs/><![endif]-->"
        return content.replace(b"</head>", block + b"</head>")
    if not place.endswith(".xlsx"):
        return content
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(changed, "w") as new:
        for name in book.namelist():
            new.writestr(name, book.read(name))
        new.writestr("customXml/item1.xml", "<p:properties/>")
    return changed.getvalue()


def _gone() -> Answered:
    raise Refused(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def _raise(error: Refused) -> Answered:
    raise error


@contextmanager
def graph_server(folder: Path, name: str = "localhost", until: Any = None) -> Iterator[Graph]:
    """Graph on a free port of this machine, with a certificate of an authority of its own, which is
    for ``name`` and ends then."""
    ca, graph = trustme.CA(), Graph()
    handler = type("Handler", (_Handler,), {"graph": graph})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert(name, not_after=until).configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    graph.host = f"localhost:{server.server_port}"
    graph.ca_bundle, graph.secret = folder / "ca.pem", folder / "entra"
    ca.cert_pem.write_to_path(str(graph.ca_bundle))
    graph.secret.write_text(SECRET + "\n")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield graph
    finally:
        server.shutdown()
        server.server_close()
