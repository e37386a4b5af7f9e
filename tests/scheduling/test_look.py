"""The look at what is owed: which runs it lets begin, and that nothing stops it.

In a process of its own, because the other tests do without Prefect; of Prefect's client only the
one method is played that the look calls.
"""

import json
import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, json
from types import SimpleNamespace
from uuid import UUID

from prefect.client.schemas.objects import FlowRun
from prefect.states import Crashed, Scheduled

from insights_reports.owed.standing import LedgerFacts, Overview, standings
from insights_reports.scheduling.look import OwedBook, Looker, attempt_of
from tests.owed.rows import at, calendar_for, subscription

NOW = at("2026-11-01T06:30")
IDS = {name: UUID(int=number) for number, name in enumerate(("gone", "dead", "good", "owed"))}
asked, ended, published = [], [], []

async def create(deployment, *, idempotency_key, name=None, parameters=None):
    asked.append([idempotency_key, name, parameters])
    if deployment == IDS["gone"]:
        raise RuntimeError("no such deployment")
    dead = Crashed(message="there is no such\\n  image\x1b https://me:pw@hub/x" + "!" * 300)
    state = dead if deployment == IDS["dead"] else Scheduled()
    return FlowRun(flow_id=UUID(int=9), name="x", state=state)

given = subscription(since="2026-09-15")
found = {name: standings(name, given, calendar_for(given), LedgerFacts(), NOW) for name in
         ("gone", "dead", "good", "unserved")}
book = OwedBook(
    overview=lambda now: Overview(found, {"odd": "no such country"}),
    end_attempt=lambda stands, outcome, now: ended.append(
        [stands.subscription, stands.attempt, outcome]
    ),
    deliveries_due=lambda now: True,
    publish=lambda overview, now: published.append(now.isoformat()),
)
deployments = {name: IDS[name] for name in ("gone", "dead", "good")}
looker = Looker(SimpleNamespace(create_flow_run_from_deployment=create), lambda: book, "ACME",
                deployments, IDS["owed"], 1.0)
asyncio.run(looker.look(NOW))
asyncio.run(looker.look(NOW))
keys = ["ACME/good/2026-10/3", "operator/ACME/good/2026-10/3", "BETA/good/2026-10/3", None, "ACME"]
print(json.dumps({"asked": asked, "ended": ended, "published": published,
                  "attempts": [attempt_of(key, "ACME") for key in keys]}))
"""


@pytest.mark.slow
def test_what_it_lets_begin_and_that_one_bad_subscription_stops_no_other() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    once, again = found["asked"][:4], found["asked"][4:]
    assert once == again  # the same keys, of which Prefect makes one run each
    request = {"request": {"subscription": "good", "period": "2026-10"}}
    assert once[2] == ["ACME/good/2026-10/1", "good 2026-10", request]
    assert [key for key, *_ in once] == [
        "ACME/gone/2026-10/1",
        "ACME/dead/2026-10/1",
        "ACME/good/2026-10/1",
        "ACME/owed/20261101T0630",
    ]
    why = "failed: Prefect's run 'x' ended as Crashed: there is no such image https://hub/x"
    why += "!" * (200 - len("there is no such image https://hub/x"))
    assert found["ended"] == [["dead", 1, why]] * 2  # of a run that the ledger knows nothing of
    assert len(found["published"]) == 2
    assert found["attempts"] == [3, None, None, None, None]
    assert [line for line in done.stderr.splitlines() if "NOT" in line] == [
        "odd: NOT SCHEDULED: no such country",
        "gone 2026-10: NOT BEGUN: no such deployment",
        "unserved 2026-10: NOT BEGUN: it is not served (is it new?); start `schedule` again",
    ]
    begun = [line for line in done.stderr.splitlines() if "begins" in line]
    assert len(begun) == 1
    assert begun[0].startswith("good 2026-10: begins; due since 2026-11-01 ")
