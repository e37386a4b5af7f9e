"""What the pull noticed of its data stands in the ledger and among the gaps of page one."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

from insights_reports.edition.document import load
from insights_reports.formats.words.words import words
from insights_reports.octopus import Connection
from insights_reports.pipeline.compute import compute
from insights_reports.pipeline.pull import Wanted, pull
from insights_reports.pipeline.runs import start_run
from insights_reports.server import RunningServer
from tests.conftest import AS_OF
from tests.proxies import proxy

REPORT = "Nordlicht delivery performance"


def untidy() -> Callable[[str, bytes], bytes]:
    """Deployments of which one is repeated and one not completed, never twice the same reply."""
    readings = itertools.count()

    def change(path: str, body: bytes) -> bytes:
        if not path.partition("?")[0].endswith("/deployments"):
            return body
        reply = json.loads(body)
        first, second, *_ = reply["Streams"][0]["Deployments"]
        second["CompletedTime"] = None
        reply["Streams"][0]["Deployments"].append(first)
        return json.dumps(reply).encode() + b" " * next(readings)

    return change


def test_repeated_uncompleted_and_moving_deployments(server: RunningServer, tmp_path: Path) -> None:
    config = tmp_path / "insights-reports.yaml"
    config.write_text(json.dumps({"subscriptions": {"monthly": {"report": REPORT, "splits": []}}}))
    run = start_run(config, "monthly", as_of=AS_OF, pull_folder=tmp_path / "pull", dry_run=True)
    wanted = Wanted(REPORT, ("None",), ranges=("LastMonth",), granularities=("Monthly",))
    with proxy(server, untidy()) as url:
        environ = {"OCTOPUS_API_KEY": server.api_key}
        connection = Connection.from_environment(url=url, environ=environ)
        pull(connection, wanted, run.pull_folder, as_of=AS_OF, progress=lambda _: None)
    compute(run)
    check = load((run.documents / "summary.json").read_bytes()).check
    ledger = check.ledger
    dropped = {each.reason.key: each for each in ledger.excluded}
    assert dropped["exclusion.duplicate"].deployments == 1
    assert dropped["exclusion.not_completed"].deployments == 1
    assert dropped["exclusion.duplicate"].ids != dropped["exclusion.not_completed"].ids
    assert ledger.read == ledger.used + sum(each.deployments for each in ledger.excluded)
    said = [words("en").phrase(gap) for gap in check.gaps]
    moved = "The deployments still changed after 3 readings; the figures are those of the last one."
    assert moved in said
