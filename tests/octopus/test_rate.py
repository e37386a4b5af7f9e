"""The client is polite by itself, and does what the limiter's headers ask for."""

import time
from email.utils import formatdate

import pytest

from insights_reports.errors import Unreachable
from insights_reports.octopus import Client, Connection, Limits, rate
from insights_reports.octopus.rate import TokenBucket, retry_after
from tests.octopus.faults import fault_server, reply


def seconds_for(bucket: TokenBucket, requests: int) -> float:
    start = time.monotonic()
    for _ in range(requests):
        bucket.take()
    return time.monotonic() - start


def test_a_small_run_is_not_slowed_and_a_large_one_keeps_the_rate() -> None:
    bucket = TokenBucket(per_minute=1200, burst=100)  # 20 a second
    assert seconds_for(bucket, 100) < 0.1
    assert 0.4 < seconds_for(bucket, 10) < 0.8


@pytest.mark.parametrize(
    "header",
    ['"default";r=0;t=30', "default; r=0; t=30", "limit=200, remaining=0, reset=30"],
)
def test_what_is_left_is_heeded(header: str) -> None:
    bucket = TokenBucket(per_minute=600, burst=100)
    bucket.heed({"Octopus-RateLimit": header})
    assert 0.15 < seconds_for(bucket, 3) < 0.6


@pytest.mark.parametrize("header", ["", "nonsense", '"default";r=x', '"default";r=5000'])
def test_headers_that_say_nothing_slow_nothing(header: str) -> None:
    bucket = TokenBucket(per_minute=60, burst=100)
    bucket.heed({"Octopus-RateLimit": header})
    assert seconds_for(bucket, 50) < 0.1


def test_retry_after() -> None:
    now = 1_790_000_000.0
    assert retry_after({"Retry-After": "7"}, now) == 7
    assert retry_after({"Retry-After": formatdate(now + 60, usegmt=True)}, now) == 60
    for nothing in ("", "-5", "soon", "1.5", "1e9", formatdate(now - 60, usegmt=True), "Fri, 99"):
        assert retry_after({"Retry-After": nothing}, now) is None
    assert retry_after({}, now) is None


def test_the_default_rate_never_meets_octopus_limiter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Octopus's limiter is a bucket of 200 that fills by 200 a minute; a thousand requests as fast
    as the client makes them leave it half full, and come at 150 a minute in the long run."""
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(rate.time, "monotonic", lambda: now)
    monkeypatch.setattr(rate.time, "sleep", sleep)
    limits = Limits()
    bucket = TokenBucket(limits.requests_per_minute, limits.burst)
    theirs, before = 200.0, now
    for _ in range(1000):
        bucket.take()
        theirs = min(200.0, theirs + (now - before) * 200 / 60) - 1
        before = now
        assert theirs >= 99
    assert (1000 - limits.burst) / now * 60 == pytest.approx(150)


def seconds_of(requests: int, limits: Limits, *headers: str) -> float:
    """How long a client takes for so many requests to a server that answers with these headers."""
    with fault_server(reply({"Id": "Users-1"}, *headers)) as server:
        connection = Connection.from_environment(
            server.url, environ={"OCTOPUS_API_KEY": "API-TEST"}
        )
        with Client(connection, limits=limits) as client:
            start = time.monotonic()
            for _ in range(requests):
                client.me()
            return time.monotonic() - start


def test_the_client_keeps_its_rate_and_heeds_the_limiters_header() -> None:
    assert seconds_of(5, Limits(requests_per_minute=600, burst=1)) >= 0.35
    brisk = Limits(requests_per_minute=600, burst=100)
    assert seconds_of(5, brisk, 'Octopus-RateLimit: "default";r=0;t=30') >= 0.35


def test_all_attempts_together_have_one_limit() -> None:
    limits = Limits(attempts=1000, first_wait=0.1, longest_wait=0.1, patience=0.5)
    busy = reply({}, status="503 Service Unavailable")
    with fault_server(busy) as server:
        connection = Connection.from_environment(
            server.url, environ={"OCTOPUS_API_KEY": "API-TEST"}
        )
        start = time.monotonic()
        with Client(connection, limits=limits) as client, pytest.raises(Unreachable):
            client.me()
        assert 2 <= len(server.requests) <= 6
    assert time.monotonic() - start < 2
