"""One polite rate: never so fast that Octopus's limiter has to say no, and patient when it does.

Octopus lets a user make 200 requests a minute, in bursts of 200:
https://octopus.com/docs/administration/managing-infrastructure/rate-limiting
"""

import re
import threading
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_LEFT = re.compile(r"(?:^|[;,\s])\s*(?:r|remaining)=(\d{1,9})\b", re.IGNORECASE)


class TokenBucket:
    """Lets ``burst`` requests through at once and ``per_minute`` in the long run.

    A run that needs fewer requests than ``burst`` is not slowed at all.
    """

    def __init__(self, per_minute: float, burst: int) -> None:
        self._per_second = per_minute / 60
        self._burst = float(burst)
        self._tokens = float(burst)
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Wait until the next request may be made."""
        with self._lock:
            self._refill()
            self._tokens -= 1
            wait = max(0.0, -self._tokens / self._per_second)
        time.sleep(wait)

    def heed(self, headers: Mapping[str, str]) -> None:
        """Have no more than what ``Octopus-RateLimit`` says is left (``r=``)."""
        left = _LEFT.search(headers.get("Octopus-RateLimit", ""))
        if left is not None:
            with self._lock:
                self._refill()
                self._tokens = min(self._tokens, float(left[1]))

    def _refill(self) -> None:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
        self._at = now


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds that ``Retry-After`` asks for, as a number or a date; ``now`` in Unix time.

    None when it is missing, negative or nonsense: it is a hint, not worth a failed run.
    """
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        return float(text)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return seconds if seconds >= 0 else None
