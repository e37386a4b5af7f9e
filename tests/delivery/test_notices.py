"""Notices to operators, by a real mail server and a real web hook."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from insights_reports.delivery.notices import Notice, NoticeKind, by_apprise, by_mail, read_targets
from tests.delivery.mail_servers import mail_server
from tests.delivery.material import NOON

NOTICE = Notice(
    NoticeKind.FAILED, "board", "2026-09", "run-1", ("Octopus cannot be reached.", "Run it.")
)


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a web hook without its scheme, and what was posted to it."""
    posted: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(500 if "broken" in self.path else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", posted
    server.shutdown()
    server.server_close()


def test_operators_are_told_by_mail_and_a_refusal_does_not_stop_the_next() -> None:
    with mail_server() as postbox:
        postbox.faults = {"rcpt": ["550 5.1.1 gone"]}
        to = ("gone@example.com", "ops@example.com")
        problems = by_mail(NOTICE, postbox.transport(), to, NOON)
        assert problems == ["gone@example.com: 550 5.1.1 gone"]
        assert [each for each, _ in postbox.received] == ["ops@example.com"]
        assert postbox.parsed()["Subject"] == "Insights Reports: board 2026-09: failed"
        assert "Octopus cannot be reached." in postbox.received[0][1].decode()


def test_a_mail_server_that_is_down_is_named_and_nothing_is_raised() -> None:
    with mail_server() as postbox:
        transport = postbox.transport()
    assert "No conversation" in by_mail(NOTICE, transport, ("ops@example.com",), NOON)[0]


def test_operators_are_told_by_apprise_and_no_address_is_shown(
    hook: tuple[str, list[dict[str, Any]]], caplog: pytest.LogCaptureFixture
) -> None:
    address, posted = hook
    targets = read_targets(
        f"# the team\nchat = json://{address}/CANARY-token\n"
        f"pager = json://{address}/broken-CANARY\n"
    )
    assert by_apprise(NOTICE, targets) == ["pager: not taken"]
    assert posted[0]["title"] == NOTICE.title
    assert posted[0]["message"].startswith("Octopus cannot be reached.")
    assert "CANARY" not in caplog.text
    assert "CANARY" not in repr(targets)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("chat = exec://rm", "'exec' is not allowed"),
        ("json://host/token", "line 1 is not"),
        ("chat =", "line 1 is not"),
    ],
)
def test_an_address_that_is_none_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_targets(text)
