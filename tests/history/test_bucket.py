"""A history in object storage (S3 as moto serves it): as in a folder, and killed at any request."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pyarrow.fs
import pyarrow.parquet as pq
import pytest

from insights_reports.errors import HistoryError
from insights_reports.history.deployments import (
    Bucket,
    BucketPlace,
    MergeResult,
    PullEntry,
    forget,
    merge,
    read,
    repair,
    store_in,
    stores_in,
    verify,
)
from tests.delivery.storage_servers import CREDENTIALS, s3
from tests.history.tables import at, pull, row, table
from tests.history.test_history_laws import AFTER, BEFORE, FIRST, LONG_AFTER, SECOND

ALWAYS = (at("2000-01-01"), at("2100-01-01"))
_NUMBERS = count()


@pytest.fixture(scope="module")
def server() -> Iterator[BucketPlace]:
    with s3() as place:
        assert place.endpoint is not None
        yield BucketPlace("s3://reports/history", place.endpoint, place.region)


@pytest.fixture
def place(server: BucketPlace) -> BucketPlace:
    """A fresh prefix."""
    return BucketPlace(f"{server.url}/{next(_NUMBERS)}", server.endpoint, server.region)


@pytest.fixture
def store(place: BucketPlace) -> Bucket:
    return Bucket(place, "server/spaces-1/insightsreports-1")


def plain(store: Bucket) -> list[tuple[str, str]]:
    found = read(store, *ALWAYS)
    return list(zip(found["deployment_id"], found["task_state"], strict=True))


def names(store: Bucket) -> set[str]:
    return {stored.name for stored in store.list("")}


def test_it_is_merged_read_verified_and_listed_as_in_a_folder(
    place: BucketPlace, store: Bucket
) -> None:
    assert merge(BEFORE, store, FIRST).added == 3
    assert merge(AFTER, store, SECOND) == MergeResult(
        added=1, edited=1, vanished=1, months=("2026-07", "2026-09")
    )
    assert [id for id, _ in plain(store)] == ["Deployments-4", "Deployments-1", "Deployments-2"]
    assert verify(store) == []
    assert [str(each) for each in stores_in(place)] == [str(store)]
    assert list(stores_in(BucketPlace(f"{place.url}/none", place.endpoint, place.region))) == []
    assert {n.split("/")[0] for n in names(store)} == {
        "changes",
        "current",
        "data",
        "manifest.json",
    }
    repair(store, LONG_AFTER)
    assert len([n for n in names(store) if n.startswith("data/")]) == 3  # superseded files are gone
    assert verify(store) == []


def test_others_read_current_without_us(place: BucketPlace, store: Bucket) -> None:
    merge(BEFORE, store, FIRST)
    files = pyarrow.fs.S3FileSystem(
        access_key=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        secret_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        endpoint_override=str(place.endpoint).removeprefix("http://"),
        scheme="http",
        region="us-east-1",
    )
    path = store.url.removeprefix("s3://") + "/current"
    assert pq.read_table(path, filesystem=files).num_rows == 3


def test_what_is_the_same_is_not_written_again(store: Bucket) -> None:
    merge(BEFORE, store, FIRST)
    before = {stored.name: stored.modified for stored in store.list("")}
    assert merge(BEFORE, store, SECOND) == MergeResult()
    after = {stored.name: stored.modified for stored in store.list("")}
    assert {n for n in after if after[n] != before.get(n)} <= {"manifest.json"}


def test_two_at_the_same_time_lose_nothing(place: BucketPlace) -> None:
    """Both have read the same manifest; the slower one's swap fails, and it merges again."""
    both = threading.Barrier(2)

    class Together(Bucket):
        met = False

        def swap(self, name: str, content: bytes, before: bytes | None) -> bool:
            if not self.met:
                self.met = True
                both.wait(30)
            return super().swap(name, content, before)

    rows = [row(1, "2026-08-10"), row(2, "2026-09-10")]
    stores = [Together(place, "a/b/c") for _ in rows]
    pulls = [pull(f"p{n}", "2026-10-01") for n in range(2)]
    threads = [
        threading.Thread(target=merge, args=(table(*rows), store, entry))
        for store, entry in zip(stores, pulls, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = store_in(place, "a/b/c")
    assert isinstance(found, Bucket)
    assert [id for id, _ in plain(found)] == ["Deployments-1", "Deployments-2"]
    assert b'"p0"' in found.read("manifest.json")
    assert b'"p1"' in found.read("manifest.json")


def test_a_swap_from_what_is_not_there_any_more_is_refused(store: Bucket) -> None:
    assert store.swap("manifest.json", b"one", None)
    assert not store.swap("manifest.json", b"two", None)
    assert not store.swap("manifest.json", b"two", b"other")
    assert store.swap("manifest.json", b"two", b"one")
    assert store.read("manifest.json") == b"two"
    with pytest.raises(FileNotFoundError):
        store.read("nothing")
    store.remove("nothing")


KILLED = """
import os, signal, sys
import obstore
from insights_reports.history.deployments import Bucket, BucketPlace, merge
from tests.history.test_history_laws import AFTER, SECOND

left = int(sys.argv[1])
def dying(call):
    def called(*arguments, **named):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **named)
    return called

for name in ("put", "copy"):
    setattr(obstore, name, dying(getattr(obstore, name)))
merge(AFTER, Bucket(BucketPlace(*sys.argv[2:5]), "k"), SECOND)
"""


@pytest.mark.slow
def test_killed_at_any_request_the_old_or_the_new_state_is_whole(place: BucketPlace) -> None:
    whole = Bucket(place, "whole")
    merge(BEFORE, whole, FIRST)
    old = plain(whole)
    merge(AFTER, whole, SECOND)
    new = plain(whole)
    repair(whole, LONG_AFTER)
    states = set()
    for step in range(6):  # two data files, a file of changes, the manifest, two files of current/
        root = BucketPlace(f"{place.url}/{step}", place.endpoint, place.region)
        store = Bucket(root, "k")
        merge(BEFORE, store, FIRST)
        arguments = (str(step), root.url, str(root.endpoint), str(root.region))
        done = subprocess.run(
            [sys.executable, "-c", KILLED, *arguments],
            check=False,
            env={**os.environ, **CREDENTIALS},
        )
        assert done.returncode == -signal.SIGKILL
        seen = plain(store)
        assert seen in (old, new)
        states.add(seen == new)
        merge(AFTER, store, SECOND)
        repair(store, LONG_AFTER)
        assert plain(store) == new
        assert verify(store) == []
        assert names(store) == names(whole)
    assert states == {False, True}


def test_a_bucket_that_is_not_there_is_named_without_a_secret(place: BucketPlace) -> None:
    gone = Bucket(BucketPlace("s3://not-there/h", place.endpoint, place.region), "a/b/c")
    with pytest.raises(HistoryError) as error:
        merge(BEFORE, gone, FIRST)
    assert "s3://not-there/h/a/b/c/" in str(error.value)
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in str(error.value)
    assert len(str(error.value).splitlines()) == 3


def test_a_process_that_ends_right_after_an_answer_ends_as_it_wants(place: BucketPlace) -> None:
    """obstore's coroutines abort one in two of them (status 134)."""
    code = (
        "import sys; from insights_reports.history.deployments import BucketPlace, stores_in; "
        "list(stores_in(BucketPlace(*sys.argv[1:])))"
    )
    command = [sys.executable, "-c", code, place.url, str(place.endpoint), str(place.region)]
    ends = {subprocess.run(command, env={**os.environ, **CREDENTIALS}).returncode for _ in range(5)}
    assert ends == {0}


def test_an_altered_object_is_found(store: Bucket, tmp_path: Path) -> None:
    import obstore

    merge(BEFORE, store, FIRST)
    (name,) = [n for n in names(store) if n.startswith("data/2026-08")]
    obstore.put(store._store, name, b"altered")
    assert any("was altered" in each for each in verify(store))


def test_months_are_forgotten_there_too(store: Bucket) -> None:
    merge(table(row(1, "2024-01-10"), row(2, "2026-09-10")), store, pull("p", "2026-10-01"))
    assert forget(store, 14).months == ("2024-01",)
    assert [id for id, _ in plain(store)] == ["Deployments-2"]
    later = PullEntry("q", FIRST.start, FIRST.end + timedelta(days=9))
    merge(table(row(2, "2026-09-10")), store, later, swept_at=LONG_AFTER)
    assert not [n for n in names(store) if "2024-01" in n]
