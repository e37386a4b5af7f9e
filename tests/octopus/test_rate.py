"""The client is polite by itself, and does what the limiter's headers ask for."""

import time
from email.utils import formatdate

import pytest

from insights_reports.octopus.rate import TokenBucket, retry_after


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
