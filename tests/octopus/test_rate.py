"""The client is polite by itself, and does what the limiter's headers ask for."""

import time
from email.utils import formatdate

import pytest

from insights_reports.errors import Unreachable
from insights_reports.octopus import Client, Connection, Limits
from insights_reports.octopus.wire import rate
from insights_reports.octopus.wire.rate import TokenBucket, retry_after
from tests.octopus.faults import fault_server, reply


class Clock:
    """Time that passes only while somebody sleeps, however busy the machine is."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rate, "time", clock)
    return clock


def seconds_for(bucket: TokenBucket, requests: int, clock: Clock) -> float:
    start = clock.now
    for _ in range(requests):
        bucket.take()
    return clock.now - start


def test_a_small_run_is_not_slowed_and_a_large_one_keeps_the_rate(clock: Clock) -> None:
    bucket = TokenBucket(per_minute=1200, burst=100)  # 20 a second
    assert seconds_for(bucket, 100, clock) == 0
    assert seconds_for(bucket, 10, clock) == pytest.approx(0.5)
    clock.now += 60  # the bucket is full again, and holds no more than its burst
    assert seconds_for(bucket, 110, clock) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "header",
    ['"default";r=0;t=30', "default; r=0; t=30", "limit=200, remaining=0, reset=30"],
)
def test_what_is_left_is_heeded(header: str, clock: Clock) -> None:
    bucket = TokenBucket(per_minute=600, burst=100)
    bucket.heed({"Octopus-RateLimit": header})
    assert seconds_for(bucket, 3, clock) == pytest.approx(0.3)


@pytest.mark.parametrize("header", ["", "nonsense", '"default";r=x', '"default";r=5000'])
def test_headers_that_say_nothing_slow_nothing(header: str, clock: Clock) -> None:
    bucket = TokenBucket(per_minute=60, burst=100)
    bucket.heed({"Octopus-RateLimit": header})
    assert seconds_for(bucket, 100, clock) == 0
    assert seconds_for(bucket, 1, clock) == pytest.approx(1)


def test_retry_after() -> None:
    now = 1_790_000_000.0
    assert retry_after({"Retry-After": "7"}, now) == 7
    assert retry_after({"Retry-After": formatdate(now + 60, usegmt=True)}, now) == 60
    for nothing in ("", "-5", "soon", "1.5", "1e9", formatdate(now - 60, usegmt=True), "Fri, 99"):
        assert retry_after({"Retry-After": nothing}, now) is None
    assert retry_after({}, now) is None


def test_the_default_rate_never_meets_octopus_limiter(clock: Clock) -> None:
    """Octopus's limiter is a bucket of 200 that fills by 200 a minute; a thousand requests as fast
    as the client makes them leave it half full, and come at 150 a minute in the long run."""
    limits = Limits()
    bucket = TokenBucket(limits.requests_per_minute, limits.burst)
    theirs = 200.0
    for _ in range(1000):
        theirs = min(200.0, theirs + seconds_for(bucket, 1, clock) * 200 / 60) - 1
        assert theirs >= 99
    assert (1000 - limits.burst) / clock.now * 60 == pytest.approx(150)


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
    limits = Limits(attempts=1000, first_wait=0.5, longest_wait=0.5, patience=2)
    busy = reply({}, status="503 Service Unavailable")
    with fault_server(busy) as server:
        connection = Connection.from_environment(
            server.url, environ={"OCTOPUS_API_KEY": "API-TEST"}
        )
        start = time.monotonic()
        with Client(connection, limits=limits) as client, pytest.raises(Unreachable):
            client.me()
        assert 2 <= len(server.requests) <= 10
    assert time.monotonic() - start < 30
