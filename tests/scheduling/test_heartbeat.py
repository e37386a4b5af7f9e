"""Heartbeats, taken by a real server."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from insights_reports.errors import DeliveryError
from insights_reports.scheduling.heartbeat import beat

TAKEN: list[tuple[str, str]] = []


class Monitor(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        TAKEN.append((self.path, body.decode()))
        self.send_response(500 if "broken" in self.path else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def monitor() -> Iterator[str]:
    TAKEN.clear()
    with HTTPServer(("127.0.0.1", 0), Monitor) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_all_is_well_or_what_is_not(monitor: str) -> None:
    asyncio.run(beat(f"{monitor}/uuid", ""))
    asyncio.run(beat(f"{monitor}/uuid", "monthly 2026-10: owed: not made yet"))
    assert TAKEN == [("/uuid", ""), ("/uuid/fail", "monthly 2026-10: owed: not made yet")]


def test_a_monitor_that_does_not_take_it_is_said_without_its_address(monitor: str) -> None:
    with pytest.raises(DeliveryError) as failure:
        asyncio.run(beat(f"{monitor}/broken-secret", ""))
    assert failure.value.which == "heartbeat: HTTP 500"
    with pytest.raises(DeliveryError) as failure:
        asyncio.run(beat("http://127.0.0.1:1/secret", ""))
    assert failure.value.which == "heartbeat: ConnectError"
