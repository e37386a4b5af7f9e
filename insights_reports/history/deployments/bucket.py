"""A history in object storage: S3, Google Cloud Storage, Azure.

The manifest is replaced by compare-and-swap, all else is created. After a doubt the object is read
back: a server that stored it and then failed has our own bytes.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from insights_reports.errors import ConfigError, HistoryError
from insights_reports.history.deployments.storage import Stored

_SECONDS = 300.0  # of one operation
_RETRY = {"max_retries": 3, "retry_timeout": timedelta(seconds=90)}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BucketPlace:
    """Where histories lie: ``s3://bucket/prefix``, ``gs://…`` or ``az://container/prefix``. The
    credentials come from the environment, as the makers of the storage name them."""

    url: str
    endpoint: str | None = None
    region: str | None = None
    ca_bundle: Path | None = None


class Bucket:
    """The files of one history, or of several, below ``place``; see `storage.Storage`.

    Raises:
        ConfigError: when obstore is not installed or the place cannot be used.
    """

    def __init__(self, place: BucketPlace, folder: str = "") -> None:
        try:
            import obstore
            import obstore.exceptions
            import obstore.store
        except ImportError:
            raise ConfigError(
                "A history in object storage needs obstore.",
                (f"history: {place.url}: it is not installed",),
                "Install insights-reports[storage].",
            ) from None
        self.url = f"{place.url.rstrip('/')}/{folder}".rstrip("/")
        self._obstore: Any = obstore
        self._faults: Any = obstore.exceptions
        try:
            self._store = _opened(obstore.store, place, self.url)
        except (self._faults.BaseError, ValueError, OSError) as error:
            raise ConfigError(
                "The history's storage cannot be used.", (f"history: {_said(error)}",), ""
            ) from None

    def __str__(self) -> str:
        return self.url

    def read(self, name: str) -> bytes:
        found = self._do(name, lambda: self._get(name))
        if found is None:
            raise FileNotFoundError(f"{self}/{name}")
        return found[0]

    def create(self, name: str, content: bytes) -> None:
        self._do(name, lambda: self._create(name, content))

    def swap(self, name: str, content: bytes, before: bytes | None) -> bool:
        return self._do(name, lambda: self._swap(name, content, before))

    def show(self, source: str, name: str) -> None:
        self._do(name, lambda: self._show(source, name))

    def list(self, prefix: str) -> Iterator[Stored]:
        for each in self._do(prefix, lambda: self._listed(prefix)):
            yield Stored(str(each["path"]), each["last_modified"])

    def remove(self, name: str) -> None:
        self._do(name, lambda: self._remove(name))

    def _do(self, name: str, work: Callable[[], T]) -> T:
        try:
            return _within(_SECONDS, work)
        except TimeoutError:
            reason = "no end of it in time"
        except (self._faults.BaseError, OSError) as error:
            reason = _said(error)
        raise HistoryError(
            "The history of deployments cannot be written or read.",
            f"{self}/{name}: {reason}",
            "Check the bucket, the credentials in the environment and their rights.",
        ) from None

    def _get(self, name: str) -> tuple[bytes, dict[str, str]] | None:
        """The content, and the version by which it can be replaced."""
        try:
            reply = self._obstore.get(self._store, name)
        except (self._faults.NotFoundError, FileNotFoundError):
            return None
        meta = reply.meta
        version = {key: meta[key] for key in ("e_tag", "version") if meta.get(key) is not None}
        return bytes(reply.bytes()), version

    def _put(self, name: str, content: bytes, mode: Any) -> bool:
        """Whether ours stands there now; False when something else does."""
        try:
            self._obstore.put(self._store, name, content, mode=mode)
        except (
            self._faults.AlreadyExistsError,
            self._faults.PreconditionError,
            self._faults.GenericError,
        ):
            there = self._get(name)
            if there is None and mode == "create":
                raise
            return there is not None and there[0] == content
        return True

    def _create(self, name: str, content: bytes) -> None:
        if not self._put(name, content, "create"):  # altered: the name says what it should be
            self._obstore.put(self._store, name, content)

    def _swap(self, name: str, content: bytes, before: bytes | None) -> bool:
        there = self._get(name)
        if (there[0] if there else None) != before:
            return False
        return self._put(name, content, there[1] if there else "create")

    def _show(self, source: str, name: str) -> None:
        whole = self._obstore.head(self._store, source)
        try:
            shown = self._obstore.head(self._store, name)
        except (self._faults.NotFoundError, FileNotFoundError):
            shown = None
        if shown is None or (shown["e_tag"], shown["size"]) != (whole["e_tag"], whole["size"]):
            self._obstore.copy(self._store, source, name)

    def _listed(self, prefix: str) -> Sequence[dict[str, Any]]:
        found = self._obstore.list(self._store, prefix=prefix or None).collect()
        return sorted(found, key=lambda each: str(each["path"]))

    def _remove(self, name: str) -> None:
        try:
            self._obstore.delete(self._store, name)
        except (self._faults.NotFoundError, FileNotFoundError):
            return


def _within(seconds: float, work: Callable[[], T]) -> T:
    """Do ``work`` under a deadline, and so that Ctrl-C ends it at once.

    In a thread, because obstore's coroutines may abort a process that ends right after them: its
    own threads still hold objects of Python's then.
    """
    found: list[T] = []
    failed: list[Exception] = []

    def carry_out() -> None:
        try:
            found.append(work())
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=carry_out, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not found:
        raise TimeoutError
    return found[0]


def _opened(stores: Any, place: BucketPlace, url: str) -> Any:
    client: dict[str, Any] = {
        "timeout": timedelta(seconds=_SECONDS),
        "connect_timeout": timedelta(seconds=10),
    }
    if place.ca_bundle:
        client["root_certificate"] = place.ca_bundle.read_bytes()
    config = {"endpoint": place.endpoint, "region": place.region}
    given = {key: value for key, value in config.items() if value}
    host = urlsplit(place.endpoint or "")
    if host.scheme == "http" and host.hostname in ("localhost", "127.0.0.1", "::1"):
        client["allow_http"] = True
    return stores.from_url(url, config=given or None, client_options=client, retry_config=_RETRY)


def _said(error: BaseException) -> str:
    """What went wrong, without the pages of detail that follow it."""
    text = str(error) or type(error).__name__
    return " ".join(text.split("Debug source")[0].split())[:300]
