"""Editions in storage elsewhere: whole or not there, verified, never replaced in silence."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, get_args

import asyncssh
import obstore
import pytest

from insights_reports.delivery import (
    GraphAccount,
    Key,
    Ledger,
    MailDestination,
    Receipt,
    State,
    StorageDestination,
    deliver,
)
from insights_reports.delivery.storage import places
from insights_reports.delivery.storage.objects import ObjectStorage
from insights_reports.delivery.storage.sftp import SftpStorage
from insights_reports.delivery.storage.sharepoint import SharePointStorage
from insights_reports.edition.files import File
from insights_reports.errors import DeliveryError
from insights_reports.spelling.folders import Folders
from tests.delivery.graph_server import SITE, Graph, graph_server
from tests.delivery.mail_servers import mail_server
from tests.delivery.material import EDITION, FILES, HOLDERS, NOON, Clock, altered, compose, entered
from tests.delivery.processes import PROCESSES
from tests.delivery.storage_servers import CREDENTIALS, SSHD, s3, sftp

SECOND = altered(EDITION, revision=2, digest="b" * 64, status="revised", files=FILES[:1])
NOBODY = GraphAccount(lambda: "")
publish = partial(places.publish, now=NOON, holders=HOLDERS)


@pytest.fixture(scope="module")
def bucket() -> Iterator[StorageDestination]:
    with s3() as place:
        yield place


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageDestination]:
    with sftp(tmp_path_factory.mktemp("sftp")) as place:
        yield place


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    with graph_server(tmp_path_factory.mktemp("graph")) as running:
        yield running


@pytest.fixture(scope="module")
def library(graph: Graph) -> StorageDestination:
    url = f"sharepoint://{SITE}/sites/Reports/Shared Documents/insights"
    LIBRARIES[url.split(":", maxsplit=1)[0]] = graph
    return StorageDestination("library", url, graph=graph.account)


@pytest.fixture(
    params=[
        "bucket",
        pytest.param("vault", marks=pytest.mark.skipif(not SSHD, reason="no sshd")),
        "library",
    ]
)
def place(request: pytest.FixtureRequest) -> StorageDestination:
    """Each kind of storage, a fresh prefix of it."""
    whole: StorageDestination = request.getfixturevalue(request.param)
    return replace(whole, url=f"{whole.url}/{abs(hash(request.node.name)) % 10**9}")


LIBRARIES: dict[str, Graph] = {}  # the server behind each scheme


def library_of(place: StorageDestination) -> tuple[dict[str, bytes], str]:
    """All files of the drive, and the folder in it."""
    files = LIBRARIES["sharepoint"].drives["b!library"]
    return files, place.url.split("/Shared Documents/")[1] + "/"


def everything(place: StorageDestination) -> dict[str, bytes]:
    """All that stands there, by its path below the root."""
    if place.is_graph:
        files, head = library_of(place)
        return {p.removeprefix(head): c for p, c in files.items() if p.startswith(head)}
    if place.is_sftp:
        root = Path("/" + place.url.split("/", 3)[3])
        return {
            p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*.*") if p.is_file()
        }
    store = ObjectStorage(place)._store
    found = obstore.list(store).collect()
    return {o["path"]: bytes(obstore.get(store, o["path"]).bytes()) for o in found}


def change(place: StorageDestination, path: str, content: bytes | None) -> None:
    """Alter or remove what stands there, behind the publisher's back."""
    if place.is_graph:
        files, head = library_of(place)
        files.pop(head + path) if content is None else files.update({head + path: content})
    elif place.is_sftp:
        file = Path("/" + place.url.split("/", 3)[3]) / path
        file.unlink() if content is None else file.write_bytes(content)
    else:
        store = ObjectStorage(place)._store
        obstore.delete(store, path) if content is None else obstore.put(store, path, content)


def test_an_edition_stands_there_whole_with_its_manifest_and_the_pointer(
    place: StorageDestination,
) -> None:
    published = publish(EDITION, place)
    assert published.new
    assert published.path == f"{place.url}/board/2026-09/r1"
    there = everything(place)
    assert {name: there[f"board/2026-09/r1/{name}"] for name in (f.name for f in FILES)} == {
        f.name: f.content for f in FILES
    }
    assert sorted(there) == [
        "board/2026-09/latest.json",
        *sorted(f"board/2026-09/r1/{n}" for n in (*(f.name for f in FILES), "manifest.json")),
    ]
    (manifest,) = places.read_manifests(place, HOLDERS)
    assert (manifest.folder, manifest.about.digest) == ("board/2026-09/r1", EDITION.about.digest)
    again = publish(EDITION, place)
    assert (again.new, again.sha256, again.files) == (False, published.sha256, published.files)
    assert everything(place) == there


def test_the_pointer_goes_to_the_newest_and_never_back(place: StorageDestination) -> None:
    publish(SECOND, place)
    publish(EDITION, place)
    assert b'"revision": 2' in everything(place)["board/2026-09/latest.json"]
    assert [m.about.revision for m in places.read_manifests(place, HOLDERS)] == [1, 2]


def test_other_folders_hold_for_the_periods_to_come(place: StorageDestination) -> None:
    first = publish(EDITION, place)
    moved = replace(place, folders="{year}/{subscription}/{period}")
    sent = Receipt(Key("board", "2026-09", 1, place.name), State.SENT, NOON)
    known = [replace(sent, reference=str(first.path))]
    assert not publish(EDITION, moved, known=known).new
    assert publish(SECOND, moved, known=known).path == f"{place.url}/board/2026-09/r2"
    october = altered(EDITION, period="2026-10", start=date(2026, 10, 1), end=date(2026, 11, 1))
    assert publish(october, moved).path == f"{place.url}/2026/board/2026-10/r1"
    found = places.read_manifests(moved, HOLDERS)
    assert [each.folder for each in found] == [
        "board/2026-09/r1",
        "board/2026-09/r2",
        "2026/board/2026-10/r1",
    ]
    there = everything(place)
    assert b'"revision": 2' in there["board/2026-09/latest.json"]
    assert "2026/board/2026-10/latest.json" in there


def test_the_pointer_of_a_year_heeds_no_revision_of_its_months(place: StorageDestination) -> None:
    monthly = replace(place, folders="{subscription}/{year}/{period}")
    publish(EDITION, monthly)
    publish(SECOND, monthly)
    publish(altered(EDITION, period="2026"), place)
    there = everything(place)
    assert b'"revision": 1' in there["board/2026/latest.json"]
    assert b'"revision": 2' in there["board/2026/2026-09/latest.json"]
    assert len(places.read_manifests(place, HOLDERS)) == 3


def test_a_place_below_is_not_read_with_it(place: StorageDestination) -> None:
    for folders in get_args(Folders):
        below = replace(place, url=f"{place.url}/teams/web-shop", folders=folders)
        publish(altered(EDITION, subscription="teams@web-shop", period="2026"), below)
    publish(EDITION, place)
    assert [m.about.subscription for m in places.read_manifests(place, HOLDERS)] == ["board"]
    assert len(places.read_manifests(below, HOLDERS)) == 5


def test_another_content_under_the_same_revision_is_left_as_it_is(
    place: StorageDestination,
) -> None:
    publish(EDITION, place)
    before = everything(place)
    with pytest.raises(DeliveryError, match="Another content"):
        publish(altered(EDITION, digest="c" * 64), place)
    assert everything(place) == before


def test_an_altered_file_is_named_and_a_missing_one_put_back(place: StorageDestination) -> None:
    publish(EDITION, place)
    before, path = everything(place), f"board/2026-09/r1/{FILES[1].name}"
    change(place, path, None)
    publish(EDITION, place)
    assert everything(place) == before
    change(place, path, b"altered")
    with pytest.raises(DeliveryError, match="not what its manifest says") as error:
        publish(EDITION, place)
    assert FILES[1].name in str(error.value)
    change(place, path, None)
    without = replace(EDITION, files=(FILES[0], File(FILES[1].name, "summary", b"other")))
    with pytest.raises(DeliveryError, match="is missing"):
        publish(without, place)


def test_what_a_dead_run_left_without_a_manifest_is_nobodys(bucket: StorageDestination) -> None:
    place = replace(bucket, url=f"{bucket.url}/dead")
    change(place, f"board/2026-09/r1/{FILES[0].name}", b"half of an ear")
    assert publish(EDITION, place).new
    assert everything(place)[f"board/2026-09/r1/{FILES[0].name}"] == FILES[0].content


def test_the_index_page_is_replaced(place: StorageDestination) -> None:
    publish(EDITION, place)
    for content in (b"one", b"two", b"two"):
        places.write_index(place, content, HOLDERS)
        assert everything(place)["index.html"] == content


def test_eight_at_once_publish_one(place: StorageDestination) -> None:
    processes = [PROCESSES.Process(target=publish_in_a_process, args=(place,)) for _ in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(90)
    assert [process.exitcode for process in processes] == [0] * 8
    assert len(places.read_manifests(place, HOLDERS)) == 1
    publish(EDITION, place)


def test_mail_comes_after_storage_and_links_to_the_public_address(
    tmp_path: Path, place: StorageDestination
) -> None:
    public = replace(place, public_url="https://reports.example.com/insights/")
    with mail_server() as postbox, Ledger(tmp_path / "ledger.sqlite") as ledger:
        mail = MailDestination("mail", ("cto@example.com",), postbox.transport())
        receipts = deliver(
            entered(ledger), [mail, public], ledger, now=Clock(), compose_mail=compose
        )
        assert [receipt.state for receipt in receipts] == [State.SENT, State.SENT]
        text = postbox.parsed().get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "folder: https://reports.example.com/insights/board/2026-09/r1/" in text


@pytest.mark.parametrize(
    "broken",
    [
        lambda p: replace(p, url=p.url.replace("s3://reports", "s3://not-there")),
        lambda p: replace(p, endpoint="http://127.0.0.1:9"),
    ],
)
def test_a_bucket_that_cannot_be_used_fails_by_itself_and_shows_no_key(
    tmp_path: Path, bucket: StorageDestination, broken: Callable[[Any], StorageDestination]
) -> None:
    with mail_server() as postbox, Ledger(tmp_path / "ledger.sqlite") as ledger:
        mail = MailDestination("mail", ("cto@example.com",), postbox.transport())
        stored, mailed = deliver(
            entered(ledger), [broken(bucket), mail], ledger, now=Clock(), compose_mail=compose
        )
    assert (stored.state, mailed.state) == (State.PLANNED, State.SENT)
    assert len(stored.detail.splitlines()) == 3
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in stored.detail


@pytest.mark.skipif(not SSHD, reason="no sshd")
@pytest.mark.parametrize("known", ["other key", "pinned", "wrong pin", "unknown host"])
def test_a_host_key_is_verified_before_anything_is_said(
    vault: StorageDestination, known: str, tmp_path: Path
) -> None:
    host = Path("/" + vault.url.split("/", 3)[3]).parent / "host.pub"
    fingerprint = asyncssh.read_public_key(host).get_fingerprint()
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    port = vault.url.split(":")[2].split("/")[0]
    place = {
        "other key": replace(vault, known_hosts=f"[127.0.0.1]:{port} {other}"),
        "pinned": replace(vault, known_hosts=None, host_key=fingerprint),
        "wrong pin": replace(vault, known_hosts=None, host_key="SHA256:" + "A" * 43),
        "unknown host": replace(vault, known_hosts=f"elsewhere.example.com {other}"),
    }[known]
    place = replace(place, url=f"{place.url}/keys-{known.replace(' ', '-')}")
    if known == "pinned":
        assert publish(EDITION, place).new
    else:
        with pytest.raises(DeliveryError, match="its host key is not the one"):
            publish(EDITION, place)


@pytest.mark.skipif(not SSHD, reason="no sshd")
def test_what_dead_runs_left_on_the_sftp_server_is_swept(vault: StorageDestination) -> None:
    place = replace(vault, url=f"{vault.url}/swept")
    publish(EDITION, place)
    period = Path("/" + place.url.split("/", 3)[3]) / "board/2026-09"
    old, young = (period / f".r2.0123456789abcdef-{'0' * 32}.{n}.part" for n in ("0", "1"))
    for path in (old, young):
        path.mkdir()
    os.utime(old, (0, (NOON - timedelta(days=2)).timestamp()))
    os.utime(young, (0, NOON.timestamp()))
    publish(SECOND, place)
    assert not old.exists()
    assert young.exists()


def publish_in_a_process(place: StorageDestination) -> None:
    os.environ.update(CREDENTIALS)  # the environment of the fork server is older than the bucket
    publish(EDITION, place)


def die_while_publishing(place: StorageDestination, step: int) -> None:
    """Publish, and be killed before the request or write number ``step``."""
    os.environ.update(CREDENTIALS)
    count = 0

    def counting(whole: Any) -> Any:
        def counted(*args: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count > step:
                os.kill(os.getpid(), 9)
            return whole(*args, **named)

        return counted

    def dying(whole: Any) -> Any:
        async def counted(*args: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count > step:
                os.kill(os.getpid(), 9)
            return await whole(*args, **named)

        return counted

    if place.is_graph:
        for name in ("_sent_new", "_replace", "_verified"):
            setattr(SharePointStorage, name, counting(getattr(SharePointStorage, name)))
    elif place.is_sftp:
        for name in ("_new", "_point", "_verified"):
            setattr(SftpStorage, name, dying(getattr(SftpStorage, name)))
    else:
        obstore.put_async = dying(obstore.put_async)
    publish(EDITION, place)


@pytest.mark.parametrize("step", range(6))
def test_killed_while_publishing_a_reader_meets_all_or_nothing(
    place: StorageDestination, step: int
) -> None:
    process = PROCESSES.Process(target=die_while_publishing, args=(place, step))
    process.start()
    process.join(60)
    assert process.exitcode == (-9 if step < 5 or not place.url.startswith("s3") else 0)
    for manifest in places.read_manifests(place, HOLDERS):
        there = everything(place)
        for file in manifest.files:
            assert there[f"{manifest.folder}/{file.name}"]
    publish(EDITION, place)
    (manifest,) = places.read_manifests(place, HOLDERS)
    assert len(manifest.files) == 3
    assert not [name for name in everything(place) if ".part" in name]


def test_a_process_that_ends_right_after_an_answer_ends_as_it_wants(
    bucket: StorageDestination,
) -> None:
    """Without a pause obstore's threads abort one in two of them (status 134)."""
    code = (
        "import sys; from insights_reports.delivery import StorageDestination; "
        "from insights_reports.delivery.storage.objects import ObjectStorage; "
        "from contextlib import suppress\n"
        "with suppress(Exception): "
        "ObjectStorage(StorageDestination('b', sys.argv[1], endpoint=sys.argv[2])).look()"
    )
    command = [sys.executable, "-c", code, bucket.url, "http://127.0.0.1:9"]
    ends = {subprocess.run(command, env={**os.environ, **CREDENTIALS}).returncode for _ in range(5)}
    assert ends == {0}


def test_no_event_loop_is_left_behind(bucket: StorageDestination) -> None:
    places.read_manifests(bucket, HOLDERS)
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"url": "ftp://host/x"}, "no URL such as"),
        ({"url": "s3://user:pw@bucket/x"}, "no password"),
        ({"url": "s3://bucket/x", "endpoint": "http://minio.example.com"}, "unencrypted"),
        ({"url": "sftp://host/x"}, "names no user"),
        ({"url": "sharepoint://c.sharepoint.com/sites/a/b"}, "no way to sign in"),
        ({"url": "sharepoint://c/sites/a", "graph": NOBODY}, "names no library"),
        ({"url": "onedrive://example.com/x", "graph": NOBODY}, "names no user"),
        ({"url": "sftp://u@host/x"}, "known_hosts or host_key"),
        ({"url": "sftp://u@host/x", "host_key": "SHA256:x"}, "key_file or password_file"),
    ],
)
def test_what_cannot_be_used_or_trusted_is_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        StorageDestination("x", **settings)
