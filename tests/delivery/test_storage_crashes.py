"""A run that is killed at any point of an edition's way into storage: who follows the manifests
meets whole editions only, nothing is written twice, and no mail comes before its files."""

import hashlib
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncssh
import obstore
import pytest

from insights_reports.delivery import (
    Edition,
    FolderDestination,
    Ledger,
    RevisionManifest,
    State,
    StorageDestination,
)
from insights_reports.delivery.storage import files_at, folder, places
from insights_reports.delivery.storage.objects import ObjectStorage
from insights_reports.delivery.storage.sftp import SftpStorage
from insights_reports.edition.files import File
from insights_reports.spelling.folders import Folders
from tests.delivery.mail_servers import Postbox, mail_server
from tests.delivery.material import EDITION, FILES, HOLDERS, NOON, Office, altered
from tests.delivery.processes import PROCESSES
from tests.delivery.storage_servers import CREDENTIALS, SSHD, s3, sftp
from tests.delivery.test_crashes import after, before, die


@dataclass(frozen=True)
class Way:
    """How a kind of storage is reached, how a file is written there and how the pointer is moved:
    the owner of the function, and its name. The file's name is among the writer's arguments."""

    reach: tuple[Any, str]
    write: tuple[Any, str]
    point: tuple[Any, str]


WAYS = {
    "folder": Way((files_at, "open_root"), (files_at, "write_new"), (folder, "_point_to_newest")),
    "bucket": Way((obstore, "get_async"), (obstore, "put_async"), (ObjectStorage, "_point")),
    "vault": Way((asyncssh, "connect"), (SftpStorage, "_new"), (SftpStorage, "_point")),
}


def writing(way: Way, name: str, *, done: bool) -> None:
    """Die before the file ``name`` is written, or when it is."""
    owner, function = way.write
    whole = getattr(owner, function)

    def is_it(args: tuple[Any, ...]) -> bool:
        return any(isinstance(each, str) and name in each for each in args)

    async def finished(work: Any) -> Any:
        found = await work
        die()
        return found

    def dying(*args: Any, **named: Any) -> Any:
        if is_it(args) and not done:
            die()
        found = whole(*args, **named)
        if is_it(args):
            return finished(found) if hasattr(found, "__await__") else die()
        return found

    setattr(owner, function, dying)


def pointed(way: Way) -> None:
    owner, function = way.point
    whole = getattr(owner, function)
    if way is WAYS["folder"]:
        after(owner, function)
        return

    async def dying(*args: Any) -> None:
        await whole(*args)
        die()

    setattr(owner, function, dying)


# The twelve points, in the order of an edition's way.
POINTS: dict[str, Callable[[Way], None]] = {
    "before it is planned": lambda way: before(Ledger, "plan"),
    "after it is planned": lambda way: after(Ledger, "plan"),
    "after the claim": lambda way: after(Ledger, "claim"),
    "before the first word": lambda way: before(*way.reach),
    "before the first file": lambda way: writing(way, FILES[0].name, done=False),
    "after the first file": lambda way: writing(way, FILES[0].name, done=True),
    "before the manifest": lambda way: writing(way, "manifest.json", done=False),
    "after the manifest": lambda way: writing(way, "manifest.json", done=True),
    "before the pointer": lambda way: before(*way.point),
    "after the pointer": lambda way: pointed(way),
    "before the ledger knows": lambda way: before(Ledger, "settle"),
    "after the ledger knows": lambda way: after(Ledger, "settle"),
}
STANDS = ("before the pointer", "after the pointer", *list(POINTS)[-2:])

FOLDERS: dict[str, Folders] = {
    "folder": "{year}/{subscription}/{period}",
    "bucket": "{subscription}/{year}/{period}",
    "vault": "{subscription}/{period}",
}
KINDS = ["bucket", pytest.param("vault", marks=pytest.mark.skipif(not SSHD, reason="no sshd"))]


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, StorageDestination]]:
    with ExitStack() as servers:
        found = {"bucket": servers.enter_context(s3())}
        if SSHD:
            found["vault"] = servers.enter_context(sftp(tmp_path_factory.mktemp("sftp")))
        yield found


@pytest.fixture(scope="module")
def postbox() -> Iterator[Postbox]:
    with mail_server() as running:
        yield running


def deliver_and_die(office: Office, kind: str, point: str | None) -> None:
    os.environ.update(CREDENTIALS)
    if point:
        POINTS[point](WAYS[kind])
    assert all(receipt.done for receipt in office.deliver())


def in_a_process(*args: Any) -> int | None:
    process = PROCESSES.Process(target=deliver_and_die, args=args)
    process.start()
    process.join(60)
    return process.exitcode


def seen(place: places.Place) -> dict[str, RevisionManifest]:
    """The editions that a reader finds by their manifests, each file of them read and compared."""
    found = {}
    for manifest in places.read_manifests(place, HOLDERS):
        for entry in manifest.files:
            content = content_of(place, f"{manifest.folder}/{entry.name}")
            assert hashlib.sha256(content).hexdigest() == entry.sha256
        found[manifest.folder] = manifest
    return found


def content_of(place: places.Place, path: str) -> bytes:
    if isinstance(place, FolderDestination):
        return (place.path / path).read_bytes()
    if place.is_sftp:
        return Path("/" + place.url.split("/", 3)[3], path).read_bytes()
    return bytes(obstore.get(ObjectStorage(place)._store, path).bytes())


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("kind", ["folder", *KINDS])
def test_killed_and_run_again(
    tmp_path: Path, stores: Any, postbox: Postbox, kind: str, point: str
) -> None:
    postbox.received.clear()
    period = f"{2001 + list(POINTS).index(point)}"
    folders = FOLDERS[kind]
    chosen = () if kind == "folder" else (replace(stores[kind], folders=folders),)
    office = Office(
        tmp_path,
        postbox.transport(),
        with_folder=not chosen,
        period=period,
        stores=chosen,
        folders=folders,
    )
    place = chosen[0] if chosen else FolderDestination("folder", tmp_path / "editions")
    of_others = seen(place)
    assert in_a_process(office, kind, point) == -9
    stood = seen(place)
    assert (len(stood) > len(of_others)) == (point in stands(kind))
    assert not postbox.received
    assert in_a_process(office, kind, None) == 0
    there = seen(place)
    assert stood.items() <= there.items()
    folder = folders.format(subscription="board", period=period, year=period)
    assert list(there.keys() - of_others.keys()) == [f"{folder}/r1"]
    assert in_a_process(office, kind, None) == 0
    assert seen(place) == there
    assert len(postbox.received) == 1
    with Ledger(office.ledger_path) as ledger:
        assert [receipt.state for receipt in ledger.deliveries()] == [State.SENT, State.SENT]


def numbered(number: int) -> Edition:
    """Revision ``number``, whose every file says so."""
    files = tuple(File(f"{n}.pdf", "summary", f"{number}".encode() * 20_000) for n in range(4))
    return altered(EDITION, revision=number, digest=f"{number}", files=files)


def publish_on_and_on(place: StorageDestination, first: int) -> None:
    os.environ.update(CREDENTIALS)
    for number in range(first, first + 1_000):
        places.publish(numbered(number), place, now=NOON, holders=HOLDERS)


def newest(place: StorageDestination) -> int:
    """The revision that the pointer names, each file of whose manifest was read and compared."""
    pointer = json.loads(content_of(place, "board/2026-09/latest.json"))
    path = f"board/2026-09/r{pointer['revision']}"
    manifest = json.loads(content_of(place, f"{path}/manifest.json"))
    found = {content_of(place, f"{path}/{file['name']}") for file in manifest["files"]}
    assert found == {f"{pointer['revision']}".encode() * 20_000}
    return int(pointer["revision"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_never_meets_a_mixed_edition_while_publishers_are_killed(
    stores: Any, kind: str
) -> None:
    """Publishers are killed at arbitrary instants; a reader follows the pointer all the while."""
    place = replace(stores[kind], url=f"{stores[kind].url}/reader")
    places.publish(numbered(1), place, now=NOON, holders=HOLDERS)
    chance, seen_last = random.Random(20261001), 1
    for _ in range(200 if os.environ.get("THOROUGH") else 5):
        process = PROCESSES.Process(target=publish_on_and_on, args=(place, seen_last))
        process.start()
        begun, kill_at = seen_last, time.monotonic() + 30
        while time.monotonic() < kill_at:
            revision = newest(place)
            assert revision >= seen_last
            if begun == seen_last < revision:  # it is at work
                kill_at = time.monotonic() + chance.uniform(0, 0.3)
            seen_last = revision
        process.kill()
        process.join()
        assert process.exitcode == -9
        assert seen_last > begun
    for manifest in places.read_manifests(place, HOLDERS):  # to publish again is to verify
        edition = numbered(manifest.about.revision)
        assert not places.publish(edition, place, now=NOON, holders=HOLDERS).new


def stands(kind: str) -> tuple[str, ...]:
    """In object storage the manifest itself is what makes an edition, elsewhere the renaming."""
    return ("after the manifest", *STANDS) if kind == "bucket" else STANDS
