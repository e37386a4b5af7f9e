"""Editions in folders: whole or not there, never changed, and through no link."""

import hashlib
import json
import os
import random
import resource
import signal
import stat
import subprocess
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports.delivery import Edition, read_manifests
from insights_reports.delivery import publish as publish_to
from insights_reports.delivery import write_index as write_index_to
from insights_reports.edition.files import File
from insights_reports.errors import DeliveryError
from tests.delivery.material import EDITION, FILES, HOLDERS, NOON, altered
from tests.delivery.processes import PROCESSES
from tests.typed import the

publish = partial(publish_to, holders=HOLDERS)
write_index = partial(write_index_to, holders=HOLDERS)
SECOND = altered(EDITION, revision=2, digest="b" * 64, status="revised", files=FILES[:1])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "editions"


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def read_latest(period: Path) -> tuple[int, dict[str, bytes]]:
    """The newest revision as its readers find it: pointer, manifest, files, each hash checked."""
    pointer = json.loads((period / "latest.json").read_bytes())
    raw = (period / pointer["manifest"]).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == pointer["manifestSha256"]
    files = {}
    for entry in json.loads(raw)["files"]:
        content = (period / f"r{pointer['revision']}" / entry["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            entry["size"],
            entry["sha256"],
        )
        files[entry["name"]] = content
    return pointer["revision"], files


def test_a_revision_holds_its_files_and_a_manifest(root: Path) -> None:
    published = publish(EDITION, root, now=NOON)
    assert published.path == root / "board/2026-09/r1"
    assert published.new
    names = {path.name for path in published.path.iterdir()}
    assert names == {file.name for file in FILES} | {"manifest.json"}
    revision, files = read_latest(root / "board/2026-09")
    assert (revision, files) == (1, {file.name: file.content for file in FILES})
    raw = (published.path / "manifest.json").read_bytes()
    assert published.sha256 == hashlib.sha256(raw).hexdigest()


def test_the_manifest_says_what_the_edition_is(root: Path) -> None:
    publish(EDITION, root, now=NOON)
    (manifest,) = read_manifests(root)
    assert manifest.about == EDITION.about
    assert manifest.folder == "board/2026-09/r1"
    assert [(f.name, f.document, f.size, f.sha256) for f in manifest.files] == [
        (f.name, f.document, len(f.content), f.sha256) for f in FILES
    ]


def test_a_second_revision_leaves_the_first_as_it_is(root: Path) -> None:
    publish(EDITION, root, now=NOON)
    before = tree(root / "board/2026-09/r1")
    publish(SECOND, root, now=NOON)
    assert tree(root / "board/2026-09/r1") == before
    assert read_latest(root / "board/2026-09")[0] == 2
    assert [m.about.revision for m in read_manifests(root)] == [1, 2]


def test_a_late_first_revision_does_not_take_the_place_of_the_second(root: Path) -> None:
    publish(SECOND, root, now=NOON)
    publish(EDITION, root, now=NOON)
    assert read_latest(root / "board/2026-09")[0] == 2


def test_the_same_content_again_changes_nothing(root: Path) -> None:
    publish(EDITION, root, now=NOON)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    other_bytes = replace(EDITION, files=(replace(FILES[0], content=b"rendered later"),))
    published = publish(other_bytes, root, now=NOON)
    assert not published.new
    assert published.files == FILES
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_other_content_under_the_same_revision_is_refused(root: Path) -> None:
    publish(EDITION, root, now=NOON)
    before = tree(root)
    with pytest.raises(DeliveryError, match="Another content"):
        publish(altered(EDITION, digest="c" * 64), root, now=NOON)
    assert tree(root) == before


@pytest.mark.parametrize("name", [FILES[0].name, "manifest.json"])
def test_an_altered_revision_is_found(root: Path, name: str) -> None:
    publish(EDITION, root, now=NOON)
    (root / "board/2026-09/r1" / name).write_bytes(b"altered")
    with pytest.raises(DeliveryError, match=name):
        publish(EDITION, root, now=NOON)


@pytest.mark.parametrize(
    ("umask", "file", "folder"), [(0o022, 0o644, 0o755), (0o027, 0o640, 0o750)]
)
def test_modes_are_those_of_the_umask(root: Path, umask: int, file: int, folder: int) -> None:
    before = os.umask(umask)
    try:
        publish(EDITION, root, now=NOON)
        write_index(root, b"<html>")
    finally:
        os.umask(before)
    for path in root.rglob("*"):
        wanted = folder if path.is_dir() else file
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


# Names


def test_names_from_outside_stay_below_the_root(root: Path) -> None:
    for name in ("../../evil", "/etc", "..", "CON", "a\x00b", "\u202eboard", "x" * 300):
        publish(altered(EDITION, subscription=name), root, now=NOON)
        publish(altered(EDITION, period=name), root, now=NOON)
    assert [path.name for path in root.parent.iterdir()] == ["editions"]
    assert {m.about.subscription for m in read_manifests(root)} >= {"../../evil", "CON"}
    assert all(len(path.relative_to(root).parts) <= 4 for path in root.rglob("*"))


@settings(max_examples=25)
@given(st.text(min_size=1), st.text(min_size=1))
def test_law_two_subscriptions_never_share_a_folder(one: str, two: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "editions"
        folders = [
            the(Path, publish(altered(EDITION, subscription=text, files=()), root, now=NOON).path)
            for text in (one, two)
        ]
        assert (folders[0] == folders[1]) == (one == two)
        assert all(root in folder.parents for folder in folders)


@pytest.mark.parametrize(
    "name", ["../x.pdf", "/x.pdf", ".hidden", "manifest.json", "", "a\x00.pdf"]
)
def test_a_file_with_a_hostile_name_is_refused_and_nothing_stays(root: Path, name: str) -> None:
    edition = replace(EDITION, files=(*FILES, File(name, "summary", b"x")))
    with pytest.raises(DeliveryError, match="no name"):
        publish(edition, root, now=NOON)
    assert tree(root) == {}
    assert list((root / "board/2026-09").iterdir()) == []


# Links


@pytest.mark.parametrize("planted", ["board", "board/2026-09", "board/2026-09/r1"])
def test_a_planted_link_is_not_followed(root: Path, planted: str) -> None:
    victim = root.parent / "victim"
    victim.mkdir()
    (root / planted).parent.mkdir(parents=True)
    (root / planted).symlink_to(victim)
    with pytest.raises(DeliveryError) as error:
        publish(EDITION, root, now=NOON)
    assert len(str(error.value).splitlines()) <= 3
    assert list(victim.iterdir()) == []


def test_a_link_in_the_place_of_the_pointer_or_the_index_is_replaced(root: Path) -> None:
    victim = root.parent / "victim"
    victim.write_bytes(b"untouched")
    publish(EDITION, root, now=NOON)
    for name in ("board/2026-09/latest.json", "index.html"):
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(victim)
    with pytest.raises(DeliveryError, match="symbolic link"):
        publish(SECOND, root, now=NOON)
    write_index(root, b"<html>")
    assert not (root / "index.html").is_symlink()
    assert victim.read_bytes() == b"untouched"


def test_a_root_reached_by_a_link_is_the_users_own_word(root: Path) -> None:
    real = root.parent / "share"
    real.mkdir()
    root.symlink_to(real)
    publish(EDITION, root, now=NOON)
    assert (real / "board/2026-09/r1/manifest.json").exists()


# Faults


def test_a_root_that_is_a_file_is_said_so(root: Path) -> None:
    root.write_text("x")
    with pytest.raises(DeliveryError) as error:
        publish(EDITION, root, now=NOON)
    assert str(root) in str(error.value)


def publish_at_most(root: Path, limit: int) -> str:
    """What is said where no file may be larger than ``limit`` bytes."""
    files = tuple(File(f"{n}.pdf", "summary", bytes(50_000 * n)) for n in (1, 2, 3))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    with pytest.raises(DeliveryError) as error:
        publish(replace(SECOND, files=files), root, now=NOON)
    return str(error.value)


@pytest.mark.parametrize("limit", [0, 5_000, 60_000, 100_300])
def test_a_full_disk_leaves_nothing_half_written_and_the_old_edition_whole(
    root: Path, limit: int
) -> None:
    """The limit on file sizes stands for the full disk: both end in an error of write(2)."""
    publish(EDITION, root, now=NOON)
    before = tree(root)
    with ProcessPoolExecutor(1, mp_context=PROCESSES) as pool:
        said = pool.submit(publish_at_most, root, limit).result(60)
    what, which, remedy = said.splitlines()
    assert what == "The file is larger than this process may write."
    assert str(root / "board/2026-09/r2") in which
    assert remedy
    assert tree(root) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system of its own needs root")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    root = tmp_path / "small"
    root.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(root)]
    if subprocess.run(mount, capture_output=True, check=False, timeout=30).returncode:
        pytest.skip("this machine allows no mounting")
    try:
        publish(EDITION, root, now=NOON)
        before = tree(root)
        files = (File("a.pdf", "a", bytes(200_000)), File("b.pdf", "b", bytes(90_000)))
        with pytest.raises(DeliveryError, match="The disk is full") as error:
            publish(replace(SECOND, files=files), root, now=NOON)
        assert "Free some space" in str(error.value)
        assert tree(root) == before
        assert read_latest(root / "board/2026-09")[0] == 1
        publish(SECOND, root, now=NOON)
    finally:
        subprocess.run(["umount", str(root)], check=True, timeout=30)


def ended_holder() -> str:
    """The name of a process that was, and is no more."""
    with ProcessPoolExecutor(1, mp_context=PROCESSES) as pool:
        return pool.submit(holder_name).result(60)


def holder_name() -> str:
    return HOLDERS.name


def test_what_dead_runs_left_half_written_is_swept(root: Path) -> None:
    publish(EDITION, root, now=NOON)
    period = root / "board/2026-09"
    dead = period / f".r2.{ended_holder()}.00000000.part"
    dead.mkdir()
    (dead / "half.pdf").write_bytes(b"half")
    alive = period / f".r3.{HOLDERS.name}.00000000.part"
    elsewhere = period / ".r4.00000000-1.00000000.part"
    forgotten = period / ".latest.json.00000000-1.00000000.part"
    for path in (alive, elsewhere):
        path.mkdir()
    forgotten.write_bytes(b"{")
    now = NOON.timestamp()
    os.utime(elsewhere, (now, now - timedelta(hours=23).total_seconds()))
    os.utime(alive, (now, now))
    os.utime(forgotten, (now, now - timedelta(hours=25).total_seconds()))
    publish(SECOND, root, now=NOON)
    assert not dead.exists()
    assert not forgotten.exists()
    assert alive.exists()
    assert elsewhere.exists()


def rounds(root: Path, first: int, count: int) -> None:
    for number in range(first, first + count):
        publish(numbered(number), root, now=NOON)


def numbered(number: int) -> Edition:
    """Revision ``number``, whose every file says so, in many small writes."""
    files = tuple(File(f"{n}.pdf", "summary", f"{number}".encode() * 20_000) for n in range(4))
    return altered(EDITION, revision=number, digest=f"{number}", files=files)


def test_a_reader_never_meets_a_half_or_mixed_edition_while_publishers_are_killed(
    root: Path,
) -> None:
    """Publishers are killed at arbitrary instants; a reader follows the pointer all the while."""
    publish(numbered(1), root, now=NOON)
    period = root / "board/2026-09"
    seen = [1]
    chance = random.Random(20261001)
    for _ in range(200 if os.environ.get("THOROUGH") else 8):
        process = PROCESSES.Process(target=rounds, args=(root, seen[-1], 1_000))
        process.start()
        begun, kill_at = seen[-1], time.monotonic() + 30
        while time.monotonic() < kill_at:
            revision, files = read_latest(period)
            assert set(files.values()) == {f"{revision}".encode() * 20_000}
            assert revision >= seen[-1]
            if seen[-1] == begun < revision:  # it is at work
                kill_at = time.monotonic() + chance.uniform(0, 0.06)
            seen.append(revision)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert seen[-1] > begun
    for manifest in read_manifests(root):
        publish(numbered(manifest.about.revision), root, now=NOON)  # verifies every hash
    assert not list(period.glob(".*.part"))


def test_two_publishers_at_once_leave_one_edition(root: Path) -> None:
    processes = [PROCESSES.Process(target=rounds, args=(root, 1, 10)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert [m.about.revision for m in read_manifests(root)] == list(range(1, 11))
    assert read_latest(root / "board/2026-09")[0] == 10
    assert not list((root / "board/2026-09").glob(".*"))


# The index


def test_manifests_are_sorted_and_foreign_things_are_passed_over(root: Path) -> None:
    august = altered(EDITION, period="2026-08", start=date(2026, 8, 1), end=date(2026, 9, 1))
    for edition in (SECOND, EDITION, august, altered(EDITION, subscription="alpha")):
        publish(edition, root, now=NOON)
    (root / "notes.txt").write_text("ours")
    (root / "board/2026-09/.r9.x.part").mkdir()
    (root / "board/2026-09/drafts").mkdir()
    assert [m.folder for m in read_manifests(root)] == [
        "alpha/2026-09/r1",
        "board/2026-08/r1",
        "board/2026-09/r1",
        "board/2026-09/r2",
    ]


def test_a_broken_manifest_is_named(root: Path) -> None:
    publish(EDITION, root, now=NOON)
    (root / "board/2026-09/r1/manifest.json").write_bytes(b"{}")
    with pytest.raises(DeliveryError, match=r"board/2026-09/r1/manifest\.json"):
        read_manifests(root)


def test_the_index_is_replaced_at_one_stroke(root: Path) -> None:
    assert write_index(root, b"one") == root / "index.html"
    write_index(root, b"two")
    assert tree(root) == {"index.html": b"two"}


def test_a_file_that_is_missing_is_put_back_by_who_has_the_very_bytes(root: Path) -> None:
    whole = publish(EDITION, root, now=NOON)
    before = tree(root)
    (the(Path, whole.path) / FILES[1].name).unlink()
    again = publish(EDITION, root, now=NOON)
    assert not again.new
    assert tree(root) == before


def test_a_missing_file_of_which_nobody_has_the_bytes_is_named(root: Path) -> None:
    path = the(Path, publish(EDITION, root, now=NOON).path) / FILES[1].name
    path.unlink()
    other = replace(EDITION, files=(FILES[0], File(FILES[1].name, "summary", b"other")))
    with pytest.raises(DeliveryError, match="is missing") as error:
        publish(other, root, now=NOON)
    assert str(path) in str(error.value)
    assert not path.exists()
