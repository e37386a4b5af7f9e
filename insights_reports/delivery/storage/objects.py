"""Editions in object storage: S3, Google Cloud Storage, Azure.

Files are created, never replaced; the manifest is created last, and who follows it meets a whole
edition. ``latest.json`` moves by compare-and-swap. After every doubt the object is read back and
compared: a server that stored it and then failed, or whose answer was lost, has our own bytes.
"""

import asyncio
import hashlib
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from insights_reports.delivery.destinations import StorageDestination, is_loopback
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
from insights_reports.errors import ConfigError, DeliveryError

_SLOWEST = 30_000  # bytes a second
_LET_GO = 0.1  # seconds
_TRIES = 8  # of a compare-and-swap
_RETRY = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=90),
    "backoff": {
        "init_backoff": timedelta(seconds=1),
        "max_backoff": timedelta(seconds=15),
        "base": 2,
    },
}

T = TypeVar("T")


class ObjectStorage:
    """What stands below the URL of ``destination``. Credentials come from the environment, as the
    makers of the storage name them (AWS_…, GOOGLE_…, AZURE_…), or from the machine's role.

    Every method raises DeliveryError when the storage cannot be used.

    Raises:
        ConfigError: when obstore is not installed or the URL cannot be used.
    """

    def __init__(self, destination: StorageDestination) -> None:
        try:
            import obstore
            import obstore.exceptions
            import obstore.store
        except ImportError:
            raise ConfigError(
                "Object storage needs obstore.",
                (f"{destination.name}: it is not installed",),
                "Install insights-reports[storage].",
            ) from None
        self._obstore: Any = obstore
        self._faults: Any = obstore.exceptions
        self._where = destination
        self._store = self._open(obstore.store)

    def publish(self, edition: Edition, folder: str) -> Published:
        """Put ``edition`` into the ``folder`` of its period, and point ``latest.json`` to the
        newest.

        A revision that stands there already is verified; what is missing of it is put back when
        ``edition`` has the very bytes.
        """
        return self._do(self._publish(edition, folder), sum(len(f.content) for f in edition.files))

    def read_manifests(self) -> list[RevisionManifest]:
        """The manifests of all revisions, by subscription, period and revision."""
        return self._do(self._manifests(), 0)

    def write_index(self, content: bytes) -> str:
        """Put ``content`` in the place of the index page; its URL."""
        self._do(self._replace(INDEX, content, "text/html; charset=utf-8"), len(content))
        return f"{self._where.url}/{INDEX}"

    def look(self) -> str:
        """Whether it can be listed; what was found, in words."""
        count = len(self._do(self._list(), 0))
        return f"{self._where.url}, {count} objects"

    def _open(self, stores: Any) -> Any:
        where = self._where
        client: dict[str, Any] = {
            "timeout": timedelta(seconds=60 + 64_000_000 // _SLOWEST),
            "connect_timeout": timedelta(seconds=10),
        }
        if where.ca_bundle:
            client["root_certificate"] = where.ca_bundle.read_bytes()
        config: dict[str, Any] = {}
        if where.endpoint:
            config["endpoint"] = where.endpoint
            host = urlsplit(where.endpoint)
            if host.scheme == "http" and is_loopback(host.hostname or ""):
                client["allow_http"] = True
        if where.region:
            config["region"] = where.region
        try:
            return stores.from_url(
                where.url, config=config or None, client_options=client, retry_config=_RETRY
            )
        except (self._faults.BaseError, ValueError, OSError) as error:
            raise ConfigError(
                "The storage cannot be used.", (f"{where.name}: {_first_line(error)}",), ""
            ) from None

    def _do(self, work: Coroutine[Any, Any, T], size: int) -> T:
        """Under a deadline, and so that Ctrl-C ends it at once."""

        async def whole() -> T:
            try:
                return await asyncio.wait_for(work, 300 + 2 * size / _SLOWEST)
            finally:
                # obstore's threads hold objects of Python's a moment longer than its answers take:
                # a process that ended right now would be aborted (status 134).
                await asyncio.sleep(_LET_GO)

        try:
            return asyncio.run(whole())
        except TimeoutError:
            reason = "no end of it in time"
        except (self._faults.BaseError, OSError) as error:
            reason = _first_line(error)
        raise DeliveryError(
            "The storage cannot be written or read.",
            f"{self._where.url}: {reason}",
            "Check the bucket, the credentials in the environment and their rights.",
        ) from None

    async def _publish(self, edition: Edition, period: str) -> Published:
        folder = f"{period}/r{edition.about.revision}"
        path = f"{self._where.url}/{folder}"
        raw = await self._get(f"{folder}/{MANIFEST}")
        new = raw is None
        if raw is None:
            for file in edition.files:
                await self._put(f"{folder}/{file_name_of(file.name)}", file.content, file)
            raw = manifest_of(edition)
            if not await self._create(f"{folder}/{MANIFEST}", raw, "application/json"):
                raw = await self._get(f"{folder}/{MANIFEST}") or raw  # another was faster
        manifest = parse_manifest(raw, folder)
        of_same_content(manifest, edition, path)
        files = await self._verified(manifest, edition, path)
        await self._point(period)
        return Published(path, hashlib.sha256(raw).hexdigest(), files, new)

    async def _put(self, path: str, content: bytes, file: File) -> None:
        """Create an object. No manifest names it yet: what a dead run left there is nobody's."""
        if not await self._create(path, content, file.media_type):
            await self._obstore.put_async(
                self._store, path, content, attributes={"Content-Type": file.media_type}
            )

    async def _create(self, path: str, content: bytes, media_type: str) -> bool:
        """Whether our bytes stand there now; False when another's do.

        Raises:
            obstore.exceptions.BaseError: when nothing stands there.
        """
        attributes = {"Content-Type": media_type}
        try:
            await self._obstore.put_async(
                self._store, path, content, mode="create", attributes=attributes
            )
        except (self._faults.AlreadyExistsError, self._faults.GenericError):
            there = await self._get(path)
            if there is None:
                raise
            return there == content
        return True

    async def _get(self, path: str) -> bytes | None:
        try:
            return bytes(await (await self._obstore.get_async(self._store, path)).bytes_async())
        except (self._faults.NotFoundError, FileNotFoundError):
            return None

    async def _verified(
        self, manifest: RevisionManifest, edition: Edition, path: str
    ) -> tuple[File, ...]:
        """The files as they stand there, each read back."""
        ours = {file.sha256: file for file in edition.files}
        found = []
        for entry in manifest.files:
            place = f"{manifest.folder}/{file_name_of(entry.name)}"
            content = await self._get(place)
            if content is None:
                if entry.sha256 not in ours:
                    raise missing(f"{path}/{entry.name}")
                content = ours[entry.sha256].content
                await self._put(place, content, ours[entry.sha256])
            file = File(entry.name, entry.document, content)
            if file.sha256 != entry.sha256:
                raise altered(f"{path}/{entry.name}")
            found.append(file)
        return tuple(found)

    async def _point(self, period: str) -> None:
        paths = [str(each["path"]).rpartition("/") for each in await self._list(f"{period}/")]
        revisions = [
            int(match[1])
            for folder, _, name in paths
            if name == MANIFEST
            and (match := REVISION_NAME.fullmatch(folder.removeprefix(f"{period}/")))
        ]
        newest = max(revisions)
        manifest = await self._get(f"{period}/r{newest}/{MANIFEST}")
        if manifest is not None:
            content = pointer(newest, manifest)
            await self._replace(f"{period}/{LATEST}", content, "application/json")

    async def _replace(self, path: str, content: bytes, media_type: str) -> None:
        """Compare and swap: what another wrote meanwhile is looked at again."""
        attributes = {"Content-Type": media_type, "Cache-Control": "no-cache"}
        for _ in range(_TRIES):
            try:
                reply = await self._obstore.get_async(self._store, path)
            except (self._faults.NotFoundError, FileNotFoundError):
                mode: Any = "create"
            else:
                if bytes(await reply.bytes_async()) == content:
                    return
                meta = reply.meta
                mode = {k: meta[k] for k in ("e_tag", "version") if meta.get(k) is not None}
            try:
                await self._obstore.put_async(
                    self._store, path, content, mode=mode, attributes=attributes
                )
            except (self._faults.AlreadyExistsError, self._faults.PreconditionError):
                await asyncio.sleep(0.05)
            else:
                return
        raise DeliveryError("Others write to the storage at the same time.", path, "Run again.")

    async def _manifests(self) -> list[RevisionManifest]:
        found = []
        for each in await self._list():
            folder, _, name = str(each["path"]).rpartition("/")
            if name == MANIFEST and is_revision(folder):
                raw = await self._get(each["path"])
                if raw is not None:
                    found.append(parse_manifest(raw, folder))
        return in_order(found)

    async def _list(self, prefix: str | None = None) -> list[dict[str, Any]]:
        found = await self._obstore.list(self._store, prefix=prefix).collect_async()
        return sorted(found, key=lambda each: str(each["path"]))


def _first_line(error: BaseException) -> str:
    """What went wrong, without the pages of detail that follow it."""
    text = str(error) or type(error).__name__
    return " ".join(text.split("Debug source")[0].split())[:300]
