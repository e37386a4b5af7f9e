"""Mails as files: each one once, whatever happens in between."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path

from insights_reports.delivery import Ledger, MailTransport, State
from tests.delivery.material import EDITION, Office


def office(tmp_path: Path) -> Office:
    transport = MailTransport(
        "localhost", 25, "reports@example.com", security="none", owner="o@x.org"
    )
    settings: dict[str, object] = {"eml_folder": tmp_path / "outbox"}
    recipients = ("CTO@example.com", "cfo@example.com")
    return Office(tmp_path, transport, recipients=recipients, settings=settings)


def test_each_mail_is_a_file_and_none_is_there_twice(tmp_path: Path) -> None:
    receipts = office(tmp_path).deliver()
    assert [receipt.state for receipt in receipts] == [State.SENT, State.SENT]
    files = sorted((tmp_path / "outbox").iterdir())
    names = ["-".join(file.name.split("-")[:7]) for file in files]
    assert names == ["board-2026-09-r1-cfo-example-com", "board-2026-09-r1-cto-example-com"]
    message = message_from_bytes(files[1].read_bytes(), policy=default)
    assert message["To"] in ("CTO@example.com", "cfo@example.com")
    assert message["List-Unsubscribe"] == "<mailto:o@x.org?subject=unsubscribe%20board>"
    with Ledger(office(tmp_path).ledger_path) as ledger, ledger._database.transaction() as write:
        write.execute("UPDATE deliveries SET state = 'planned'")  # as if nobody had noted it
    office(tmp_path).deliver()
    assert sorted((tmp_path / "outbox").iterdir()) == files


def test_a_folder_that_cannot_be_written_owes_its_mails(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file")
    receipts = office(tmp_path).deliver(EDITION)
    assert {receipt.state for receipt in receipts} == {State.PLANNED}
    assert "cannot be written" in receipts[0].detail
