"""The demo's mail server keeps every message it takes."""

import smtplib
from pathlib import Path

from insights_reports.delivery import MailTransport
from insights_reports.delivery.mail.local_server import local_mail_server
from tests.delivery.material import Office


def test_each_message_becomes_a_file_with_its_exact_bytes(tmp_path: Path) -> None:
    with local_mail_server(tmp_path / "mail") as server:
        transport = MailTransport(server.host, server.port, "reports@example.com", security="none")
        office = Office(tmp_path, transport, recipients=("cto@example.com", "cfo@example.com"))
        receipts = office.deliver()
    assert [path.parent for path in server.received] == [tmp_path / "mail"] * 2
    assert [path.name[:21] for path in server.received] == [
        "0001-cto-example-com-",
        "0002-cfo-example-com-",
    ]
    for path, receipt in zip(server.received, receipts, strict=True):
        assert receipt.reference.encode() in path.read_bytes()
        assert receipt.detail == f"250 2.0.0 Message accepted as {path.name}"
    assert sorted((tmp_path / "mail").iterdir()) == server.received


def test_an_older_message_is_never_overwritten(tmp_path: Path) -> None:
    for _ in range(2):
        with local_mail_server(tmp_path) as server, smtplib.SMTP(server.host, server.port) as smtp:
            smtp.sendmail(
                "a@example.com", ["../../evil@example.com"], b"Subject: x\r\n\r\nbody\r\n"
            )
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name[:22] for name in names] == ["0001-evil-example-com-", "0002-evil-example-com-"]


def test_a_large_message_fits(tmp_path: Path) -> None:
    with local_mail_server(tmp_path) as server, smtplib.SMTP(server.host, server.port) as smtp:
        smtp.sendmail("a@example.com", ["b@example.com"], (b"x" * 900 + b"\r\n") * 17_000)
    assert server.received[0].stat().st_size > 15_000_000
