"""Editions on an SFTP server, whose host key is verified before anything is said to it.

A revision is written into a hidden folder, each file through to the disk where the server can, read
back and compared, and renamed at one stroke: it is whole or not there, and never replaced.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from insights_reports.delivery.destinations import StorageDestination
from insights_reports.delivery.ledger.holders import Holders
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
from insights_reports.whole import PART

_SLOWEST = 30_000  # bytes a second
_ABANDONED = timedelta(days=1)  # when another machine left it half-written

T = TypeVar("T")


class SftpStorage:
    """What stands below the URL of ``destination``.

    Every method raises DeliveryError when the server cannot be used.

    Raises:
        ConfigError: when asyncssh is not installed.
    """

    def __init__(self, destination: StorageDestination, holders: Holders) -> None:
        try:
            import asyncssh
        except ImportError:
            raise ConfigError(
                "SFTP needs asyncssh.",
                (f"{destination.name}: it is not installed",),
                "Install insights-reports[sftp].",
            ) from None
        self._ssh: Any = asyncssh
        self._where = destination
        self._holders = holders
        self._root = unquote(urlsplit(destination.url).path).rstrip("/")

    def publish(self, edition: Edition, folder: str, now: datetime) -> Published:
        """Put ``edition`` into the ``folder`` of its period, and point ``latest.json`` to the
        newest."""
        size = sum(len(file.content) for file in edition.files)
        return self._do(lambda sftp: self._publish(sftp, edition, folder, now), size)

    def read_manifests(self) -> list[RevisionManifest]:
        """The manifests of all revisions, by subscription, period and revision."""
        return self._do(self._manifests, 0)

    def write_index(self, content: bytes) -> str:
        """Put ``content`` in the place of the index page; its URL."""
        self._do(lambda sftp: self._replace(sftp, f"{self._root}/{INDEX}", content), len(content))
        return f"{self._where.url}/{INDEX}"

    def look(self) -> str:
        """Whether it can be reached and its folder is there; in words."""
        self._do(lambda sftp: sftp.stat(self._root or "/"), 0)
        return self._where.url

    def _do(self, work: Callable[[Any], Coroutine[Any, Any, T]], size: int) -> T:
        async def whole() -> T:
            # Writers that were cut off would each print a traceback.
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
            async with self._connected() as sftp:
                return await work(sftp)

        try:
            return asyncio.run(asyncio.wait_for(whole(), 120 + 2 * size / _SLOWEST))
        except self._ssh.HostKeyNotVerifiable:
            reason = "its host key is not the one that was given; nothing was said to it"
        except TimeoutError:
            reason = "no answer in time"
        except (OSError, self._ssh.Error) as error:
            reason = " ".join((str(error) or type(error).__name__).split())
        raise DeliveryError(
            "The SFTP server cannot be used.",
            f"{self._where.url}: {reason}",
            "Check the key, the host key, the folder and its rights.",
        ) from None

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        where, parts = self._where, urlsplit(self._where.url)
        known = self._ssh.import_known_hosts(where.known_hosts or "")
        async with (
            self._ssh.connect(
                parts.hostname,
                parts.port or 22,
                username=unquote(parts.username or ""),
                client_keys=[str(where.key_file)] if where.key_file else None,
                password=where.password.reveal() if where.password else None,
                known_hosts=known,
                client_factory=_pinning(self._ssh, where.host_key),
                config=None,
                agent_path=None,
                connect_timeout=10,
                login_timeout=20,
                keepalive_interval=15,
                keepalive_count_max=2,
            ) as link,
            link.start_sftp_client() as sftp,
        ):
            yield sftp

    async def _publish(self, sftp: Any, edition: Edition, below: str, now: datetime) -> Published:
        period = f"{self._root}/{below}"
        folder = f"{period}/r{edition.about.revision}"
        path = f"{self._where.url}/{below}/r{edition.about.revision}"
        await sftp.makedirs(period, exist_ok=True)
        await self._sweep(sftp, period, now)
        new = not await sftp.exists(folder) and await self._write(sftp, period, edition)
        raw = await self._read(sftp, f"{folder}/{MANIFEST}")
        if raw is None:
            raise missing(f"{path}/{MANIFEST}")
        manifest = parse_manifest(raw, f"{below}/r{edition.about.revision}")
        of_same_content(manifest, edition, path)
        files = await self._verified(sftp, folder, manifest, edition, path)
        await self._point(sftp, period)
        return Published(path, hashlib.sha256(raw).hexdigest(), files, new)

    async def _write(self, sftp: Any, period: str, edition: Edition) -> bool:
        """Write the revision beside its place and move it there; False when another was faster."""
        name = f"r{edition.about.revision}"
        part = f"{period}/{self._part_name(name)}"
        await sftp.mkdir(part)
        try:
            for file in edition.files:
                await self._new(sftp, f"{part}/{file_name_of(file.name)}", file.content)
            await self._new(sftp, f"{part}/{MANIFEST}", manifest_of(edition))
            await sftp.rename(part, f"{period}/{name}")
        except self._ssh.SFTPError:
            there = await sftp.exists(f"{period}/{name}")
            await sftp.rmtree(part, ignore_errors=True)
            if not there:
                raise
            return False
        return True

    async def _new(self, sftp: Any, path: str, content: bytes) -> None:
        """A file that must not be there, read back."""
        flags = self._ssh.FXF_WRITE | self._ssh.FXF_CREAT | self._ssh.FXF_EXCL
        async with sftp.open(path, flags, encoding=None) as file:
            await file.write(content)
            if sftp.version >= 3:
                await _synced(file, self._ssh)
        if await self._read(sftp, path) != content:
            raise altered(f"{self._where.url}: {path}")

    async def _read(self, sftp: Any, path: str) -> bytes | None:
        try:
            async with sftp.open(path, "rb") as file:
                content: bytes = await file.read()
                return content
        except self._ssh.SFTPNoSuchFile:
            return None

    async def _verified(
        self, sftp: Any, folder: str, manifest: RevisionManifest, edition: Edition, path: str
    ) -> tuple[File, ...]:
        ours = {file.sha256: file for file in edition.files}
        found = []
        for entry in manifest.files:
            place = f"{folder}/{file_name_of(entry.name)}"
            content = await self._read(sftp, place)
            if content is None:
                if entry.sha256 not in ours:
                    raise missing(f"{path}/{entry.name}")
                content = ours[entry.sha256].content
                await self._replace(sftp, place, content)
            file = File(entry.name, entry.document, content)
            if file.sha256 != entry.sha256:
                raise altered(f"{path}/{entry.name}")
            found.append(file)
        return tuple(found)

    async def _point(self, sftp: Any, period: str) -> None:
        found = (REVISION_NAME.fullmatch(name) for name in await sftp.listdir(period))
        newest = max(int(match[1]) for match in found if match)
        manifest = await self._read(sftp, f"{period}/r{newest}/{MANIFEST}")
        if manifest is not None:
            await self._replace(sftp, f"{period}/{LATEST}", pointer(newest, manifest))

    async def _replace(self, sftp: Any, path: str, content: bytes) -> None:
        """Put ``content`` in the place of a file at one stroke, unless it stands there."""
        if await self._read(sftp, path) == content:
            return
        parent, _, name = path.rpartition("/")
        part = f"{parent}/{self._part_name(name)}"
        await self._new(sftp, part, content)
        await sftp.posix_rename(part, path)

    async def _manifests(self, sftp: Any) -> list[RevisionManifest]:
        found = []
        patterns = [f"{self._root}/{deep}/r*/{MANIFEST}" for deep in ("*/*", "*/*/*")]
        for path in await sftp.glob(patterns, self._none_there):
            folder = str(path).removeprefix(f"{self._root}/").removesuffix(f"/{MANIFEST}")
            if is_revision(folder):
                raw = await self._read(sftp, str(path))
                if raw is not None:
                    found.append(parse_manifest(raw, folder))
        return in_order(found)

    def _none_there(self, error: Exception) -> None:
        """Of a pattern that nothing matches: nothing was published so yet."""
        if not isinstance(error, self._ssh.SFTPNoSuchFile):
            raise error

    async def _sweep(self, sftp: Any, period: str, now: datetime) -> None:
        """Remove what dead runs left half-written."""
        for entry in await sftp.readdir(period):
            name = str(entry.filename)
            if not (name.startswith(".") and name.endswith(PART)):
                continue
            holder = name.removesuffix(PART).split(".")[-2]
            old = now.timestamp() - (entry.attrs.mtime or 0) > _ABANDONED.total_seconds()
            if self._holders.is_dead(holder) or old:
                path = f"{period}/{name}"
                await (sftp.rmtree if await sftp.isdir(path) else sftp.remove)(path)

    def _part_name(self, name: str) -> str:
        return f".{name}.{self._holders.name}.{secrets.token_hex(4)}{PART}"


async def _synced(file: Any, ssh: Any) -> None:
    """Through to the disk, where the server knows how (OpenSSH does)."""
    try:
        await file.fsync()
    except ssh.SFTPOpUnsupported:
        return


def _pinning(ssh: Any, fingerprint: str | None) -> Any:
    """A client that takes the host key of ``fingerprint`` (``SHA256:…``), and no other."""

    class Pinned(ssh.SSHClient):  # type: ignore[misc]
        def validate_host_public_key(self, host: str, addr: str, port: int, key: Any) -> bool:
            return bool(fingerprint) and key.get_fingerprint() == fingerprint

    return Pinned
