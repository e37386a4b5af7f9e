"""Mail through a real server that answers, refuses, breaks off or falls silent."""

import contextlib
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from insights_reports.delivery import (
    Edition,
    FolderDestination,
    Key,
    Ledger,
    MailBody,
    MailDestination,
    MailNotes,
    Receipt,
    State,
    deliver,
    failure,
)
from insights_reports.edition.files import File
from insights_reports.errors import RenderError
from tests.delivery.mail_servers import CLOSE, SILENCE, Postbox, mail_server
from tests.delivery.material import EDITION, FILES, Clock, Office, altered, compose, entered


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with mail_server() as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, postbox: Postbox) -> Office:
    return Office(tmp_path, postbox.transport())


def only(receipts: list[Receipt]) -> Receipt:
    assert len(receipts) == 1
    return receipts[0]


def test_each_recipient_gets_a_message_of_their_own(office: Office, postbox: Postbox) -> None:
    office.recipients = ("cto@example.com", "cfo@example.com", "cto@example.com")
    receipts = office.deliver()
    assert [to for to, _ in postbox.received] == ["cto@example.com", "cfo@example.com"]
    assert [postbox.parsed(n)["To"] for n in (0, 1)] == ["cto@example.com", "cfo@example.com"]
    assert {receipt.state for receipt in receipts} == {State.SENT}
    assert receipts[0].detail == "250 2.0.0 queued as 4711"
    assert receipts[0].reference == postbox.parsed(0)["Message-ID"]
    assert failure(receipts) is None


def test_a_second_run_sends_nothing_twice(office: Office, postbox: Postbox) -> None:
    office.deliver()
    receipt = only(office.deliver())
    assert receipt.already
    assert receipt.done
    assert len(postbox.received) == 1


def test_a_new_revision_is_sent_with_another_message_id(office: Office, postbox: Postbox) -> None:
    office.deliver()
    office.deliver(altered(EDITION, digest="b" * 64))
    first, second = (postbox.parsed(n)["Message-ID"] for n in (0, 1))
    assert first.replace(".r1@", ".r2@") == second


def test_who_had_a_revision_before_is_read_once_for_all(
    office: Office, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.deliver()
    reads: list[object] = []
    whole = Ledger.deliveries

    def counted(*args: Any, **named: Any) -> list[Receipt]:
        reads.append(args)
        return whole(*args, **named)

    monkeypatch.setattr(Ledger, "deliveries", counted)
    told: list[MailNotes] = []

    def composing(edition: Edition, notes: MailNotes) -> MailBody:
        told.append(notes)
        return compose(edition, notes)

    for count in (2, 20):
        reads.clear()
        told.clear()
        newer = altered(EDITION, digest=f"{count}")
        to = ("cto@example.com", *(f"new-{n}-{count}@example.com" for n in range(count)))
        mailing = MailDestination("mail", to, postbox.transport())
        with Ledger(office.ledger_path) as ledger:
            deliver(entered(ledger, newer), [mailing], ledger, now=Clock(), compose_mail=composing)
        assert len(reads) == 2  # what is withheld is the other
        assert [notes.first for notes in told] == [False, True]


def test_a_temporary_refusal_waits_half_an_hour_then_an_hour_and_then_four_at_most(
    office: Office, postbox: Postbox
) -> None:
    pauses = []
    for _ in range(6):
        postbox.faults = {"rcpt": ["451 4.7.1 greylisted"]}
        receipt = only(office.deliver())
        assert receipt.state is State.DEFERRED
        assert receipt.detail == "451 4.7.1 greylisted"
        assert receipt.next_try is not None
        pauses.append((receipt.next_try - office.clock()) / timedelta(minutes=1))
        office.clock.at = receipt.next_try - timedelta(seconds=1)
        assert only(office.deliver()).state is State.DEFERRED
        office.clock.at = receipt.next_try
    assert pauses == [30, 60, 120, 240, 240, 240]
    assert len(postbox.commands) == 12  # MAIL and RCPT for each of six attempts, none before time
    assert only(office.deliver()).done


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ("421 4.3.2 closing", State.DEFERRED),
        ("452 4.3.1 no space left", State.DEFERRED),
        ("500 5.5.1 no", State.REFUSED),
        ("571 5.7.1 not for you", State.REFUSED),
    ],
)
def test_what_is_refused_at_any_step_is_said_and_nothing_arrives(
    office: Office, postbox: Postbox, step: str, reply: str, state: State
) -> None:
    """Only who is refused as the sender is owed still: that is no recipient's fault."""
    postbox.faults = {step: [reply]}
    receipt = only(office.deliver())
    sender = step == "mail" and reply.startswith("5")
    assert receipt.state is (State.PLANNED if sender else state)
    assert reply in receipt.detail
    assert postbox.received == []
    office.clock.move(timedelta(minutes=30))
    assert only(office.deliver()).done == (sender or state is State.DEFERRED)


def test_after_four_days_a_temporary_refusal_is_final(office: Office, postbox: Postbox) -> None:
    postbox.faults = {"rcpt": ["451 4.7.1 later"] * 2}
    office.deliver()
    office.clock.move(timedelta(days=4))
    assert only(office.deliver()).state is State.REFUSED
    assert only(office.deliver()).state is State.REFUSED
    assert postbox.received == []


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("rcpt", "550 5.1.1 no such user"),
        ("data", "554 5.5.1 no"),
        ("dot", "554 5.7.1 smells of spam"),
    ],
)
def test_a_refusal_is_final_until_it_is_reopened(
    office: Office, postbox: Postbox, step: str, reply: str
) -> None:
    postbox.faults = {step: [reply]}
    receipt = only(office.deliver())
    assert (receipt.state, receipt.detail) == (State.REFUSED, reply)
    assert only(office.deliver()).state is State.REFUSED
    assert postbox.received == []
    with Ledger(office.ledger_path) as ledger:
        assert ledger.reopen(receipt.key, office.clock())
    assert only(office.deliver()).done


def test_one_recipient_refused_does_not_stop_the_next(office: Office, postbox: Postbox) -> None:
    office.recipients = ("gone@example.com", "cto@example.com")
    postbox.faults = {"rcpt": ["550 5.1.1 no such user"]}
    receipts = office.deliver()
    assert [receipt.state for receipt in receipts] == [State.REFUSED, State.SENT]
    error = failure(receipts)
    assert str(error).splitlines() == [
        "1 of 2 deliveries were not made.",
        "board 2026-09 r1 -> mail gone@example.com: refused: 550 5.1.1 no such user",
        "The next run carries out what is owed; `insights-reports deliveries` lists all, and with "
        "--again owes what was refused or may have arrived.",
    ]
    assert error is not None
    assert error.exit_status == 5


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("hello there", "no SMTP reply"),
        ("554 5.3.2 no service", "554 5.3.2 no service"),
        ("\x00\x01\x02", "no SMTP reply"),
    ],
)
def test_a_server_that_greets_with_garbage_fails_by_itself(
    office: Office, postbox: Postbox, fault: str, said: str
) -> None:
    office.with_folder = True
    office.transport = postbox.transport(timeout=1)
    postbox.faults = {"connect": [fault]}
    folder, mail = office.deliver()
    assert folder.done
    assert mail.state is State.PLANNED
    assert said in mail.detail
    office.transport = postbox.transport()
    assert [receipt.done for receipt in office.deliver()] == [True, True]


def test_a_server_that_drips_has_a_deadline_in_all(office: Office, postbox: Postbox) -> None:
    """A byte before each time-out never runs into one."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=drip, args=(listening,), daemon=True).start()
        port = listening.getsockname()[1]
        office.transport = replace(postbox.transport(timeout=0.5), port=port)
        begun = time.monotonic()
        receipt = only(office.deliver())
    assert time.monotonic() - begun < 10
    assert receipt.state is State.PLANNED
    assert "no end of it in time" in receipt.detail


def drip(listening: socket.socket) -> None:
    with contextlib.suppress(OSError), listening.accept()[0] as connection:
        while True:
            connection.send(b"2")
            time.sleep(0.1)


def test_addresses_that_differ_only_in_case_are_one_recipient(
    office: Office, postbox: Postbox
) -> None:
    office.recipients = ("Ada.Byron@example.com", "ada.byron@EXAMPLE.com")
    receipt = only(office.deliver())
    assert receipt.key.recipient == "ada.byron@example.com"
    assert [to for to, _ in postbox.received] == ["Ada.Byron@example.com"]
    assert postbox.parsed()["To"] == "Ada.Byron@example.com"


def test_a_refused_sender_is_no_recipients_fault(office: Office, postbox: Postbox) -> None:
    office.recipients = ("cto@example.com", "cfo@example.com")
    postbox.faults = {"mail": ["550 5.7.60 not allowed to send as this sender"]}
    receipts = office.deliver()
    assert [receipt.state for receipt in receipts] == [State.PLANNED, State.PLANNED]
    assert all("5.7.60" in receipt.detail for receipt in receipts)
    assert [receipt.done for receipt in office.deliver()] == [True, True]


def test_a_login_that_is_asked_for_late_is_no_recipients_fault_either(
    office: Office, postbox: Postbox
) -> None:
    postbox.faults = {"rcpt": ["530 5.7.0 authentication required"]}
    receipt = only(office.deliver())
    assert receipt.state is State.PLANNED
    assert "requires a login: 530 5.7.0" in receipt.detail


def test_a_closing_server_leaves_the_rest_for_the_next_run(
    office: Office, postbox: Postbox
) -> None:
    office.recipients = ("cto@example.com", "cfo@example.com")
    postbox.faults = {"rcpt": ["421 4.3.2 shutting down"]}
    assert [r.state for r in office.deliver()] == [State.DEFERRED, State.PLANNED]
    assert len(postbox.commands) == 2


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt", "data"])
@pytest.mark.parametrize("fault", [CLOSE, SILENCE])
def test_a_break_before_the_message_is_known_to_have_sent_nothing(
    office: Office, postbox: Postbox, step: str, fault: str
) -> None:
    if fault == SILENCE:
        office.transport = postbox.transport(timeout=1)
    postbox.faults = {step: [fault]}
    assert only(office.deliver()).state is State.PLANNED
    assert not postbox.faults[step]
    office.transport = postbox.transport()
    assert only(office.deliver()).done
    assert len(postbox.received) == 1


@pytest.mark.parametrize("fault", [CLOSE, SILENCE])
@pytest.mark.parametrize(("step", "copies"), [("body", 1), ("dot", 2)])
def test_a_break_after_the_message_is_unknown_and_the_same_bytes_go_again(
    office: Office, postbox: Postbox, step: str, copies: int, fault: str
) -> None:
    if fault == SILENCE:
        office.transport = postbox.transport(final_timeout=1)
    postbox.faults = {step: [fault]}
    receipt = only(office.deliver())
    office.transport = postbox.transport()
    assert receipt.state is State.UNKNOWN
    assert failure([receipt]) is not None
    office.clock.move(timedelta(hours=5))
    assert only(office.deliver()).done
    assert len(postbox.received) == copies
    assert len({content for _, content in postbox.received}) == 1


def test_an_unknown_message_can_be_held_until_somebody_decides(
    office: Office, postbox: Postbox
) -> None:
    office.settings = {"on_unknown": "hold"}
    postbox.faults = {"dot": [CLOSE]}
    key = only(office.deliver()).key
    assert only(office.deliver()).state is State.UNKNOWN
    assert len(postbox.received) == 1
    with Ledger(office.ledger_path) as ledger:
        assert ledger.reopen(key, office.clock())
    assert only(office.deliver()).done
    assert postbox.received[0] == postbox.received[1]


def test_a_reply_that_is_no_smtp_is_no_refusal(office: Office, postbox: Postbox) -> None:
    postbox.faults = {"rcpt": ["HTTP/1.1 400 Bad Request"]}
    receipt = only(office.deliver())
    assert receipt.state is State.PLANNED
    assert "400 Bad Request" in receipt.detail


def test_data_answered_with_ok_at_once_is_no_delivery(office: Office, postbox: Postbox) -> None:
    postbox.faults = {"data": ["250 fine"]}
    assert only(office.deliver()).state is State.PLANNED
    assert postbox.received == []


def test_nobody_listening_is_said_in_one_line(tmp_path: Path) -> None:
    with mail_server() as gone:
        transport = gone.transport()
    receipt = only(Office(tmp_path, transport).deliver())
    assert receipt.state is State.PLANNED
    assert receipt.detail == f"No conversation with 127.0.0.1:{transport.port}: Connection refused"


def big(name: str, size: int) -> File:
    return File(name, "summary", b"x" * size)


@pytest.mark.parametrize(
    ("sizes", "attached"),
    [
        ((1_000, 1_000), ["a.pdf", "a.xlsx"]),
        ((1_000, 90_000), ["a.pdf"]),
        ((90_000, 1_000), []),
    ],
)
@pytest.mark.parametrize("limit", ["ours", "stated by the server"])
def test_what_makes_a_mail_too_large_is_left_out_and_the_body_says_so(
    tmp_path: Path, sizes: tuple[int, int], attached: list[str], limit: str
) -> None:
    server_limit = 100_000 if limit == "stated by the server" else 33_554_432
    with mail_server(largest=server_limit) as postbox:
        office = Office(tmp_path, postbox.transport(), with_folder=True)
        office.settings = {"attach": ("pdf", "xlsx")}
        if limit == "ours":
            office.settings["largest"] = 100_000
        edition = replace(EDITION, files=(big("a.pdf", sizes[0]), big("a.xlsx", sizes[1])))
        assert [receipt.done for receipt in office.deliver(edition)] == [True, True]
        message = postbox.parsed()
        text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert [part.get_filename() for part in message.iter_attachments()] == attached
        left_out = [name for name in ("a.pdf", "a.xlsx") if name not in attached]
        assert [line[10:] for line in text.splitlines() if "left out" in line] == left_out
        assert f"folder: {tmp_path}/editions/board/2026-09/r1" in text
        assert all(f"attached: {name}" in text for name in attached)


@pytest.mark.parametrize("step", ["mail", "rcpt", "dot"])
def test_a_server_that_finds_it_too_large_only_when_it_sees_it(
    office: Office, postbox: Postbox, step: str
) -> None:
    office.settings = {"attach": ("pdf", "xlsx")}
    postbox.faults = {step: ["552 5.3.4 message too big"] * 2}
    assert only(office.deliver()).done
    assert list(postbox.parsed().iter_attachments()) == []
    assert len(postbox.received) == 1


def test_a_mail_too_large_without_any_file_is_refused(office: Office, postbox: Postbox) -> None:
    office.settings = {"largest": 300}
    receipt = only(office.deliver())
    assert receipt.state is State.REFUSED
    assert receipt.detail == "too large even without its files (limit 300 bytes)"
    assert postbox.received == []


def test_a_full_mailbox_is_not_a_message_too_large(office: Office, postbox: Postbox) -> None:
    postbox.faults = {"rcpt": ["552 5.2.2 mailbox full"]}
    assert only(office.deliver()).detail == "552 5.2.2 mailbox full"
    assert len(postbox.commands) == 2


def test_only_the_chosen_documents_and_formats_are_attached(
    office: Office, postbox: Postbox
) -> None:
    office.settings = {"attach": ("pdf",), "documents": None}
    office.deliver()
    attached = {
        part.get_filename(): part.get_content() for part in postbox.parsed().iter_attachments()
    }
    assert attached == {file.name: file.content for file in FILES if file.format == "pdf"}


def test_the_mail_carries_the_files_that_stand_in_the_folder(
    tmp_path: Path, postbox: Postbox
) -> None:
    """The folder got the edition, then the run died; the next one renders other bytes."""
    clock = Clock()
    folder = FolderDestination("folder", tmp_path / "editions")
    mailing = MailDestination("mail", ("cto@example.com",), postbox.transport())
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        edition = entered(ledger)
        deliver(edition, [folder], ledger, now=clock, compose_mail=compose)
        again = replace(edition, files=(replace(FILES[0], content=b"%PDF rendered again"),))
        receipts = deliver(again, [folder, mailing], ledger, now=clock, compose_mail=compose)
    assert [receipt.done for receipt in receipts] == [True, True]
    (attached,) = postbox.parsed().iter_attachments()
    assert attached.get_content() == FILES[0].content


def test_a_folder_that_fails_does_not_stop_the_mail(office: Office, postbox: Postbox) -> None:
    office.with_folder = True
    (office.root / "editions").write_text("a file stands in the way")
    folder, mail = office.deliver()
    assert (folder.state, mail.state) == (State.PLANNED, State.SENT)
    assert "editions" in folder.detail
    (office.root / "editions").unlink()
    assert [receipt.done for receipt in office.deliver()] == [True, True]
    assert len(postbox.received) == 1


def test_a_body_that_cannot_be_rendered_is_said_and_owed(tmp_path: Path, postbox: Postbox) -> None:
    def broken(edition: Edition, notes: MailNotes) -> MailBody:
        raise RenderError("The mail cannot be rendered.", "chart: trend")

    mailing = MailDestination("mail", ("cto@example.com",), postbox.transport())
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        edition = entered(ledger)
        for body, state in ((broken, State.PLANNED), (compose, State.SENT)):
            receipt = only(deliver(edition, [mailing], ledger, now=Clock(), compose_mail=body))
            assert receipt.state is state
            assert ("chart: trend" in receipt.detail) == (body is broken)


def test_the_body_is_composed_once_for_all_recipients(tmp_path: Path, postbox: Postbox) -> None:
    composed = []

    def counting(edition: Edition, notes: MailNotes) -> MailBody:
        composed.append(notes)
        return compose(edition, notes)

    mailing = MailDestination(
        "mail", ("cto@example.com", "cfo@example.com"), postbox.transport(), attach=("pdf", "xlsx")
    )
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        receipts = deliver(entered(ledger), [mailing], ledger, now=Clock(), compose_mail=counting)
    assert failure(receipts) is None
    assert composed == [MailNotes(FILES[:2], (), ())]


@pytest.mark.parametrize("with_folder", [False, True])
def test_what_another_run_has_in_hand_is_left_to_it_and_is_no_failure(
    office: Office, postbox: Postbox, with_folder: bool
) -> None:
    office.with_folder = with_folder
    with Ledger(office.ledger_path) as ledger:
        edition = entered(ledger)
        keys = [
            Key(edition.about.subscription, edition.about.period, 1, name, recipient)
            for name, recipient in (("folder", ""), ("mail", "cto@example.com"))
        ]
        ledger.plan(edition, keys, office.clock())
        assert ledger.claim(keys[0 if with_folder else 1], office.clock())  # by this very process
    receipts = office.deliver()
    assert receipts[0].in_hand
    assert receipts[0].state is State.SENDING
    assert postbox.received == []
    assert not (office.root / "editions").exists()
    assert failure(receipts) is None


def test_an_emptied_folder_is_filled_again(office: Office, postbox: Postbox) -> None:
    office.with_folder = True
    office.deliver()
    manifest = office.root / "editions/board/2026-09/r1/manifest.json"
    for path in manifest.parent.iterdir():
        path.unlink()
    manifest.parent.rmdir()
    assert [receipt.done for receipt in office.deliver()] == [True, True]
    assert manifest.exists()
    assert len(postbox.received) == 1


def test_a_folder_that_lost_its_edition_and_cannot_be_filled_again_is_no_success(
    office: Office, postbox: Postbox
) -> None:
    office.with_folder = True
    office.deliver()
    shutil.rmtree(office.root / "editions")
    (office.root / "editions").write_text("a file stands in the way")
    folder, mail = office.deliver()
    assert (folder.done, mail.done) == (False, True)
    assert "editions" in folder.detail


@pytest.mark.parametrize("faults", [{"rcpt": ["451 4.7.1 greylisted"]}, {"body": [CLOSE]}])
def test_what_an_old_revision_still_owed_is_superseded(
    office: Office, postbox: Postbox, faults: dict[str, list[str]]
) -> None:
    postbox.faults = faults
    office.deliver()
    office.deliver(altered(EDITION, digest="b" * 64))
    with Ledger(office.ledger_path) as ledger:
        states = [(r.key.revision, r.state) for r in ledger.deliveries()]
        assert states == [(1, State.SUPERSEDED), (2, State.SENT)]
        assert ledger.deliveries(owed=True) == []
    assert len(postbox.received) == 1
