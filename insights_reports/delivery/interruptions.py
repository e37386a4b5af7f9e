"""Stopping without tearing: a signal waits while a message's fate is being decided.

Ctrl-C and SIGTERM stop a run at once, but never between the last byte of a message and the ledger's
word on it: a mail that arrived would be sent again. Who would have to wait long for an answer is
told to make an end.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

GRACE = 3.0  # seconds that a server still has to answer after somebody said stop
LAST = 4.0  # seconds after which the process ends in any case
_STOPS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stoppable(last_words: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Let SIGTERM do in the block what Ctrl-C does: raise KeyboardInterrupt. When the block has not
    ended `LAST` seconds later (threads that render are waited for), ``last_words`` is called in a
    thread of its own, and the process ends with 130. In the main thread only; elsewhere the block
    runs as it is."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end() -> None:
        try:
            last_words()
        finally:
            os._exit(130)

    timer = threading.Timer(LAST, end)
    timer.daemon = True

    def stop(number: int, frame: FrameType | None) -> None:
        if not timer.is_alive():
            timer.start()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in _STOPS}
    try:
        yield
    finally:
        timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed(hurry: Callable[[], None]) -> Iterator[None]:
    """Put SIGINT and SIGTERM off until the block has ended, whoever handles them. ``hurry`` is
    called, in a thread of its own, when the block then has not ended after `GRACE`; it should make
    it end. In the main thread only: no other is interrupted by signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    timer = threading.Timer(GRACE, hurry)
    timer.daemon = True

    def put_off(number: int, frame: FrameType | None) -> None:
        if not waiting:
            timer.start()
        waiting.append(number)

    before = {number: signal.signal(number, put_off) for number in _STOPS}
    try:
        yield
    finally:
        timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
        if waiting:
            os.kill(os.getpid(), waiting[0])
