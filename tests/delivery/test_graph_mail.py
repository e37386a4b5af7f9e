"""Mail through Microsoft Graph: once, even where an answer is lost, and words for every refusal."""

import base64
import os
import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, ClassVar

import pytest

from insights_reports.delivery import Ledger, Receipt, State
from insights_reports.delivery import graph as graph_module
from insights_reports.delivery.graph import GraphClient, GraphSilent
from insights_reports.delivery.mail import tokens
from insights_reports.delivery.notices import Notice, NoticeKind, by_mail
from insights_reports.edition.files import File
from tests.delivery.graph_server import BOX, DRIP, SECRET, Fault, Graph, graph_server
from tests.delivery.material import EDITION, FILES, NOON, Office, altered
from tests.delivery.processes import PROCESSES

CLOSE = 0


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Graph]:
    (tmp_path / "server").mkdir()
    with graph_server(tmp_path / "server") as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, graph: Graph) -> Office:
    return Office(tmp_path, graph.transport)


def only(receipts: list[Receipt]) -> Receipt:
    (receipt,) = receipts
    assert SECRET not in repr(receipt)
    assert "T0KEN" not in repr(receipt)
    assert "PRE-SIGNED" not in repr(receipt)
    return receipt


def test_a_small_message_goes_as_it_is(office: Office, graph: Graph) -> None:
    receipt = only(office.deliver())
    assert (receipt.state, receipt.detail) == (State.SENT, "202 taken")
    (sent,) = graph.sent
    message = message_from_bytes(sent.mime, policy=default)
    assert message["To"] == "cto@example.com"
    assert message["List-Unsubscribe"] == "<mailto:owner@example.com?subject=unsubscribe%20board>"
    assert receipt.reference == message["Message-ID"] == sent.message_id
    assert [part.get_filename() for part in message.iter_attachments()] == [FILES[0].name]
    assert only(office.deliver()).already
    assert len(graph.sent) == 1


def test_a_large_one_goes_as_a_draft_with_files_and_upload_sessions(
    office: Office, graph: Graph
) -> None:
    large, small = os.urandom(5_000_000), b"PK small"
    office.settings = {"attach": ("pdf", "xlsx")}
    files = (File("a.pdf", "summary", large), File("a.xlsx", "summary", small))
    assert only(office.deliver(altered(EDITION, files=files))).done
    (sent,) = graph.sent
    assert sent.about["subject"] == "September 2026: lead time down"
    assert sent.about["toRecipients"] == [{"emailAddress": {"address": "cto@example.com"}}]
    assert [h["name"] for h in sent.about["internetMessageHeaders"]] == [
        "x-auto-response-suppress",
        "x-insights-reports-key",
    ]
    found = {about["name"]: content for about, content in sent.attachments}
    assert (found["a.pdf"], found["a.xlsx"]) == (large, small)
    (picture,) = [about for about, _ in sent.attachments if about.get("isInline")]
    assert f"cid:{picture['contentId']}" in sent.about["body"]["content"]
    assert graph.asked.count("PUT range") == 2


def test_what_is_too_large_for_the_mailbox_goes_without_and_says_so(
    office: Office, graph: Graph
) -> None:
    graph.largest = 4_000_000
    files = (File("a.pdf", "summary", os.urandom(5_000_000)),)
    assert only(office.deliver(altered(EDITION, files=files))).done
    (sent,) = graph.sent
    text = message_from_bytes(sent.mime, policy=default).get_body(("plain",))
    assert text is not None
    assert "left out: a.pdf" in text.get_content()
    assert list(graph.messages.values()) == [sent]


@pytest.mark.parametrize(
    "fault",
    [Fault(504, done=True), Fault(CLOSE, done=True), Fault(202, after=30, done=True)],
)
def test_a_mail_that_went_out_is_not_sent_again_whatever_the_answer(
    office: Office, graph: Graph, fault: Fault
) -> None:
    graph.faults = {"send": [fault]}
    receipt = only(office.deliver())
    assert receipt.done
    office.deliver()
    assert len(graph.sent) == 1
    assert " " not in receipt.reference


@pytest.mark.parametrize("status", [503, CLOSE])
def test_a_draft_that_was_not_sent_is_sent_by_its_id_two_minutes_later(
    office: Office, graph: Graph, status: int
) -> None:
    graph.faults = {"send": [Fault(status)]}
    receipt = only(office.deliver())
    assert receipt.state is State.DEFERRED
    assert "still is a draft" in receipt.detail
    assert receipt.next_try == NOON + timedelta(minutes=2)
    assert only(office.deliver()).state is State.DEFERRED
    office.clock.move(timedelta(minutes=2))
    assert only(office.deliver()).done
    assert len(graph.sent) == 1
    assert graph.asked.count("POST draft") == 1


def test_a_draft_that_exchange_is_still_at_is_waited_for(office: Office, graph: Graph) -> None:
    graph.faults = {"send": [Fault(504, done=True)], "look": [Fault(403)]}
    receipt = only(office.deliver())
    assert receipt.state is State.UNKNOWN
    (sent,) = graph.sent
    sent.shown_as_draft = True
    assert only(office.deliver()).state is State.DEFERRED
    sent.shown_as_draft = False
    office.clock.move(timedelta(minutes=2))
    assert only(office.deliver()).detail == "202 sent by the earlier attempt"
    assert graph.sent == [sent]


def test_a_copy_that_is_not_yet_in_sent_items_counts_as_sent(office: Office, graph: Graph) -> None:
    graph.faults = {"send": [Fault(504, done=True)], "look": [Fault(404)]}
    assert only(office.deliver()).done
    assert len(graph.sent) == 1


def test_throttling_is_obeyed_within_two_minutes_and_else_deferred(
    office: Office, graph: Graph
) -> None:
    graph.faults = {"draft": [Fault(429, after=1)], "send": [Fault(429, after=1)]}
    assert only(office.deliver()).done
    graph.faults = {"send": [Fault(429, after=900, code="ApplicationThrottled")]}
    receipt = only(office.deliver(altered(EDITION, digest="b" * 64)))
    assert (receipt.state, receipt.next_try) == (State.DEFERRED, NOON + timedelta(minutes=15))
    assert "429 ApplicationThrottled: as planned, " in receipt.detail
    office.clock.move(timedelta(minutes=15))
    assert only(office.deliver(altered(EDITION, digest="b" * 64))).done
    assert len(graph.sent) == 2


def test_an_ended_token_is_renewed(office: Office, graph: Graph) -> None:
    office.deliver()
    graph.expired = True
    assert only(office.deliver(altered(EDITION, digest="b" * 64))).done
    assert graph.tokens == 3  # one for each run, and the new one


@pytest.mark.parametrize(
    ("step", "status", "words"),
    [
        ("token", 400, "Microsoft Graph cannot be used: Microsoft gives no token"),
        ("box", 403, "refuses the mailbox: 403 ErrorAccessDenied"),
        ("find", 403, "needs the permissions Mail.ReadWrite and Mail.Send"),
        ("draft", 403, "needs the permissions Mail.ReadWrite and Mail.Send"),
        ("send", 403, "needs the permissions Mail.ReadWrite and Mail.Send"),
        ("box", 302, "refuses the mailbox: 302"),
    ],
)
def test_what_is_no_recipients_fault_stays_owed(
    office: Office, graph: Graph, step: str, status: int, words: str
) -> None:
    graph.faults = {step: [Fault(status, code="ErrorAccessDenied")]}
    receipt = only(office.deliver())
    assert receipt.state is State.PLANNED
    assert words in receipt.detail
    assert graph.sent == []
    assert only(office.deliver()).done
    assert len(graph.sent) == 1
    assert [m.draft for m in graph.messages.values()] == [False]  # no orphan stays


def test_another_mailbox_is_named(tmp_path: Path, graph: Graph) -> None:
    transport = graph.transport.__class__("else@example.com", graph.account)
    receipt = only(Office(tmp_path, transport).deliver())
    assert "404 ErrorInvalidUser: no else@example.com" in receipt.detail


def test_a_recipient_that_graph_refuses_is_refused_in_its_words(
    office: Office, graph: Graph
) -> None:
    office.recipients = ("nobody@example.com", "cto@example.com")
    refused, sent = office.deliver()
    assert (refused.state, sent.state) == (State.REFUSED, State.SENT)
    assert refused.detail.startswith("400 ErrorInvalidRecipients: At least one recipient")


@pytest.mark.parametrize("step", ["box", "find", "draft", "session", "range", "attach"])
def test_a_connection_that_breaks_before_the_sending_has_sent_nothing(
    office: Office, graph: Graph, step: str
) -> None:
    files = (File("a.pdf", "summary", os.urandom(5_000_000)),)
    large = altered(EDITION, files=files)
    graph.faults = {step: [Fault(CLOSE)]}
    assert only(office.deliver(large)).state is State.PLANNED
    assert graph.sent == []
    assert only(office.deliver(large)).done
    assert len(graph.sent) == 1


def test_a_certificate_that_is_not_trusted_is_refused_before_the_secret_is_said(
    tmp_path: Path, graph: Graph
) -> None:
    account = replace(graph.account, token=replace(graph.token, ca_bundle=None))
    receipt = only(Office(tmp_path, replace(graph.transport, account=account)).deliver())
    assert (receipt.state, graph.asked) == (State.PLANNED, [])
    account = replace(graph.account, ca_bundle=None)
    receipt = only(Office(tmp_path, replace(graph.transport, account=account)).deliver())
    assert "its certificate is not valid" in receipt.detail
    assert graph.asked == ["GET openid", "POST token"]


@pytest.mark.parametrize("wrong", [{"name": "graph.example.org"}, {"until": datetime(2021, 1, 1)}])
def test_another_hosts_or_an_expired_certificate_is_refused(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    with graph_server(tmp_path, **wrong) as graph:
        receipt = only(Office(tmp_path, graph.transport).deliver())
        assert (receipt.state, graph.asked) == (State.PLANNED, [])
        known = replace(graph.account, token=lambda: "T0KEN")  # as if there were one already
        with pytest.raises(GraphSilent, match="its certificate is not valid"):
            GraphClient(known).ask("GET", "/users")
        assert graph.asked == []


@pytest.mark.parametrize(("step", "owed"), [("box", State.PLANNED), ("send", State.DEFERRED)])
def test_a_server_that_drips_has_a_deadline_in_all(
    office: Office, graph: Graph, monkeypatch: pytest.MonkeyPatch, step: str, owed: State
) -> None:
    """Each byte comes well within the time-out of one wait."""
    monkeypatch.setattr(graph_module, "_WHOLE", 1.0)
    graph.faults = {step: [Fault(DRIP)]}
    receipt = only(office.deliver())
    assert receipt.state is owed
    assert "no end of it in time" in receipt.detail
    assert graph.sent == []


def test_a_token_that_drips_is_given_up(
    office: Office, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_WHOLE", 1.0)
    graph.faults = {"token": [Fault(DRIP)]}
    assert only(office.deliver()).state is State.PLANNED
    assert only(office.deliver()).done


def test_somebody_who_says_stop_does_not_wait_for_an_answer(graph: Graph) -> None:
    client = GraphClient(graph.account)
    graph.faults = {"box": [Fault(DRIP)]}
    timer = threading.Timer(1.0, client.cut)
    timer.start()
    with pytest.raises(GraphSilent):
        client.ask("GET", f"/users/{BOX}/mailFolders/drafts")
    timer.join()


class Tunnel(socketserver.StreamRequestHandler):
    """A proxy that remembers for whom it made a tunnel, and by whose word."""

    asked: ClassVar[list[tuple[str, str]]] = []

    def handle(self) -> None:
        target = self.rfile.readline().decode().split()[1]
        head = list(iter(lambda: self.rfile.readline().strip(), b""))
        word = next((line.decode() for line in head if line.startswith(b"Proxy-Auth")), "")
        self.asked.append((target, word))
        host, _, port = target.partition(":")
        with socket.create_connection((host, int(port))) as server:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.wfile.flush()
            pair = {self.connection: server, server: self.connection}
            while True:
                for ready in select.select(list(pair), [], [])[0]:
                    if not (piece := ready.recv(65_536)):
                        return
                    pair[ready].sendall(piece)


def test_the_proxy_of_the_environment_is_used_and_its_password_is_not_shown(
    office: Office, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as proxy:
        proxy.daemon_threads = True
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        address = f"http://me:CANARYproxy@127.0.0.1:{proxy.server_address[1]}"
        for name in ("NO_PROXY", "no_proxy", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", address)
        assert only(office.deliver()).done
        assert {target for target, _ in Tunnel.asked} == {graph.host}
        word = base64.b64encode(b"me:CANARYproxy").decode()
        assert {by for _, by in Tunnel.asked} == {f"Proxy-Authorization: Basic {word}"}
        count = len(Tunnel.asked)
        monkeypatch.setenv("NO_PROXY", "localhost")
        assert only(office.deliver(altered(EDITION, digest="b" * 64))).done
        assert len(Tunnel.asked) == count  # the token came by itself, too
        monkeypatch.delenv("NO_PROXY")
        proxy.shutdown()
    monkeypatch.setenv("HTTPS_PROXY", address.rpartition(":")[0] + ":9")
    receipt = only(office.deliver(altered(EDITION, digest="c" * 64)))
    assert receipt.state is State.PLANNED
    assert "CANARY" not in repr(receipt)
    known = replace(graph.account, token=lambda: "T0KEN")
    with pytest.raises(GraphSilent, match="the proxy that the environment names"):
        GraphClient(known).ask("GET", "/users")


POINTS: dict[str, tuple[Any, ...]] = {
    "after the bytes are kept": (Ledger, "prepare"),
    "after the draft": (GraphClient, "ask", "POST", "/messages"),
    "after the ledger knows": (Ledger, "hand_over"),
    "after it was sent": (GraphClient, "ask", "POST", "/send"),
}


def run(office: Office, point: str | None) -> None:
    if point:
        owner, name, *which = POINTS[point]
        whole = getattr(owner, name)

        def dying(*args: Any, **named: Any) -> Any:
            done = whole(*args, **named)
            if not which or (args[1] == which[0] and args[2].endswith(which[1])):
                os.kill(os.getpid(), 9)
            return done

        setattr(owner, name, dying)
    office.deliver()


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_killed_and_run_again_one_mail_arrives(office: Office, graph: Graph, point: str) -> None:
    """Also where SMTP could not know: the draft tells."""
    for expected, where in ((-9, point), (0, None)):
        process = PROCESSES.Process(target=run, args=(office, where))
        process.start()
        process.join(60)
        assert process.exitcode == expected
    if point == "after the ledger knows":  # a draft still: it may be under way
        assert graph.sent == []
        office.clock.move(timedelta(minutes=2))
        assert only(office.deliver()).done
    assert len(graph.sent) == 1
    assert only(office.deliver()).already
    assert len(graph.messages) == 1


def test_operators_are_told_through_graph(graph: Graph) -> None:
    notice = Notice(NoticeKind.FAILED, "board", "2026-09", "run-1", ("It failed.",))
    assert by_mail(notice, graph.transport, ("ops@example.com",), NOON) == []
    assert b"It failed." in graph.sent[0].mime
    assert BOX.encode() in graph.sent[0].mime
