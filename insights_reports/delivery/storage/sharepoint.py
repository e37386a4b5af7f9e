"""Editions in a SharePoint library or a OneDrive, through Microsoft Graph.

Files are created, never replaced (``conflictBehavior=fail``), the manifest last; the pointer and
the index page move by their eTag. After every doubt the file is read back and compared. SharePoint
writes the library's properties into workbooks and web pages: such a file counts as ours when
nothing but additions tells it apart.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from insights_reports.delivery.destinations import StorageDestination
from insights_reports.delivery.graph import GraphClient, GraphReply, GraphSilent
from insights_reports.delivery.mail.sign_in import NoToken
from insights_reports.delivery.receipts import Edition
from insights_reports.delivery.storage.manifest import (
    INDEX,
    LATEST,
    MANIFEST,
    REVISION_NAME,
    Published,
    RevisionManifest,
    altered,
    file_name_of,
    in_order,
    is_revision,
    manifest_of,
    missing,
    of_same_content,
    parse_manifest,
    pointer,
)
from insights_reports.edition.files import File
from insights_reports.errors import DeliveryError
from insights_reports.spelling.folders import may_hold

_AT_ONCE = 4_000_000  # bytes; larger files go by an upload session
_TRIES = 8  # of a compare-and-swap
_BEHAVIOUR = "@microsoft.graph.conflictBehavior"
_PROPERTIES = ("docProps/", "customXml/", "_rels/", "[Content_Types].xml")
_TAKEN = (409, 412)

T = TypeVar("T")


class _Refused(Exception):
    """Graph's refusal, in words."""


class SharePointStorage:
    """What stands below the URL of ``destination``: ``sharepoint://host/sites/NAME/LIBRARY/folder``
    or ``onedrive://user@company/folder``.

    Every method raises DeliveryError when it cannot be used.
    """

    def __init__(self, destination: StorageDestination) -> None:
        assert destination.graph is not None  # noqa: S101  (the destination requires it)
        self._where = destination
        self._graph = GraphClient(destination.graph)
        self._drive, self._folder = "", ""

    def publish(self, edition: Edition, folder: str) -> Published:
        """Put ``edition`` into the ``folder`` of its period, and point ``latest.json`` to the
        newest.

        A revision that stands there already is verified; what is missing of it is put back when
        ``edition`` has the very bytes.
        """
        return self._do(lambda: self._publish(edition, folder))

    def read_manifests(self) -> list[RevisionManifest]:
        """The manifests of all revisions, by subscription, period and revision."""
        return self._do(lambda: in_order(self._manifests()))

    def write_index(self, content: bytes) -> str:
        """Put ``content`` in the place of the index page; its URL."""
        self._do(lambda: self._replace(INDEX, content))
        return f"{self._where.url}/{INDEX}"

    def look(self) -> str:
        """Whether the library is there and can be listed; in words."""
        count = self._do(lambda: sum(1 for _ in self._children("")))
        return f"{self._where.url}, {count} entries"

    def _do(self, work: Callable[[], T]) -> T:
        try:
            if not self._drive:
                self._drive, self._folder = self._found()
            return work()
        except (_Refused, GraphSilent, NoToken) as error:
            reason = str(error)
        finally:
            self._graph.close()
        raise DeliveryError(
            "SharePoint cannot be written or read.",
            f"{self._where.url}: {reason}",
            "Check the address, the application's secret and its permission for the site.",
        ) from None

    def _found(self) -> tuple[str, str]:
        """The id of the drive, and the folder in it."""
        parts = urlsplit(self._where.url)
        if parts.scheme == "onedrive":
            drive = self._asked("GET", f"/users/{parts.netloc}/drive")
            return str(drive["id"]), unquote(parts.path).strip("/")
        kind, name, library, *folder = (unquote(p) for p in parts.path.strip("/").split("/"))
        site = self._asked("GET", f"/sites/{parts.netloc}:/{kind}/{quote(name)}")
        drives = self._asked("GET", f"/sites/{site['id']}/drives")["value"]
        for drive in drives:
            if library in (drive["name"], unquote(drive["webUrl"]).rpartition("/")[2]):
                return str(drive["id"]), "/".join(folder)
        known = ", ".join(sorted(str(drive["name"]) for drive in drives)) or "none"
        raise _Refused(f"the site has no library {library!r}, but: {known}")

    def _asked(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        return _good(self._graph.ask(method, path, **more)).said

    def _publish(self, edition: Edition, period: str) -> Published:
        folder = f"{period}/r{edition.about.revision}"
        path = f"{self._where.url}/{folder}"
        raw = self._read(f"{folder}/{MANIFEST}")
        new = raw is None
        if raw is None:
            for file in edition.files:
                self._put(f"{folder}/{file_name_of(file.name)}", file.content)
            raw = manifest_of(edition)
            if not self._create(f"{folder}/{MANIFEST}", raw):
                raw = self._read(f"{folder}/{MANIFEST}") or raw  # another was faster
        manifest = parse_manifest(raw, folder)
        of_same_content(manifest, edition, path)
        files = self._verified(manifest, edition, path)
        self._point(period)
        return Published(path, hashlib.sha256(raw).hexdigest(), files, new)

    def _put(self, path: str, content: bytes) -> None:
        """Create a file. No manifest names it yet: what a dead run left there is nobody's."""
        if not self._create(path, content):
            self._replace(path, content)

    def _create(self, path: str, content: bytes) -> bool:
        """Whether ours stands there now; False when another does."""
        try:
            reply = self._sent_new(path, content)
        except GraphSilent:
            there = self._read(path)
            if there is None:
                raise
            return is_ours(path, content, there)
        if reply.status in _TAKEN or reply.status >= 500:
            there = self._read(path)
            if there is not None:
                return is_ours(path, content, there)
        _good(reply)
        return True

    def _sent_new(self, path: str, content: bytes) -> GraphReply:
        if len(content) <= _AT_ONCE:
            return self._sent(path, content, "fail")
        item = {"item": {_BEHAVIOUR: "fail"}}
        reply = self._graph.ask("POST", self._at(path, "/createUploadSession"), json=item)
        return self._graph.transfer(str(reply.said["uploadUrl"]), content) if reply.ok else reply

    def _sent(self, path: str, content: bytes, behaviour: str, **headers: str) -> GraphReply:
        address = f"{self._at(path, '/content')}?{_BEHAVIOUR}={behaviour}"
        kind = {"Content-Type": "application/octet-stream", **headers}
        return self._graph.ask("PUT", address, headers=kind, data=content)

    def _item(self, path: str) -> dict[str, Any] | None:
        reply = self._graph.ask("GET", self._at(path))
        return None if reply.status == 404 else _good(reply).said

    def _read(self, path: str) -> bytes | None:
        item = self._item(path)
        return None if item is None else self._content(item)

    def _content(self, item: dict[str, Any]) -> bytes:
        address = str(item["@microsoft.graph.downloadUrl"])
        return _good(self._graph.download(address)).content

    def _verified(
        self, manifest: RevisionManifest, edition: Edition, path: str
    ) -> tuple[File, ...]:
        """The files as they were published, each read back."""
        ours = {file.sha256: file for file in edition.files}
        found = []
        for entry in manifest.files:
            place, file = f"{manifest.folder}/{file_name_of(entry.name)}", ours.get(entry.sha256)
            content = self._read(place)
            if content is None:
                if file is None:
                    raise missing(f"{path}/{entry.name}")
                self._put(place, file.content)
                content = self._read(place) or b""
            if file is None and hashlib.sha256(content).hexdigest() == entry.sha256:
                file = File(entry.name, entry.document, content)
            if file is None or not is_ours(entry.name, file.content, content):
                raise altered(f"{path}/{entry.name}")
            found.append(file)
        return tuple(found)

    def _point(self, period: str) -> None:
        found = (REVISION_NAME.fullmatch(name) for name in self._children(period))
        for newest in sorted((int(match[1]) for match in found if match), reverse=True):
            manifest = self._read(f"{period}/r{newest}/{MANIFEST}")
            if manifest is not None:
                self._replace(f"{period}/{LATEST}", pointer(newest, manifest))
                return

    def _replace(self, path: str, content: bytes) -> None:
        """Compare and swap: what another wrote meanwhile is looked at again."""
        for _ in range(_TRIES):
            item = self._item(path)
            if item is None:
                reply = self._sent_new(path, content)
            elif is_ours(path, content, self._content(item)):
                return
            else:
                match = {"If-Match": str(item["eTag"])}
                reply = self._sent(path, content, "replace", **match)
            if reply.status not in _TAKEN:
                _good(reply)
                return
        raise DeliveryError("Others write to the storage at the same time.", path, "Run again.")

    def _manifests(self, folder: str = "") -> Iterator[RevisionManifest]:
        for name in self._children(folder, folders=True):
            below = f"{folder}/{name}".removeprefix("/")
            raw = self._read(f"{below}/{MANIFEST}") if is_revision(below) else None
            if raw is not None:
                yield parse_manifest(raw, below)
            elif not folder or may_hold(below):
                yield from self._manifests(below)

    def _children(self, path: str, *, folders: bool = False) -> Iterator[str]:
        """The names in a folder, page by page; none where there is no folder."""
        next_page = f"{self._at(path, '/children')}?$select=name,folder,file&$top=200"
        while next_page:
            reply = self._graph.ask("GET", next_page)
            if reply.status == 404:
                return
            for each in _good(reply).said["value"]:
                if "folder" in each or not folders:
                    yield str(each["name"])
            next_page = self._graph.path_of(str(reply.said.get("@odata.nextLink", "")))

    def _at(self, path: str, what: str = "") -> str:
        """The address of a file or folder, or of ``what`` of it."""
        whole = f"{self._folder}/{path}".strip("/")
        root = f"/drives/{self._drive}/root"
        return f"{root}:/{quote(whole)}{what and ':'}{what}" if whole else f"{root}{what}"


def is_ours(name: str, ours: bytes, theirs: bytes) -> bool:
    """Whether ``theirs`` is what SharePoint made of ``ours``: the same bytes; a workbook with the
    same sheets and other properties; a page with something put in at one place."""
    if ours == theirs:
        return True
    if name.endswith(".html"):
        pairs = enumerate(zip(ours, theirs, strict=False))
        same = next((at for at, (our, their) in pairs if our != their), min(len(ours), len(theirs)))
        return theirs[same:].endswith(ours[same:])
    if name.endswith(".xlsx"):
        return _parts(ours) == _parts(theirs) is not None
    return False


def _parts(workbook: bytes) -> dict[str, bytes] | None:
    """The parts of a workbook that are no properties; None when it is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(workbook)) as book:
            return {n: book.read(n) for n in book.namelist() if not n.startswith(_PROPERTIES)}
    except (zipfile.BadZipFile, EOFError, ValueError):
        return None


def _good(reply: GraphReply) -> GraphReply:
    if not reply.ok:
        raise _Refused(str(reply))
    return reply
