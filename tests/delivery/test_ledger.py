"""The ledger: revisions, claims that exactly one run holds, and what outlives a crash."""

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from insights_reports.delivery import Edition, Key, Ledger, Revision, Secret, State
from insights_reports.delivery.ledger.lease import LEASE, Leases
from insights_reports.delivery.ledger.postgres import PostgresDatabase, PostgresLedger
from insights_reports.delivery.ledger.schema import VERSION
from insights_reports.errors import DeliveryError
from tests.delivery.mail_servers import mail_server
from tests.delivery.material import EDITION, NOON, Office, Where, altered, opened
from tests.delivery.postgres import BIN, MISSING, emptied, postgres
from tests.delivery.processes import PROCESSES

KEY = Key("board", "2026-09", 1, "mail", "cto@example.com")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite"


@pytest.fixture(scope="session")
def database_server() -> Iterator[PostgresLedger]:
    with postgres() as running:
        yield running


NEEDS_POSTGRES = pytest.mark.skipif(BIN is None, reason=MISSING)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=NEEDS_POSTGRES)])
def where(request: pytest.FixtureRequest, path: Path) -> Where:
    """A ledger that is still empty: the same tests for each kind of database."""
    return (
        path if request.param == "sqlite" else emptied(request.getfixturevalue("database_server"))
    )


@pytest.fixture
def ledger(where: Where) -> Iterator[Ledger]:
    with opened(where) as ledger:
        yield ledger


@pytest.fixture
def sqlite_ledger(path: Path) -> Iterator[Ledger]:
    with Ledger(path) as ledger:
        yield ledger


def revision(ledger: Ledger, digest: str, period: str = "2026-09", **more: Any) -> Revision:
    given = {"status": "final", "now": NOON, "run_id": "run-1", **more}
    return ledger.next_revision("board", period, digest, **given)


def plan(ledger: Ledger, edition: Edition = EDITION, **change: Any) -> Key:
    """Enter ``edition`` and one delivery of it."""
    key = replace(KEY, revision=edition.about.revision, **change)
    revision(ledger, edition.about.digest)
    ledger.plan(edition, [key], NOON)
    return key


def in_another_process(work: Callable[..., Any], *args: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=PROCESSES) as pool:
        return pool.submit(work, *args).result(timeout=60)


# Revisions


def test_the_same_content_keeps_its_revision_and_its_instant(ledger: Ledger) -> None:
    first = revision(ledger, "a")
    assert first == Revision(1, NOON, new=True)
    later = revision(ledger, "a", now=NOON + timedelta(days=1), run_id="run-2")
    assert later == Revision(1, NOON, new=False)


def test_content_that_nobody_was_owed_is_replaced(ledger: Ledger) -> None:
    revision(ledger, "a")
    assert revision(ledger, "b").number == 1
    assert ledger.editions() == []
    assert [edition.digest for edition in ledger.editions(drafts=True)] == ["b"]


def test_a_revision_that_is_only_asked_for_leaves_no_trace(ledger: Ledger) -> None:
    assert revision(ledger, "a", enter=False) == Revision(1, NOON, new=True)
    assert ledger.editions(drafts=True) == []
    plan(ledger)
    assert revision(ledger, "b", enter=False) == Revision(2, NOON, new=True)
    assert revision(ledger, EDITION.about.digest, enter=False) == Revision(1, NOON, new=False)
    assert [edition.digest for edition in ledger.editions(drafts=True)] == [EDITION.about.digest]


def test_an_edition_for_nobody_is_made_nevertheless(ledger: Ledger) -> None:
    revision(ledger, EDITION.about.digest)
    ledger.plan(EDITION, [], NOON)
    assert [(edition.state, len(edition.files)) for edition in ledger.editions()] == [("made", 3)]
    assert revision(ledger, "b").number == 2


def test_a_held_edition_owes_nothing_until_it_is_released(ledger: Ledger) -> None:
    revision(ledger, EDITION.about.digest)
    ledger.hold(EDITION, "3 figures differ", "run-1")
    (held,) = ledger.editions()
    assert (held.state, held.note) == ("held", "3 figures differ")
    assert ledger.due(NOON) == []
    ledger.plan(EDITION, [KEY], NOON, note="released by Ada")
    (released,) = ledger.editions()
    assert (released.state, released.note) == ("made", "released by Ada")
    assert len(ledger.due(NOON)) == 1


def test_a_held_edition_belongs_to_the_last_run_that_made_it(ledger: Ledger) -> None:
    for run_id in ("gone", "there"):
        revision(ledger, EDITION.about.digest, run_id=run_id)
        ledger.hold(EDITION, "3 figures differ", run_id)
    (held,) = ledger.editions()
    assert (held.revision, held.run_id, held.state) == (1, "there", "held")


def test_other_content_is_a_new_revision_once_something_was_owed(ledger: Ledger) -> None:
    plan(ledger)
    assert revision(ledger, "b" * 64).number == 2


def test_content_that_changes_back_is_a_new_revision_too(ledger: Ledger) -> None:
    plan(ledger)
    second = altered(EDITION, revision=2, digest="b" * 64)
    plan(ledger, second)
    assert revision(ledger, EDITION.about.digest) == Revision(3, NOON, new=True)


def test_each_period_counts_for_itself(ledger: Ledger) -> None:
    plan(ledger)
    assert revision(ledger, "b", period="2026-10").number == 1


def test_an_edition_that_another_run_replaced_is_not_delivered(ledger: Ledger) -> None:
    revision(ledger, EDITION.about.digest)
    revision(ledger, "b")
    with pytest.raises(DeliveryError, match="another edition's"):
        ledger.plan(EDITION, [KEY], NOON)
    assert ledger.deliveries() == []


def test_editions_say_what_was_made_with_hashes(ledger: Ledger) -> None:
    plan(ledger)
    (row,) = ledger.editions("board", "2026-09")
    assert (row.revision, row.status, row.made_at, row.run_id) == (1, "final", NOON, "run-1")
    assert row.files == tuple((f.name, len(f.content), f.sha256) for f in EDITION.files)
    assert ledger.editions("board", "2026-10") == []


def test_until_it_is_owed_an_edition_belongs_to_the_last_run_that_made_it(ledger: Ledger) -> None:
    """The first run may have died before it rendered; the second then has the files."""
    revision(ledger, EDITION.about.digest, run_id="died")
    revision(ledger, EDITION.about.digest, run_id="rendered")
    ledger.plan(EDITION, [KEY], NOON)
    revision(ledger, EDITION.about.digest, run_id="later")
    assert [edition.run_id for edition in ledger.editions()] == ["rendered"]


# Claims


def test_a_delivery_is_claimed_once(ledger: Ledger) -> None:
    key = plan(ledger)
    claim = ledger.claim(key, NOON)
    assert claim is not None
    assert (claim.attempt, claim.message) == (1, None)
    assert ledger.claim(key, NOON) is None
    assert ledger.receipt(key).state is State.SENDING


def test_what_was_never_planned_cannot_be_claimed(ledger: Ledger) -> None:
    assert ledger.claim(KEY, NOON) is None
    with pytest.raises(KeyError):
        ledger.receipt(KEY)


@pytest.mark.parametrize("state", [State.SENT, State.REFUSED])
def test_a_final_state_is_final(ledger: Ledger, state: State) -> None:
    key = plan(ledger)
    claim = ledger.claim(key, NOON)
    assert claim is not None
    ledger.settle(claim, state, NOON)
    assert ledger.claim(key, NOON + timedelta(days=400)) is None


def test_a_refused_delivery_is_owed_again_unless_its_revision_was_replaced(ledger: Ledger) -> None:
    key = plan(ledger)
    assert not ledger.reopen(key, NOON)  # it is owed already
    claim = ledger.claim(key, NOON)
    assert claim is not None
    ledger.settle(claim, State.REFUSED, NOON)
    assert ledger.reopen(key, NOON)
    claim = ledger.claim(key, NOON)
    assert claim is not None
    ledger.settle(claim, State.REFUSED, NOON)
    plan(ledger, altered(EDITION, revision=2, digest="other"))
    assert not ledger.reopen(key, NOON)
    assert ledger.receipt(key).state is State.REFUSED


def test_a_deferred_delivery_is_due_at_its_time(ledger: Ledger) -> None:
    key = plan(ledger)
    claim = ledger.claim(key, NOON)
    assert claim is not None
    ledger.settle(claim, State.DEFERRED, NOON, next_try=NOON + timedelta(minutes=30))
    assert ledger.claim(key, NOON + timedelta(minutes=30, microseconds=-1)) is None
    again = ledger.claim(key, NOON + timedelta(minutes=30))
    assert again is not None
    assert again.attempt == 2


def test_an_edition_is_due_while_something_of_it_can_be_delivered(ledger: Ledger) -> None:
    """A monthly run comes once a month; what a server deferred is due half an hour later."""
    assert ledger.due(NOON) == []
    key = plan(ledger)
    assert [(edition.period, edition.run_id) for edition in ledger.due(NOON)] == [
        ("2026-09", "run-1")
    ]
    claim = ledger.claim(key, NOON)
    assert claim is not None
    assert ledger.due(NOON) == []  # in hand
    later = NOON + timedelta(minutes=30)
    ledger.settle(claim, State.DEFERRED, NOON, next_try=later)
    assert ledger.due(NOON) == []
    assert len(ledger.due(later)) == 1
    claim = ledger.claim(key, later)
    assert claim is not None
    ledger.settle(claim, State.SENT, later)
    assert ledger.due(later + timedelta(days=400)) == []


def test_a_lease_that_ran_out_loses_the_claim(ledger: Ledger) -> None:
    key = plan(ledger)
    halted = ledger.claim(key, NOON)
    assert halted is not None
    assert ledger.claim(key, NOON + LEASE - timedelta(seconds=1)) is None
    assert ledger.claim(key, NOON + LEASE) is not None
    for late in (
        lambda: ledger.prepare(halted, b"x", "<id>"),
        lambda: ledger.hand_over(halted, NOON + LEASE),
        lambda: ledger.settle(halted, State.SENT, NOON + LEASE),
    ):
        with pytest.raises(DeliveryError, match="took over"):
            late()


def claim_and_die(where: Where, hand_over: bool) -> None:
    """Claim the delivery, and leave without a word (the pool's process ends later, alive)."""
    ledger = opened(where)
    claim = ledger.claim(KEY, NOON)
    assert claim is not None
    ledger.prepare(claim, b"message", "<id>")
    if hand_over:
        ledger.hand_over(claim, NOON)
    os.kill(os.getpid(), 9)


@pytest.mark.parametrize("hand_over", [False, True])
def test_a_dead_holder_loses_the_claim_at_once_and_leaves_its_bytes(
    where: Where, ledger: Ledger, hand_over: bool
) -> None:
    plan(ledger)
    process = PROCESSES.Process(target=claim_and_die, args=(where, hand_over))
    process.start()
    process.join(60)
    assert process.exitcode == -9
    state = State.UNKNOWN if hand_over else State.SENDING
    assert ledger.receipt(KEY).state is state
    claim = ledger.claim(KEY, NOON)
    assert claim is not None
    assert (claim.attempt, claim.message, claim.reference) == (2, b"message", "<id>")


def test_what_may_have_arrived_waits_for_a_decision_where_it_is_held(ledger: Ledger) -> None:
    revision(ledger, EDITION.about.digest)
    ledger.plan(EDITION, [KEY], NOON, hold_unknown=[KEY])
    claim = ledger.claim(KEY, NOON)
    assert claim is not None
    ledger.hand_over(claim, NOON)
    receipt = ledger.settle(claim, State.UNKNOWN, NOON, detail="no answer")
    assert receipt.decide
    assert ledger.claim(KEY, NOON + timedelta(days=9)) is None
    assert ledger.due(NOON + timedelta(days=9)) == []
    assert ledger.reopen(KEY, NOON)
    assert ledger.claim(KEY, NOON) is not None


def test_a_lease_is_renewed_while_its_holder_is_at_work(ledger: Ledger) -> None:
    key = plan(ledger)
    ends: list[Any] = []
    leases = Leases(ends.append, every=0.01)
    assert leases.take(NOON) == NOON + LEASE
    while len(ends) < 3:
        time.sleep(0.01)
    leases.give_back()
    assert all(NOON + LEASE <= end < NOON + LEASE + timedelta(seconds=60) for end in ends)
    assert ends == sorted(ends)
    claim = ledger.claim(key, NOON)
    assert claim is not None
    ledger._renew(NOON + timedelta(hours=1))
    assert ledger.claim(key, NOON + timedelta(minutes=59)) is None


def test_the_bytes_of_a_message_go_when_its_state_is_final(ledger: Ledger) -> None:
    key = plan(ledger)
    claim = ledger.claim(key, NOON)
    assert claim is not None
    ledger.prepare(claim, b"message", "<id>")
    receipt = ledger.settle(claim, State.SENT, NOON, detail="250 ok")
    assert receipt.sha256 == "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d"
    assert ledger._database.rows("SELECT * FROM messages") == []


def race(where: Where, rounds: int) -> list[int]:
    """Which of the rounds this process won."""
    with opened(where) as ledger:
        keys = (replace(KEY, recipient=f"{number}@example.com") for number in range(rounds))
        return [number for number, key in enumerate(keys) if ledger.claim(key, NOON)]


def test_sixteen_processes_and_ten_rounds_have_one_winner_each(
    where: Where, ledger: Ledger
) -> None:
    revision(ledger, EDITION.about.digest)
    keys = [replace(KEY, recipient=f"{number}@example.com") for number in range(10)]
    ledger.plan(EDITION, keys, NOON)
    with ProcessPoolExecutor(16, mp_context=PROCESSES) as pool:
        won = [pool.submit(race, where, 10) for _ in range(16)]
        assert sorted(number for future in won for number in future.result(60)) == list(range(10))


def test_threads_of_one_process_have_one_winner_too(ledger: Ledger) -> None:
    key, won = plan(ledger), []
    threads = [
        threading.Thread(target=lambda: won.append(ledger.claim(key, NOON))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(claim is not None for claim in won) == 1


# The file


def test_the_file_is_for_its_owner_alone(sqlite_ledger: Ledger, path: Path) -> None:
    plan(sqlite_ledger)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3  # the database, its log and its shared memory


def test_every_commit_reaches_the_disk(sqlite_ledger: Ledger) -> None:
    names = ("journal_mode", "synchronous")
    rows = [sqlite_ledger._database.rows(f"PRAGMA {name}")[0] for name in names]
    assert rows == [{"journal_mode": "wal"}, {"synchronous": 2}]


def test_a_ledger_of_a_newer_version_is_left_alone(path: Path) -> None:
    Ledger(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(DeliveryError, match="newer version"):
        Ledger(path)


@pytest.mark.parametrize("content", [b"no database at all, only text" * 100])
def test_a_file_that_is_no_ledger_is_an_error_of_three_lines(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DeliveryError) as error:
        Ledger(path)
    assert len(str(error.value).splitlines()) == 3
    assert path.read_bytes() == content


def test_a_ledger_that_breaks_while_open_is_an_error_of_three_lines(
    path: Path, sqlite_ledger: Ledger
) -> None:
    ledger = sqlite_ledger
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TABLE deliveries")
    raw.close()
    for broken in (ledger.deliveries, lambda: ledger.claim(KEY, NOON)):
        with pytest.raises(DeliveryError, match="no such table") as error:
            broken()
        assert len(str(error.value).splitlines()) == 3


def test_it_is_opened_by_many_processes_at_once(where: Where) -> None:
    with ProcessPoolExecutor(8, mp_context=PROCESSES) as pool:
        assert [f.result(60) for f in [pool.submit(race, where, 0) for _ in range(8)]] == [[]] * 8


# Runs


def test_a_run_is_recorded_with_its_stages(ledger: Ledger) -> None:
    ledger.runs.start("run-1", "board", "2026-09", "schedule", NOON)
    assert [run.outcome for run in ledger.runs.latest()] == ["running"]
    ledger.runs.stage("run-1", "pull", 1.25)
    ledger.runs.stage("run-1", "render", 3.0004)
    ledger.runs.end("run-1", "done", 0, NOON + timedelta(seconds=5))
    (run,) = ledger.runs.latest("board")
    assert run.stages == (("pull", 1.25), ("render", 3.0))
    assert (run.trigger, run.outcome, run.exit_status) == ("schedule", "done", 0)
    assert run.ended_at == NOON + timedelta(seconds=5)
    assert ledger.runs.latest("other") == []


def start_and_die(where: Where) -> None:
    opened(where).runs.start("run-1", "board", "2026-09", "schedule", NOON)
    os.kill(os.getpid(), 9)


def test_a_run_that_died_without_a_word_is_seen(ledger: Ledger, where: Where) -> None:
    process = PROCESSES.Process(target=start_and_die, args=(where,))
    process.start()
    process.join(60)
    assert [run.outcome for run in ledger.runs.latest()] == ["crashed"]


def test_the_latest_runs_come_first(ledger: Ledger) -> None:
    for number in range(5):
        ledger.runs.start(f"run-{number}", "board", "", "manual", NOON + timedelta(hours=number))
    assert [run.run_id for run in ledger.runs.latest(limit=2)] == ["run-4", "run-3"]


def test_runs_that_died_are_buried_and_the_living_are_not(ledger: Ledger, where: Where) -> None:
    process = PROCESSES.Process(target=start_and_die, args=(where,))
    process.start()
    process.join(60)
    ledger.runs.start("run-2", "board", "2026-09", "manual", NOON)
    assert [run.run_id for run in ledger.runs.bury(NOON)] == ["run-1"]
    assert ledger.runs.bury(NOON) == []
    assert {run.run_id: run.outcome for run in ledger.runs.latest()} == {
        "run-1": "crashed",
        "run-2": "running",
    }


# PostgreSQL alone


@pytest.fixture
def database(database_server: PostgresLedger) -> PostgresLedger:
    return emptied(database_server)


@NEEDS_POSTGRES
def test_a_newer_ledger_in_postgresql_is_refused(database: PostgresLedger) -> None:
    with opened(database) as ledger, ledger._database.transaction() as write:
        write.execute("UPDATE meta SET version = :version", {"version": VERSION + 1})
    with pytest.raises(DeliveryError, match="newer version"):
        opened(database)


@NEEDS_POSTGRES
def test_leases_go_by_the_servers_clock_and_a_lost_connection_is_made_anew(
    database: PostgresLedger,
) -> None:
    with opened(database) as ledger:
        before = ledger.now()
        with psycopg.connect(**database.fields, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'insights-reports'"
            )
        assert timedelta(0) <= ledger.now() - before < timedelta(minutes=1)


@NEEDS_POSTGRES
def test_a_server_that_is_not_there_is_an_error_of_three_lines(tmp_path: Path) -> None:
    secret = Secret("CANARY-pg")
    with pytest.raises(DeliveryError) as error:
        PostgresDatabase(PostgresLedger(f"postgresql://test@/ledger?host={tmp_path}", secret))
    assert len(str(error.value).splitlines()) == 3
    assert "CANARY" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://host/x", "such as postgresql://"),
        ("postgresql://user:secret@host/x", "must not hold the password"),
        ("postgresql://user@host/x?options=-c", "unknown settings: options"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        PostgresLedger(url)


def test_another_machines_certificate_is_verified_unless_the_url_says_otherwise() -> None:
    fields = PostgresLedger("postgresql://reports@db.example.com:5433/reports").fields
    assert (fields["sslmode"], fields["sslrootcert"]) == ("verify-full", "system")
    fields = PostgresLedger("postgresql://db.example.com/r?sslmode=require").fields
    assert (fields["sslmode"], "sslrootcert" in fields) == ("require", False)


def deliver_once(office: Office) -> list[str]:
    return [receipt.state for receipt in office.deliver()]


def test_sixteen_runs_at_once_deliver_each_edition_once(where: Where, tmp_path: Path) -> None:
    rounds = 10 if os.environ.get("THOROUGH") else 2
    with mail_server() as postbox, ProcessPoolExecutor(16, mp_context=PROCESSES) as pool:
        for number in range(rounds):
            office = Office(
                tmp_path / str(number),
                postbox.transport(),
                recipients=("cto@example.com", f"reader{number}@example.com"),
                with_folder=True,
                where=where,
                period=f"2026-{number + 1:02}",
            )
            for done in [pool.submit(deliver_once, office) for _ in range(16)]:
                assert done.result(120)
        assert len(postbox.received) == 2 * rounds
        assert len(set(postbox.received)) == 2 * rounds
    with opened(where) as ledger:
        assert len(ledger.editions()) == rounds
        assert {receipt.state for receipt in ledger.deliveries()} == {State.SENT}
