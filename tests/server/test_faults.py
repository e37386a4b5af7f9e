"""Each fault strikes as its name says, over a real socket; everything else passes unharmed."""

import gzip
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from insights_reports.errors import NotAvailable, UsageError
from insights_reports.octopus import Client, Connection
from insights_reports.server import RunningServer, create_database, running_server
from insights_reports.server.faults import FAULTS, Reply
from insights_reports.server.injection import Injection
from tests.server.hand import AS_OF

ROOT = Path(__file__).resolve().parents[2]
GOOD = Reply(
    "200 OK",
    (("Content-Type", "application/json"),),
    b'{"ReportName":"R","Streams":[{"ProjectId":"A","Deployments":[{"Id":"1"},{"Id":"2"},{"Id":"3"},'
    b'{"Id":"4"}]}]}',
)


def _wire(name: str) -> tuple[bytes, bytes]:
    """Head and body that a fault sends for the good reply, pauses left out."""
    sent = b"".join(step for step in FAULTS[name](GOOD) if isinstance(step, bytes))
    head, _, body = sent.partition(b"\r\n\r\n")
    return head, body


def _length(head: bytes) -> int:
    return int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("close", lambda head, body: head == body == b""),
        ("length-too-large", lambda head, body: _length(head) > len(body) == len(GOOD.body)),
        ("length-too-small", lambda head, body: _length(head) < len(body)),
        ("two-lengths", lambda head, body: head.lower().count(b"content-length") == 2),
        ("cut-chunked", lambda head, body: b"chunked" in head and not body.endswith(b"0\r\n\r\n")),
        (
            "cut-at-element",
            lambda head, body: (
                b"Content-Length" not in head
                and len(json.loads(body)["Streams"][0]["Deployments"]) < 4
            ),
        ),
        ("login-page", lambda head, body: b"text/html" in head and b"Sign in" in body),
        ("server-error", lambda head, body: b" 500 " in head and b"ErrorMessage" in body),
        ("partial-content", lambda head, body: b" 206 " in head and GOOD.body.startswith(body)),
        ("no-content", lambda head, body: b" 204 " in head and body == b""),
        ("nan", lambda head, body: b":NaN" in body),
        ("infinity", lambda head, body: b":Infinity" in body),
        ("huge-number", lambda head, body: b"1e999" in body),
        ("long-integer", lambda head, body: json.loads(body)["Fault"] == 10**30 - 1),
        ("endless-integer", lambda head, body: body.count(b"9") >= 5000),
        ("lone-surrogate", lambda head, body: json.loads(body)["Fault"] == "\ud800"),
        ("invalid-utf8", lambda head, body: b"\xff\xfe" in body),
        ("duplicate-keys", lambda head, body: body.count(b'"ReportName"') == 2),
        ("deep-nesting", lambda head, body: body == b"[" * 100_000),
        ("triple-gzip", lambda head, body: _unzip(_unzip(_unzip(body))) == GOOD.body),
        ("gzip-bomb", lambda head, body: len(body) < 300_000 and len(_unzip(body)) > 200_000_000),
        (
            "cut-gzip",
            lambda head, body: (
                b"gzip" in head and body == gzip.compress(GOOD.body, mtime=0)[: len(body)]
            ),
        ),
        ("many-headers", lambda head, body: head.count(b"\r\n") > 3000 and body == GOOD.body),
        ("long-header", lambda head, body: len(head) > 100_000 and body == GOOD.body),
        ("redirect-loop", lambda head, body: b" 302 " in head),
        ("redirect-away", lambda head, body: b"octopus.invalid" in head),
        ("retry-after-1", lambda head, body: b" 429 " in head and b"Retry-After: 1\r" in head),
        ("retry-after-years", lambda head, body: b"Retry-After: 99999999" in head),
        ("retry-after-negative", lambda head, body: b"Retry-After: -5" in head),
        ("retry-after-soon", lambda head, body: b"Retry-After: soon" in head),
        ("slow-body", lambda head, body: body == GOOD.body),
        ("slow-head", lambda head, body: body == GOOD.body),
    ],
)
def test_what_goes_over_the_wire(name: str, holds: Callable[[bytes, bytes], bool]) -> None:
    assert holds(*_wire(name))


def _unzip(body: bytes) -> bytes:
    return gzip.decompress(body)


@pytest.mark.parametrize("name", ["slow-body", "slow-head"])
def test_slow_faults_pause_after_every_byte(name: str) -> None:
    pauses = [step for step in FAULTS[name](GOOD) if isinstance(step, float)]
    assert sum(pauses) > 10


@pytest.mark.parametrize("text", ["", "nonsense", "reset:", "reset:x", "reset:-1"])
def test_an_unknown_fault(text: str) -> None:
    with pytest.raises(UsageError, match="There is no such fault"):
        Injection.parse(text)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("faults") / "insights.sqlite"
    create_database(path, as_of=AS_OF)
    return path


@pytest.fixture(scope="module")
def counted(data: Path) -> Iterator[RunningServer]:
    """Resets the first two Insights requests, then behaves."""
    with running_server(as_of=AS_OF, data=data, fault="reset:2") as server:
        yield server


def _raw(server: RunningServer, path: str) -> bytes:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        request = (
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Octopus-ApiKey: {server.api_key}\r\n\r\n"
        )
        connection.sendall(request.encode())
        pieces = []
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
        return b"".join(pieces)


def test_a_counted_fault_strikes_insights_only_and_then_stops(counted: RunningServer) -> None:
    path = "/api/Spaces-1/insights/reports"
    assert b"200 OK" in _raw(counted, "/api/Spaces-1/projects")
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            _raw(counted, path)
    whole = _raw(counted, path)
    head, _, body = whole.partition(b"\r\n\r\n")
    assert _length(head) == len(body)
    assert json.loads(body)["TotalResults"] == 3


def test_a_reset_in_the_middle_and_a_slow_head(data: Path) -> None:
    with running_server(as_of=AS_OF, data=data, fault="reset-mid-body") as server:
        with pytest.raises(ConnectionResetError):
            _raw(server, "/api/Spaces-1/insights/reports/InsightsReports-1/deployments")
        begun = time.monotonic()
        assert b"200 OK" in _raw(server, "/api/Spaces-1/tenants/all")
        assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("fault", "status", "of_reports", "of_a_project"),
    [
        ("not-licensed", b"402", False, True),
        ("not-licensed-400", b"400", False, True),
        ("no-insights", b"404", False, False),
    ],
)
def test_a_server_without_insights_leaves_the_other_sources(
    data: Path, fault: str, status: bytes, of_reports: bool, of_a_project: bool
) -> None:
    with running_server(as_of=AS_OF, data=data, fault=fault) as server:
        for path, answers in {
            "/api/Spaces-1/insights/reports": of_reports,
            "/api/Spaces-1/insights/reports/InsightsReports-1/deployments": of_reports,
            "/api/Spaces-1/projects/Projects-3/insights/deployments": of_a_project,
            "/api/Spaces-1/deployments": True,
        }.items():
            first = _raw(server, path).partition(b"\r\n")[0]
            assert (b"200 OK" if answers else status) in first
        connection = Connection.from_environment(
            url=server.url, environ={"OCTOPUS_API_KEY": server.api_key}
        )
        if fault != "not-licensed-400":
            with Client(connection) as client, pytest.raises(NotAvailable):
                list(client.reports.list())


@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("not-licensed")])
def test_a_server_without_the_licence_has_no_such_feature(name: str) -> None:
    asked = "/api/licenses/licenses-current-features"
    injection = Injection.parse(name)
    assert injection.strikes(asked)
    assert not injection.strikes("/api/Spaces-1/projects/Projects-1/insights/deployments")
    reply = Reply("200 OK", (), b'{"EnabledFeatures":["Insights"]}', asked)
    sent = b"".join(step for step in injection.fault(reply) if isinstance(step, bytes))
    assert json.loads(sent.partition(b"\r\n\r\n")[2]) == {"EnabledFeatures": ["Spaces"]}


def test_no_licence_may_be_an_empty_list() -> None:
    injection = Injection.parse("not-licensed-empty")
    listed, one = (
        "/api/Spaces-1/insights/reports",
        "/api/Spaces-1/insights/reports/InsightsReports-1",
    )
    for path, status, total in ((listed, b"200 OK", 0), (one, b"404 Not Found", None)):
        steps = injection.fault(Reply("200 OK", (), b'{"Items":[{}],"TotalResults":1}', path))
        head, _, body = b"".join(s for s in steps if isinstance(s, bytes)).partition(b"\r\n\r\n")
        assert status in head
        assert json.loads(body).get("TotalResults") == total


def test_the_documentation_names_every_fault() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    section = text.split("## The faults of")[1].split("\n## ")[0]
    assert set(re.findall(r"`([a-z0-9-]+)`", section)) >= FAULTS.keys()
