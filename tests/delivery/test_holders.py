"""Who holds a claim, and the proof that he is dead: across processes, forks and containers."""

import os
import random
import shutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from insights_reports.delivery import Key, Ledger, State, failure, said
from insights_reports.delivery.ledger.holders import Holders
from insights_reports.delivery.ledger.lease import LEASE
from tests.delivery.mail_servers import mail_server
from tests.delivery.material import EDITION, NOON
from tests.delivery.processes import PROCESSES

KEY = Key("board", "2026-09", 1, "mail", "cto@example.com")


def name_of(folder: Path) -> str:
    return Holders(folder).name


def verdict(folder: Path, name: str) -> tuple[bool, bool]:
    holders = Holders(folder)
    return holders.is_dead(name), holders.is_alive(name)


def elsewhere(function: object, *args: object) -> object:
    with ProcessPoolExecutor(1, mp_context=PROCESSES) as pool:
        return pool.submit(function, *args).result(60)  # type: ignore[arg-type]


def test_this_process_lives_for_itself_and_for_others(tmp_path: Path) -> None:
    holders = Holders(tmp_path)
    assert holders.name == Holders(tmp_path).name
    assert verdict(tmp_path, holders.name) == (False, True)
    assert elsewhere(verdict, tmp_path, holders.name) == (False, True)


def test_a_process_that_ended_is_dead_and_its_proof_is_swept(tmp_path: Path) -> None:
    gone = str(elsewhere(name_of, tmp_path))
    assert verdict(tmp_path, gone) == (True, False)
    mine = name_of(tmp_path)
    Holders(tmp_path).sweep({gone})
    assert {path.name for path in tmp_path.iterdir()} == {gone, mine}
    Holders(tmp_path).sweep(())
    assert {path.name for path in tmp_path.iterdir()} == {mine}
    assert verdict(tmp_path, gone) == (False, False)  # nothing proves it any more


@pytest.mark.parametrize(
    "name", ["0123456789abcdef-" + "0" * 32, "04115b94-22537", "nonsense", "", "../../etc/passwd"]
)
def test_of_other_machines_and_of_earlier_versions_nothing_is_known(
    tmp_path: Path, name: str
) -> None:
    assert verdict(tmp_path, name) == (False, False)


def test_a_forked_child_does_not_keep_its_parent_alive(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path;"
        "from insights_reports.delivery.ledger.holders import Holders;"
        "holders = Holders(Path(sys.argv[1])); print(holders.name, flush=True);"
        "child = os.fork();"
        "print('forked', flush=True) if child == 0 else os.waitpid(child, os.WNOHANG);"
        "time.sleep(5 if child == 0 else 60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    name = parent.stdout.readline().strip()
    assert parent.stdout.readline() == "forked\n"
    parent.kill()
    parent.wait(20)
    assert verdict(tmp_path, name) == (True, False)


def claimed_by(ledger: Ledger, holder: str) -> None:
    """Enter a delivery that ``holder`` has claimed."""
    ledger.next_revision(
        "board", "2026-09", EDITION.about.digest, status="final", now=NOON, run_id="run-1"
    )
    ledger.plan(EDITION, [KEY], NOON)
    assert ledger.claim(KEY, NOON)
    with ledger._database.transaction() as write:
        write.execute("UPDATE deliveries SET holder = :holder", {"holder": holder})


def test_a_claim_of_another_machine_is_owed_until_its_lease_ends(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        claimed_by(ledger, "0123456789abcdef-" + "0" * 32)
        assert ledger.claim(KEY, NOON + LEASE - timedelta(seconds=1)) is None
        receipt = ledger.receipt(KEY)
        assert receipt.held_until == NOON + LEASE
        error = failure([receipt])
        assert error is not None
        assert error.exit_status == 5
        assert "holds it since 12:00:00 UTC; try again at 12:01:30 UTC" in str(error)
        assert ledger.claim(KEY, NOON + LEASE) is not None


def test_a_claim_of_a_living_process_here_is_its_own_affair(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        claimed_by(ledger, ledger.holders.name)
        receipt = ledger.receipt(KEY)
    assert (receipt.in_hand, receipt.held_until) == (True, None)
    assert said(receipt) == "sending: another run holds it since 12:00:00 UTC, and goes on"
    assert failure([receipt]) is None


CLAIM_AND_DIE = """
import os, sys
from pathlib import Path
from insights_reports.delivery import Ledger
from tests.delivery.test_holders import KEY, NOON
ledger = Ledger(Path(sys.argv[1]))
assert ledger.claim(KEY, NOON)
print(os.getpid(), flush=True)
os.kill(os.getpid(), 9) if sys.argv[2] == "die" else input()
"""


def in_a_container(*arguments: str, code: str = CLAIM_AND_DIE) -> "subprocess.Popen[str]":
    """Python in process-id and host-name namespaces of its own."""
    command = ["unshare", "--pid", "--uts", "--fork", "--kill-child", sys.executable]
    return subprocess.Popen(
        [*command, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.skipif(
    os.getuid() != 0 or not shutil.which("unshare"), reason="namespaces need root and unshare"
)
def test_a_container_sees_what_another_ones_processes_do(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.next_revision(
            "board", "2026-09", EDITION.about.digest, status="final", now=NOON, run_id="run-1"
        )
        ledger.plan(EDITION, [KEY], NOON)
        living = in_a_container(str(path), "live")
        assert living.stdout is not None
        assert living.stdout.readline() == "1\n"  # the number recurs in each container
        assert ledger.receipt(KEY).in_hand
        assert ledger.claim(KEY, NOON) is None
        living.communicate("\n", timeout=30)
        claim = ledger.claim(KEY, NOON)
        assert claim is not None
        ledger.settle(claim, State.PLANNED, NOON)
        dying = in_a_container(str(path), "die")
        dying.communicate(timeout=30)
        assert ledger.receipt(KEY).state is State.SENDING
        assert ledger.claim(KEY, NOON) is not None


DELIVER = """
import sys
from pathlib import Path
from insights_reports.delivery import MailTransport
from tests.delivery.material import Office
root, port, period = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
transport = MailTransport("127.0.0.1", port, "reports@example.com", security="none")
to = tuple(f"reader{n}-{period}@example.com" for n in range(4))
print("ready", flush=True)
Office(root, transport, recipients=to, with_folder=True, period=period).deliver()
"""


def delivering(root: Path, port: int, period: int) -> "subprocess.Popen[str]":
    return in_a_container(str(root), str(port), str(period), code=DELIVER)


@pytest.mark.slow
@pytest.mark.skipif(
    os.getuid() != 0 or not shutil.which("unshare"), reason="namespaces need root and unshare"
)
def test_two_containers_with_one_state_lose_and_double_nothing(tmp_path: Path) -> None:
    """Both deliver the same editions at once; in every second round one of them is killed, and what
    it had in hand is carried out by the next run, wherever that is."""
    chance, rounds = random.Random(20261001), 20 if os.environ.get("THOROUGH") else 4
    kills = 0
    with mail_server() as postbox:
        for period in range(2001, 2001 + rounds):
            both = [delivering(tmp_path, postbox.port, period) for _ in range(2)]
            if period % 2:
                assert both[0].stdout is not None
                assert both[0].stdout.readline() == "ready\n"
                time.sleep(chance.uniform(0, 0.3))
                both[0].kill()
                kills += 1
            for container in both:
                container.communicate(timeout=60)
            assert both[1].returncode == 0
            last = delivering(tmp_path, postbox.port, period)
            last.communicate(timeout=60)
            assert last.returncode == 0
        received = postbox.received
    assert len({to for to, _ in received}) == len(set(received)) == 4 * rounds
    assert len(received) <= 4 * rounds + kills  # an answer that was under way
    with Ledger(tmp_path / "state" / "ledger.sqlite") as ledger:
        assert {receipt.state for receipt in ledger.deliveries()} == {State.SENT}
