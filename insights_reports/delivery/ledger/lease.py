"""Leases on claims: short, and renewed as long as the process is at work.

Where the death of a holder can be proved, nobody waits for them. Elsewhere (another machine,
another container's folder, a restart) the end of the lease is all that is known.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from insights_reports.errors import DeliveryError

LEASE = timedelta(seconds=90)
_RENEW = 30.0  # seconds

Renew = Callable[[datetime], None]


class Leases:
    """Renews the leases of this process in the background while it holds any.

    ``renew`` writes the new end of all of them. The clock of the claim is carried on by the
    monotonic one, so that a step of the system's clock neither ends nor prolongs them.
    """

    def __init__(self, renew: Renew, every: float = _RENEW) -> None:
        self._renew = renew
        self._every = every
        self._held = 0
        self._lock = threading.Lock()
        self._stop: threading.Event | None = None
        self._base = (datetime.min, 0.0)  # noqa: DTZ901 - set with the first lease

    def take(self, now: datetime) -> datetime:
        """The end of a lease that begins now; it is renewed until `give_back`."""
        with self._lock:
            self._base = (now, time.monotonic())
            self._held += 1
            if self._stop is None:
                self._stop = threading.Event()
                threading.Thread(
                    target=self._work, args=(self._stop,), name="leases", daemon=True
                ).start()
        return now + LEASE

    def give_back(self) -> None:
        with self._lock:
            self._held -= 1
            if self._held == 0:
                self._end()

    def close(self) -> None:
        with self._lock:
            self._held = 0
            self._end()

    def _end(self) -> None:
        if self._stop is not None:
            self._stop.set()
            self._stop = None

    def _work(self, stop: threading.Event) -> None:
        while not stop.wait(self._every):
            now, then = self._base
            # What cannot be renewed runs out, and then each next step of the claim fails.
            with contextlib.suppress(DeliveryError):
                self._renew(now + timedelta(seconds=time.monotonic() - then) + LEASE)
