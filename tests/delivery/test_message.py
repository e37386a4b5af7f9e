"""One message as bytes: its shape, its headers, and that hostile text breaks neither."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports.delivery import Key, MailTransport
from insights_reports.delivery.mail.message import build, message_id
from insights_reports.edition.files import File
from tests.delivery.material import FILES, Body, Image

KEY = Key("board", "2026-09", 1, "mail", "cto@example.com")
TRANSPORT = MailTransport(
    "localhost",
    25,
    "reports@example.com",
    security="none",
    sender_name="Beispiel, Büro",
    reply_to="platform@example.com",
)
DATE = datetime(2026, 10, 1, 6, 30, tzinfo=UTC)


def parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def shape(part: MIMEPart) -> object:
    if part.is_multipart():
        return {part.get_content_subtype(): [shape(p) for p in part.iter_parts()]}
    return part.get_content_type()


def test_pictures_lie_beside_the_html_and_attachments_outside_of_it() -> None:
    message = parse(build(KEY, TRANSPORT, DATE, Body(), FILES[:2]))
    xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert shape(message) == {
        "mixed": [
            {"alternative": ["text/plain", {"related": ["text/html", "image/png"]}]},
            "application/pdf",
            xlsx,
        ]
    }
    (picture,) = [p for p in message.walk() if p.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<trend>"
    assert picture.get_content() == b"\x89PNG trend"


def test_without_pictures_or_files_it_is_text_and_html() -> None:
    message = parse(build(KEY, TRANSPORT, DATE, Body(images=()), ()))
    assert shape(message) == {"alternative": ["text/plain", "text/html"]}


def test_the_headers() -> None:
    message = parse(build(KEY, TRANSPORT, DATE, Body(), ()))
    headers = {name: value for name, value in message.items() if not name.startswith("Content")}
    assert headers == {
        "From": '"Beispiel, Büro" <reports@example.com>',
        "To": "cto@example.com",
        "Reply-To": "platform@example.com",
        "Subject": "September 2026: lead time down",
        "Date": "Thu, 01 Oct 2026 06:30:00 +0000",
        "Message-ID": message_id(KEY, TRANSPORT),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "List-Id": "<board.insights-reports.example.com>",
        "X-Insights-Reports-Key": "board/2026-09/r1",
        "MIME-Version": "1.0",
    }


def test_the_same_things_make_the_same_bytes_in_any_zone() -> None:
    elsewhere = DATE.astimezone(timezone(timedelta(hours=9)))
    assert build(KEY, TRANSPORT, DATE, Body(), FILES) == build(
        KEY, TRANSPORT, elsewhere, Body(), FILES
    )


def test_the_message_id_tells_deliveries_and_revisions_apart() -> None:
    others = [
        replace(KEY, subscription="team"),
        replace(KEY, period="2026-10"),
        replace(KEY, revision=2),
        replace(KEY, destination="other"),
        replace(KEY, recipient="cfo@example.com"),
    ]
    identifiers = {message_id(key, TRANSPORT) for key in (KEY, *others)}
    assert len(identifiers) == 6
    assert all(re.fullmatch(r"<[0-9a-f]{32}\.r[12]@example\.com>", i) for i in identifiers)


def test_every_line_ends_in_crlf_is_ascii_and_short_enough_for_any_server() -> None:
    body = Body(text="ü" * 3000 + "\n.\n", html="<p>" + "x" * 5000 + "</p>")
    raw = build(KEY, TRANSPORT, DATE, body, FILES)
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 254


def test_a_long_attachment_name_stays_in_one_piece() -> None:
    """Continuations (RFC 2231) are misread by old mail programs."""
    name = f"{'a' * 60}-2026-09-{'b' * 60}.pdf"
    raw = build(KEY, TRANSPORT, DATE, Body(), [File(name, "summary", b"x")])
    assert f'filename="{name}"'.encode() in raw
    assert b"filename*" not in raw


@pytest.mark.parametrize(
    "subject",
    [
        "a\r\nBcc: evil@example.org",
        "a\u2028Bcc: evil@example.org",
        "a\x0bBcc: evil@example.org",
        "a\x85Bcc: evil@example.org",
        "a\x00\ud800\u202eBcc: evil@example.org",
    ],
)
def test_a_subject_cannot_become_a_header(subject: str) -> None:
    message = parse(build(KEY, TRANSPORT, DATE, Body(subject=subject), ()))
    assert message["Bcc"] is None
    assert message["Subject"] == "a Bcc: evil@example.org"


def test_a_body_cannot_become_a_part() -> None:
    boundary = parse(build(KEY, TRANSPORT, DATE, Body(), FILES)).get_boundary()
    hostile = f"--{boundary}\r\nContent-Type: text/html\r\n\r\nevil\r\n--{boundary}--\r\n"
    message = parse(build(KEY, TRANSPORT, DATE, Body(text=hostile), FILES))
    assert message.get_boundary() == boundary
    text = message.get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines() == hostile.splitlines()
    assert len(list(message.iter_attachments())) == len(FILES)


@settings(max_examples=40)
@given(st.text(), st.text(), st.text())
def test_law_any_text_comes_out_as_it_went_in(subject: str, text: str, html: str) -> None:
    body = Body(subject=subject, text=text, html=html, images=(Image(),))
    message = parse(build(KEY, TRANSPORT, DATE, body, FILES[:1]))
    assert len(list(message.iter_attachments())) == 1
    for kind, given_text in (("plain", text), ("html", html)):
        part = message.get_body((kind,))
        assert part is not None
        wanted = given_text.encode("utf-8", "replace").decode()
        assert lines(part.get_content()) == lines(wanted)


def lines(text: str) -> list[str]:
    """Lines as mail knows them; their ends are CRLF on the way, whatever they were."""
    return re.split(r"\r\n|\r|\n", text.rstrip("\r\n"))


def test_encoded_words_are_short_enough_for_every_mail_program() -> None:
    """RFC 2047, 2: at most 75 characters each, lines of at most 76."""
    subject = "Überfällige Änderungen für die Größe der Übertragungswege " * 4
    raw = build(KEY, TRANSPORT, DATE, Body(subject=subject), FILES)
    head = raw.partition(b"\r\n\r\n")[0].decode()
    words = re.findall(r"=\?[^?]+\?[bqBQ]\?[^?]*\?=", head)
    assert len(words) > 3
    assert max(map(len, words)) <= 75
    parsed = message_from_bytes(raw, policy=default)
    assert parsed["Subject"] == subject.strip()
