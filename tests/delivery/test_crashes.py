"""A run that is killed at any point of a mail's way: nothing is lost, and a copy can arise only
where nobody can know, with the same Message-ID and the same bytes."""

import os
import random
import signal
import smtplib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, get_args

import pytest

from insights_reports.delivery import (
    Edition,
    FolderDestination,
    Ledger,
    MailTransport,
    State,
    StorageDestination,
    publish,
)
from insights_reports.delivery.mail import mailing as mail_module
from insights_reports.delivery.storage import places
from insights_reports.delivery.storage.manifest import folder_of
from insights_reports.spelling.folders import Folders
from tests.delivery.mail_servers import Postbox, mail_server
from tests.delivery.material import EDITION, HOLDERS, NOON, Office, altered
from tests.delivery.processes import PROCESSES
from tests.delivery.storage_servers import CREDENTIALS, SSHD, s3, sftp

Change = Callable[[Any, str], None]


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), 9)


def before(owner: Any, name: str) -> None:
    setattr(owner, name, die)


def after(owner: Any, name: str) -> None:
    whole = getattr(owner, name)

    def dying(*args: Any, **named: Any) -> Any:
        whole(*args, **named)
        die()

    setattr(owner, name, dying)


def is_message(content: str | bytes) -> bool:
    return isinstance(content, bytes) and content.endswith(b"\r\n.\r\n")


def in_the_body(owner: Any, name: str) -> None:
    """Send all of the message but its final dot."""
    whole = getattr(owner, name)

    def dying(self: Any, content: str | bytes) -> None:
        if is_message(content):
            whole(self, content[:-3])
            die()
        whole(self, content)

    setattr(owner, name, dying)


def after_the_dot(owner: Any, name: str) -> None:
    """Send all of the message, and do not wait for the answer."""
    whole = getattr(owner, name)

    def dying(self: Any, content: str | bytes) -> None:
        whole(self, content)
        if is_message(content):
            die()

    setattr(owner, name, dying)


# The twelve points, in the order of a message's way.
POINTS: dict[str, tuple[Change, Any, str]] = {
    "before it is planned": (before, Ledger, "plan"),
    "after it is planned": (after, Ledger, "plan"),
    "after the claim": (after, Ledger, "claim"),
    "after connecting": (after, mail_module, "connected"),
    "after the bytes are kept": (after, Ledger, "prepare"),
    "after MAIL": (after, smtplib.SMTP, "mail"),
    "after RCPT": (after, smtplib.SMTP, "rcpt"),
    "after DATA": (after, smtplib.SMTP, "docmd"),
    "after the ledger knows of the hand-over": (after, Ledger, "hand_over"),
    "before the final dot": (in_the_body, smtplib.SMTP, "send"),
    "after the final dot": (after_the_dot, smtplib.SMTP, "send"),
    "after the answer": (before, Ledger, "settle"),
}
UNKNOWABLE = {"after the final dot", "after the answer"}
HANDED_OVER = {"after the ledger knows of the hand-over", "before the final dot", *UNKNOWABLE}


def run(
    root: Path, transport: MailTransport, settings: dict[str, object], point: str | None
) -> None:
    if point:
        change, owner, name = POINTS[point]
        change(owner, name)
    Office(root, transport, settings=settings).deliver()


def run_in_its_own_process(*args: Any, function: Callable[..., None] = run) -> int | None:
    process = PROCESSES.Process(target=function, args=args)
    process.start()
    process.join(60)
    return process.exitcode


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with mail_server() as running:
        yield running


@pytest.mark.parametrize("point", POINTS)
def test_killed_and_run_again(tmp_path: Path, postbox: Postbox, point: str) -> None:
    assert run_in_its_own_process(tmp_path, postbox.transport(), {}, point) == -9
    assert run_in_its_own_process(tmp_path, postbox.transport(), {}, None) == 0
    assert run_in_its_own_process(tmp_path, postbox.transport(), {}, None) == 0
    assert len(postbox.received) == (2 if point in UNKNOWABLE else 1)
    assert len(set(postbox.received)) == 1


@pytest.mark.parametrize("point", POINTS)
def test_killed_and_run_again_where_the_unknown_is_held(
    tmp_path: Path, postbox: Postbox, point: str
) -> None:
    """Never twice, then; and only what was handed over waits for somebody's decision."""
    hold = {"on_unknown": "hold"}
    assert run_in_its_own_process(tmp_path, postbox.transport(), hold, point) == -9
    assert run_in_its_own_process(tmp_path, postbox.transport(), hold, None) == 0
    arrived = point not in HANDED_OVER or point in UNKNOWABLE
    assert len(postbox.received) == arrived
    with Ledger(Office(tmp_path, postbox.transport()).ledger_path) as ledger:
        (receipt,) = ledger.deliveries()
    assert receipt.state == ("unknown" if point in HANDED_OVER else "sent")


def sixteen_at_once(function: Any, *args: Any) -> None:
    """All of them end well."""
    processes = [PROCESSES.Process(target=function, args=args) for _ in range(16)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 16


def open_at_once(path: Path, begin: Any) -> None:
    begin.wait()
    Ledger(path).close()


def test_sixteen_make_the_ledger_at_the_same_instant(tmp_path: Path) -> None:
    """Without our own waiting one of a hundred is told that the database is locked."""
    for number in range(20):
        path = tmp_path / str(number) / "ledger.sqlite"
        sixteen_at_once(open_at_once, path, PROCESSES.Barrier(16))


def test_sixteen_runs_at_once_send_one_mail(tmp_path: Path, postbox: Postbox) -> None:
    sixteen_at_once(run, tmp_path, postbox.transport(), {}, None)
    assert len(postbox.received) == 1


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[StorageDestination, ...]]:
    """A bucket and an SFTP server, when there is time for all kinds of storage."""
    with ExitStack() as servers:
        thorough = os.environ.get("THOROUGH") and SSHD
        yield (
            (servers.enter_context(s3()), servers.enter_context(sftp(tmp_path / "sftp")))
            if thorough
            else ()
        )


@pytest.mark.slow
def test_killed_at_random_until_all_is_done(
    tmp_path: Path, postbox: Postbox, stores: tuple[StorageDestination, ...]
) -> None:
    """None lost, storage whole; a copy is the same bytes, and there is at most one for each kill.
    The kills hit no chosen point, but any: two dozen of them, or five hundred."""
    thorough = bool(os.environ.get("THOROUGH"))
    wanted = 500 if thorough else 24
    chance, kills, editions, done = random.Random(20261001), 0, 0, 0
    while kills < wanted:
        editions += 1
        office = Office(
            tmp_path,
            postbox.transport(),
            recipients=tuple(f"reader{n}-{editions}@example.com" for n in range(4)),
            with_folder=True,
            stores=stores,
            period=f"{2000 + editions}",
            folders=get_args(Folders)[editions % 5],
        )
        begun = time.monotonic()
        life = 0.5 if stores else 0.1  # seconds, on average
        while run_in_its_own_process(office, chance.expovariate(1 / life), function=run_for) != 0:
            kills += 1
            life *= 1.1 if time.monotonic() - begun > 20 else 1  # a slow machine gets on, too
        done += len(office.recipients)
        every: list[Any] = [FolderDestination("folder", tmp_path / "editions"), *stores]
        for place in every:
            manifests = places.read_manifests(place, HOLDERS)
            assert len(manifests) == editions
        edition = entered_as(office)
        folder = folder_of(edition, office.folders)
        publish(edition, tmp_path / "editions", now=NOON, holders=HOLDERS, folder=folder)
    copies = Counter(recipient for recipient, _ in postbox.received)
    assert len(copies) == done
    assert len(set(postbox.received)) == done
    assert len(postbox.received) - done <= kills
    with Ledger(office.ledger_path) as ledger:
        assert {receipt.state for receipt in ledger.deliveries()} == {State.SENT}


def entered_as(office: Office) -> Edition:
    """The edition as it was published: to publish it again is to verify it."""
    return altered(EDITION, period=office.period, made_at=office.clock())


def run_for(office: Office, seconds: float) -> None:
    """Deliver, but die on the spot when the time is over: nobody handles this signal."""
    os.environ.update(CREDENTIALS if office.stores else {})
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    assert all(receipt.done for receipt in office.deliver())
