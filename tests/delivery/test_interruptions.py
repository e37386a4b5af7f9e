"""Ctrl-C and SIGTERM: at once, but never between the final dot and the ledger's word on it."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from insights_reports.delivery import Ledger, MailTransport, State
from insights_reports.delivery.interruptions import stoppable
from tests.delivery.mail_servers import SILENCE, WAIT, mail_server
from tests.delivery.material import Office
from tests.delivery.processes import PROCESSES

STOPS = [signal.SIGTERM, signal.SIGINT]


def run(root: Path, transport: MailTransport, started: "multiprocessing.synchronize.Event") -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with stoppable():
        started.set()
        try:
            Office(root, transport, recipients=("one@example.com", "two@example.com")).deliver()
        except KeyboardInterrupt:
            os._exit(130)
    os._exit(0)


def stopped(
    root: Path, transport: MailTransport, when: object, stop: int
) -> tuple[int | None, float]:
    """The exit status of a run that is told to stop, and after how many seconds it did."""
    started = PROCESSES.Event()
    process = PROCESSES.Process(target=run, args=(root, transport, started))
    process.start()
    assert started.wait(30)
    while not when():  # type: ignore[operator]
        time.sleep(0.01)
    begun = time.monotonic()
    assert process.pid is not None
    os.kill(process.pid, stop)
    process.join(30)
    return process.exitcode, time.monotonic() - begun


def states(root: Path) -> list[State]:
    with Ledger(root / "state" / "ledger.sqlite") as ledger:
        return [receipt.state for receipt in ledger.deliveries()]


@pytest.mark.parametrize("stop", STOPS)
def test_an_answer_that_is_under_way_is_waited_for_and_entered(tmp_path: Path, stop: int) -> None:
    with mail_server() as postbox:
        postbox.faults = {"dot": [WAIT]}
        exit_status, seconds = stopped(
            tmp_path, postbox.transport(), lambda: postbox.received, stop
        )
    assert exit_status == 130
    assert seconds < 5
    assert states(tmp_path) == [State.SENT, State.PLANNED]
    assert len(postbox.received) == 1


@pytest.mark.parametrize("stop", STOPS)
def test_an_answer_that_does_not_come_is_given_up_and_is_in_doubt(
    tmp_path: Path, stop: int
) -> None:
    with mail_server() as postbox:
        postbox.faults = {"dot": [SILENCE]}
        exit_status, seconds = stopped(
            tmp_path, postbox.transport(), lambda: postbox.received, stop
        )
    assert exit_status == 130
    assert seconds < 5
    assert states(tmp_path) == [State.UNKNOWN, State.PLANNED]


@pytest.mark.parametrize("stop", STOPS)
def test_a_server_that_does_not_greet_is_left_at_once_and_all_is_owed(
    tmp_path: Path, stop: int
) -> None:
    with mail_server() as postbox:
        postbox.faults = {"connect": [SILENCE]}
        exit_status, seconds = stopped(
            tmp_path, postbox.transport(), lambda: not postbox.faults["connect"], stop
        )
    assert exit_status == 130
    assert seconds < 2
    assert states(tmp_path) == [State.PLANNED, State.PLANNED]
    with Ledger(tmp_path / "state" / "ledger.sqlite") as ledger:
        assert ledger.deliveries()[0].detail == "The run was stopped before it was sent."
