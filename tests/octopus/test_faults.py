"""Whatever a server does, the client ends in the right totals or in a clear error, and soon."""

import errno
import gzip
import io
import json
import os
import socket
import time
from dataclasses import replace
from typing import Any

import pytest

from insights_reports.errors import BadReply, OctopusError, PullError, Unreachable
from insights_reports.octopus import Client, Connection, Limits
from insights_reports.server.faults import FAULTS, Reply
from tests.octopus import faults
from tests.octopus.faults import GZIP, JSON, Behaviour, FaultServer, fault_server, raw, reply

KEY = "API-TESTTESTTEST"
FAST = Limits(
    connect=30,
    idle=30,
    deadline=30,
    patience=60,
    attempts=3,
    first_wait=0.01,
    longest_wait=0.2,
    reply_bytes=1 << 20,
    deployments_bytes=1 << 20,
)
HASTY = replace(FAST, deadline=0.5)  # only where the deadline is what ends it
DEPLOYMENT = {
    "Id": "Deployments-1",
    "ReleaseVersion": "1.0",
    "TaskState": "Success",
    "CompletedTime": "2026-08-18T14:28:15.9395818Z",
    "HadGuidedFailure": False,
    "LeadTime": "1:12:39.41517",
}
STREAMS: dict[str, Any] = {
    "ReportName": "High Volume Report",
    "Streams": [
        {
            "ProjectId": f"Projects-{stream}",
            "ChannelId": "Channels-1",
            "EnvironmentId": "Environments-1",
            "Deployments": [{**DEPLOYMENT, "Id": f"Deployments-{stream}-{n}"} for n in range(5)],
        }
        for stream in range(20)
    ],
}
IDS = [d["Id"] for stream in STREAMS["Streams"] for d in stream["Deployments"]]
BODY = json.dumps(STREAMS).encode()
PACKED = gzip.compress(BODY)
LENGTH = f"Content-Length: {len(BODY)}"


def client_of(server: FaultServer, limits: Limits = FAST) -> Client:
    connection = Connection.from_environment(server.url, environ={"OCTOPUS_API_KEY": KEY})
    return Client(connection, limits=limits)


def read(*behaviours: Behaviour) -> tuple[int, int]:
    """How many deployments the client read, and after how many requests."""
    with fault_server(*behaviours) as server, client_of(server) as client:
        table = client.deployments("InsightsReports-1").table
        return len(table), len(server.requests)


def chunked(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


def test_proper_replies_in_every_framing() -> None:
    assert read(reply(STREAMS)) == (100, 1)
    assert read(raw(chunked(BODY), JSON, "Transfer-Encoding: chunked")) == (100, 1)
    assert read(raw(PACKED, JSON, GZIP, f"Content-Length: {len(PACKED)}")) == (100, 1)
    assert read(raw(PACKED, JSON, GZIP)) == (100, 1)
    assert read(raw(chunked(PACKED), JSON, GZIP, "Transfer-Encoding: chunked")) == (100, 1)


# What breaks on the way and may not break again: one repetition brings the right totals.
PASSING: dict[str, Behaviour] = {
    "close before the reply": faults.close,
    "reset before the reply": faults.reset,
    "Content-Length too large": raw(BODY, JSON, f"Content-Length: {len(BODY) + 10}"),
    "Content-Length too small": raw(BODY, JSON, f"Content-Length: {len(BODY) - 10}"),
    "reset within the body": faults.reset_within(BODY),
    "chunks cut": raw(chunked(BODY)[:-20], JSON, "Transfer-Encoding: chunked"),
    "chunks without an end": raw(chunked(BODY)[:-5], JSON, "Transfer-Encoding: chunked"),
    "whole, but without a length": raw(BODY, JSON),
    "cut without a length": raw(BODY[:-40], JSON),
    "cut between streams, without a length": raw(BODY[: BODY.rindex(b", {")], JSON),
    "gzip cut without a length": raw(PACKED[:-30], JSON, GZIP),
    "gzip without its checksum": raw(PACKED[:-8], JSON, GZIP),
    "gzip with a wrong byte": raw(PACKED[:-6] + b"\0" + PACKED[-5:], JSON, GZIP),
    "gzip and then more": raw(PACKED + b"more", JSON, GZIP),
    "not what Content-Encoding says": raw(BODY, JSON, GZIP, LENGTH),
    "206": reply(STREAMS, status="206 Partial Content"),
    "502": reply({"ErrorMessage": "no"}, status="502 Bad Gateway"),
    "503 while starting": reply(body=b"", status="503 Service Unavailable"),
    "504": raw(b"<html>", "Content-Type: text/html", status="504 Gateway Time-out"),
    "429": reply({"ErrorMessage": "slow down"}, "Retry-After: 1", status="429 Too Many Requests"),
    "429 and 99999999": reply({}, "Retry-After: 99999999", status="429 Too Many"),
    "429 and the year 9999": reply(
        {}, "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", status="429 Too Many"
    ),
    "429 and -5": reply({}, "Retry-After: -5", status="429 Too Many"),
    "429 and soon": reply({}, "Retry-After: soon", status="429 Too Many"),
    "NaN": reply(body=BODY.replace(b'"1:12:39.41517"', b"NaN")),
    "Infinity": reply(body=BODY.replace(b'"1:12:39.41517"', b"-Infinity")),
    "1e999": reply(body=BODY.replace(b'"1:12:39.41517"', b"1e999")),
    "a number of 5,000 digits": reply(body=BODY.replace(b'"1:12:39.41517"', b"9" * 5000)),
    "invalid UTF-8": reply(body=BODY.replace(b"High", b"\xff\xff\xff\xff")),
    "a field twice": reply(body=BODY.replace(b'"ReportName"', b'"Streams":[],"ReportName"', 1)),
    "100,000 brackets": reply(body=b"[" * 100_000),
    "an empty body": reply(body=b""),
}


@pytest.mark.parametrize("fault", PASSING)
def test_what_breaks_once_is_asked_for_again(fault: str) -> None:
    assert read(PASSING[fault], reply(STREAMS)) == (100, 2)


@pytest.mark.parametrize("fault", PASSING)
def test_what_stays_broken_is_an_error(fault: str) -> None:
    with fault_server(PASSING[fault]) as server, client_of(server) as client:
        with pytest.raises((Unreachable, BadReply)) as caught:
            client.deployments("InsightsReports-1")
        assert len(server.requests) == FAST.attempts
    assert 2 <= len(str(caught.value).splitlines()) <= 3


OOPS = reply({"ErrorMessage": "Oh", "Errors": ["dear"]}, status="500 Oops")


def test_a_fault_of_the_server_is_asked_twice_more_and_then_said() -> None:
    assert read(OOPS, OOPS, reply(STREAMS)) == (100, 3)
    with fault_server(OOPS) as server, client_of(server) as client:
        with pytest.raises(Unreachable, match="Oh dear") as caught:
            client.deployments("InsightsReports-1")
        assert len(server.requests) == 3
    assert caught.value.status == 500


def test_cookies_of_the_server_are_not_sent_back() -> None:
    cookie = "Set-Cookie: OctopusIdentificationToken=abc; path=/"
    with fault_server(reply(STREAMS, cookie), reply(STREAMS)) as server, client_of(server) as asked:
        asked.deployments("InsightsReports-1")
        asked.deployments("InsightsReports-1")
    assert len(server.requests) == 2
    assert not any(b"cookie" in head.lower() for head in server.requests)


# What asking again cannot mend, and a word of the message.
STAYING: dict[str, tuple[Behaviour, type[OctopusError], str]] = {
    "login page": (
        raw(b"<html>", "Content-Type: text/html; charset=utf-8"),
        BadReply,
        "login page",
    ),
    "204": (raw(b"", status="204 No Content"), BadReply, "with nothing"),
    "gzip bomb": (raw(faults.bomb(50 << 20), JSON, GZIP), BadReply, "too long"),
    "long body": (raw(b" " * (2 << 20), JSON, f"Content-Length: {2 << 20}"), BadReply, "too long"),
    "gzip, gzip, gzip": (
        raw(PACKED, JSON, "Content-Encoding: gzip, gzip, gzip"),
        BadReply,
        "compressed",
    ),
    "slow body": (faults.drip(BODY, 0.05), Unreachable, "deadline"),
    "slow headers": (faults.drip_headers(0.05), Unreachable, "deadline"),
    "silence": (lambda connection: time.sleep(60), Unreachable, "deadline"),
    "two lengths": (raw(BODY, JSON, "Content-Length: 5", LENGTH), BadReply, "contradicts"),
    "redirect loop": (faults.redirect(302, "/api/again"), BadReply, "new address: /api/again"),
    "wrong types": (reply({"Streams": [{"ProjectId": 5}]}), BadReply, "form"),
    "no streams": (reply({"ReportName": "x"}), BadReply, "no streams"),
}


@pytest.mark.parametrize("fault", STAYING)
def test_what_cannot_be_mended_is_a_clear_error(fault: str) -> None:
    behaviour, kind, word = STAYING[fault]
    limits = HASTY if word == "deadline" else FAST
    start = time.monotonic()
    with fault_server(behaviour) as server, client_of(server, limits) as client:
        with pytest.raises(kind, match=word) as caught:
            client.deployments("InsightsReports-1")
        assert len(server.requests) == 1
    assert type(caught.value) is kind
    assert time.monotonic() - start < FAST.deadline
    assert 2 <= len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(
    "headers",
    [[f"X-Header-{n}: {n}" for n in range(3000)], [f"X-Header: {'x' * 100_000}"]],
    ids=["3,000 headers", "a header of 100 kB"],
)
def test_headers_beyond_reason_are_an_error(headers: list[str]) -> None:
    with pytest.raises(Unreachable):
        read(reply(STREAMS, *headers))


def injected(name: str) -> Behaviour:
    """A fault of the embedded server's ``--fault``, on the reply that is right here."""
    good = Reply("200 OK", (("Content-Type", "application/json"),), BODY)

    def behave(connection: socket.socket) -> None:
        for step in FAULTS[name](good):
            if isinstance(step, float):
                time.sleep(step)
            elif isinstance(step, str):
                faults.reset(connection)
            else:
                connection.sendall(step)

    return behave


HARMLESS = {"lone-surrogate", "long-integer"}  # in a field that nobody reads


@pytest.mark.parametrize("stays", [True, False], ids=["stays", "passes"])
@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_that_the_server_can_inject_ends_well(name: str, stays: bool) -> None:
    """In the right totals or in a clear error, before long; those that the server says may pass are
    asked for again."""
    behaviours = [injected(name)] if stays else [injected(name), reply(STREAMS)]
    limits = HASTY if name.startswith("slow-") else FAST
    start = time.monotonic()
    with fault_server(*behaviours) as server, client_of(server, limits) as client:
        try:
            table = client.deployments("InsightsReports-1").table
        except OctopusError as error:
            assert name not in HARMLESS
            assert 2 <= len(str(error).splitlines()) <= 3
            assert stays or not error.retryable
        else:
            assert table["deployment_id"].to_list() == IDS
            assert name in HARMLESS or not stays
    assert time.monotonic() - start < FAST.deadline


def test_numbers_are_exact_or_an_error() -> None:
    for text, good in (("1" * 30, True), ("1" * 5000, False), ("1e999", False), ("NaN", False)):
        behaviour = reply(body=b'{"Id":"Users-1","Number":' + text.encode() + b"}")
        with fault_server(behaviour) as server, client_of(server) as client:
            if good:
                assert client.me().raw["Number"] == int("1" * 30)
            else:
                with pytest.raises(BadReply):
                    client.me()


def test_a_retry_starts_the_copy_anew() -> None:
    copy = io.BytesIO(b"")
    with (
        fault_server(faults.reset_within(BODY), reply(STREAMS)) as server,
        client_of(server) as client,
    ):
        client.deployments("InsightsReports-1", save_to=copy)
    assert copy.getvalue() == BODY


class FullDisk(io.BytesIO):
    def write(self, data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_no_fault_of_the_network() -> None:
    """It is said at once: asking Octopus again, or looking at the network, would not mend it."""
    with fault_server(reply(STREAMS)) as server, client_of(server) as client:
        with pytest.raises(PullError, match="No space left") as caught:
            client.deployments("InsightsReports-1", save_to=FullDisk())
        assert len(server.requests) == 1
    assert "free space" in caught.value.remedy


def test_the_copy_is_decompressed() -> None:
    copy = io.BytesIO(b"")
    with fault_server(raw(PACKED, JSON, GZIP)) as server, client_of(server) as client:
        client.deployments("InsightsReports-1", save_to=copy)
    assert copy.getvalue() == BODY


def test_retry_after_is_kept_up_to_the_longest_wait() -> None:
    busy = reply({}, "Retry-After: 1", status="429 Too Many Requests")
    patient = Limits(attempts=3, first_wait=0.01, longest_wait=60)
    start = time.monotonic()
    with (
        fault_server(busy, reply({"Id": "Users-1"})) as server,
        client_of(server, patient) as client,
    ):
        client.me()
    assert 1 <= time.monotonic() - start < 30


def test_a_change_is_not_sent_twice_when_its_reply_is_lost() -> None:
    with fault_server(faults.reset) as server, client_of(server) as client:
        with pytest.raises(Unreachable):
            client.reports.create({"Name": "New"})
        assert len(server.requests) == 1


def test_a_change_that_was_not_looked_at_is_sent_again() -> None:
    busy = reply({}, status="429 Too Many Requests")
    made = reply({"Id": "InsightsReports-9", "Name": "New"}, status="201 Created")
    with fault_server(busy, made) as server, client_of(server) as client:
        assert client.reports.create({"Name": "New"}).Id == "InsightsReports-9"
        assert len(server.requests) == 2


def test_nobody_listens() -> None:
    with fault_server(faults.close) as server:
        client = client_of(server)
    with client, pytest.raises(Unreachable, match="could not be made"):
        client.me()
