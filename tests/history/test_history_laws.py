"""Laws of the history: against a slow one made of dictionaries, and killed at every step."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports.errors import HistoryError
from insights_reports.history.deployments import LocalFolder, merge, read, repair, verify
from insights_reports.history.deployments.manifest import PullEntry
from tests.history.tables import at, row, table
from tests.metrics.reference import Row

START, FIRST_PULL = at("2026-06-15"), at("2026-10-01")
DAYS = [f"2026-{month:02}-{day:02}" for month in (6, 7, 8, 9) for day in (3, 17)]
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # where syncing costs nothing
FIRST_JUDGED = at("2026-07-01")

deployments = st.builds(
    lambda number, day, state: row(number, day, task_state=state),
    st.integers(1, 6),
    st.sampled_from(DAYS),
    st.sampled_from(["Success", "Failed"]),
)
pulls = st.lists(
    st.lists(deployments, max_size=6, unique_by=lambda each: each.deployment_id),
    min_size=1,
    max_size=5,
)


def completed(each: Row) -> object:
    return at("1970-01-01") + timedelta(microseconds=each.completed // 10)  # type: ignore[operator]


class Slow:
    """Every state after each pull, as a dictionary from id to row; what vanished is not in it."""

    def __init__(self) -> None:
        self.states: list[dict[str, Row]] = []

    def merge(self, said: list[Row]) -> None:
        now = {each.deployment_id: each for each in said}
        before = self.states[-1] if self.states else {}
        cut = {
            key: each
            for key, each in before.items()
            if completed(each) < FIRST_JUDGED and key not in now  # type: ignore[operator]
        }
        self.states.append(cut | now)


def plain(store: LocalFolder, when: object = None) -> Iterator[tuple[str, str, str]]:
    found = read(store, at("2020-01-01"), at("2030-01-01"), when)  # type: ignore[arg-type]
    for each in found.itertuples():
        yield str(each.deployment_id), str(each.task_state), f"{each.completed:%Y-%m-%d}"


def expected(state: dict[str, Row]) -> list[tuple[str, str, str]]:
    return sorted(
        (each.deployment_id, each.task_state, f"{completed(each):%Y-%m-%d}")
        for each in state.values()
    )


@given(pulls)
@settings(max_examples=30)
def test_it_says_what_the_slow_one_says_now_and_as_of_every_pull(said: list[list[Row]]) -> None:
    slow = Slow()
    with TemporaryDirectory(dir=MEMORY) as folder:
        store = LocalFolder(Path(folder))
        for number, rows in enumerate(said):
            end = FIRST_PULL + timedelta(days=number)
            merge(table(*rows), store, PullEntry(f"p{number}", START, end))
            slow.merge(rows)
            assert sorted(plain(store)) == expected(slow.states[-1])
        for number, state in enumerate(slow.states):
            assert sorted(plain(store, FIRST_PULL + timedelta(days=number))) == expected(state)
        assert verify(store) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from insights_reports.history.deployments import LocalFolder, merge
from tests.history.test_history_laws import AFTER, SECOND

left = int(sys.argv[2])
def dying(call):
    def called(*arguments):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments)
    return called

for name in ("replace", "fsync", "link"):
    setattr(os, name, dying(getattr(os, name)))
merge(AFTER, LocalFolder(Path(sys.argv[1])), SECOND)
"""
BEFORE = table(row(1, "2026-08-10"), row(2, "2026-09-10"), row(3, "2026-09-11"))
AFTER = table(row(1, "2026-08-10"), row(2, "2026-09-10", task_state="Failed"), row(4, "2026-07-01"))
FIRST = PullEntry("p1", START, FIRST_PULL)
SECOND = PullEntry("p2", START, FIRST_PULL + timedelta(days=1))
STEPS = (0, 5, 9, 11, 13, 16)
LONG_AFTER = FIRST_PULL + timedelta(days=30_000)


def test_killed_at_any_step_the_old_or_the_new_state_is_whole(tmp_path: Path) -> None:
    """Nothing is lost: the same merge again ends as if nothing had happened."""
    whole = LocalFolder(tmp_path / "whole")
    merge(BEFORE, whole, FIRST)
    old = list(plain(whole))
    merge(AFTER, whole, SECOND)
    new = list(plain(whole))
    repair(whole, LONG_AFTER)
    found = set()
    for step in STEPS:
        store = LocalFolder(tmp_path / str(step))
        merge(BEFORE, store, FIRST)
        done = subprocess.run([sys.executable, "-c", KILLED, store.path, str(step)], check=False)
        assert done.returncode == -signal.SIGKILL
        seen = list(plain(store))
        assert seen in (old, new)
        found.add(seen == new)
        merge(AFTER, store, SECOND)
        assert list(plain(store)) == new
        repair(store, LONG_AFTER)
        assert verify(store) == []
        names = {path.relative_to(store.path) for path in store.path.rglob("*.parquet")}
        assert names == {p.relative_to(whole.path) for p in whole.path.rglob("*.parquet")}
        assert not list(store.path.rglob("*.part"))
    assert found == {False, True}


FULL = """
import resource, signal, sys
from pathlib import Path
from insights_reports.errors import HistoryError
from insights_reports.history.deployments import LocalFolder, merge
from tests.history.test_history_laws import AFTER, SECOND

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    merge(AFTER, LocalFolder(Path(sys.argv[1])), SECOND)
except HistoryError as error:
    print(error)
"""


@pytest.mark.parametrize("limit", [0, 1_000, 5_000])
def test_a_full_disk_leaves_the_old_state_whole(tmp_path: Path, limit: int) -> None:
    """The limit on file sizes stands for the full disk: both end in an error of write(2)."""
    store = LocalFolder(tmp_path)
    merge(BEFORE, store, FIRST)
    old, command = list(plain(store)), [sys.executable, "-c", FULL, str(tmp_path), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    what, which, remedy = done.stdout.splitlines()
    assert what == "The history of deployments cannot be written or read."
    assert str(tmp_path) in which
    assert "File too large" in which
    assert "free space" in remedy
    assert list(plain(store)) == old
    assert verify(store) == []
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.skipif(os.geteuid() != 0, reason="a file system of its own needs root")
def test_a_history_that_may_only_be_read_says_so(tmp_path: Path) -> None:
    store = LocalFolder(tmp_path / "h")
    merge(BEFORE, store, FIRST)
    bind = ["mount", "--bind", str(store.path), str(store.path)]
    if subprocess.run(bind, capture_output=True, check=False, timeout=30).returncode:
        pytest.skip("this machine allows no mounting")
    try:
        remount = ["mount", "-o", "remount,ro,bind", str(store.path)]
        subprocess.run(remount, check=True, timeout=30)
        with pytest.raises(HistoryError, match="Read-only file system"):
            merge(AFTER, store, SECOND)
        assert verify(store) == []
    finally:
        subprocess.run(["umount", str(store.path)], check=True, timeout=30)
