"""The Prefect flow, run by Prefect on the embedded server; and the wheel, away from the clone."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from insights_reports.server import RunningServer
from tests.conftest import AS_OF
from tests.delivery.mail_servers import mail_server

pytestmark = pytest.mark.slow

SCRIPT = """
import json, sys
from datetime import datetime
from pathlib import Path
from insights_reports.scheduling.flows import load_flows, load_prefect
from insights_reports.scheduling.served import Served

load_prefect(PREFECT_LOGGING_LEVEL="CRITICAL", PREFECT_SERVER_LOGGING_LEVEL="CRITICAL")
flows = load_flows(Served(Path(sys.argv[1]), as_of=datetime.fromisoformat(sys.argv[2])))
outcomes = []
for _ in range(2):
    try:
        outcomes.append(flows.make_edition({"subscription": "monthly"}))
    except Exception as error:
        outcomes.append(f"{type(error).__name__}: {error}")
print(json.dumps(outcomes))
"""


def flow_twice(tmp_path: Path, server: RunningServer, config: dict[str, object]) -> list[object]:
    """What two runs of the flow return, in a process with a Prefect of its own."""
    path = tmp_path / "insights-reports.yaml"
    path.write_text(json.dumps(config))
    environment = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "true",
        "OCTOPUS_URL": server.url,
        "OCTOPUS_API_KEY": server.api_key,
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path), AS_OF.isoformat()],
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout.splitlines()[-1]))


def summaries(tmp_path: Path) -> list[str]:
    """What the runs left on Prefect's page, oldest first."""
    sql = "SELECT data FROM artifact WHERE type = 'markdown' ORDER BY created"
    with closing(sqlite3.connect(tmp_path / "prefect" / "prefect.db")) as database:
        return [json.loads(data) for (data,) in database.execute(sql)]


def test_the_flow_delivers_once_and_fails_red(tmp_path: Path, server: RunningServer) -> None:
    """The first run is refused one of two mails and fails; the second sends what can be sent; and
    Prefect's database and files do not have the key."""
    with mail_server() as postbox:
        postbox.faults["rcpt"] = ["451 4.7.1 try later"]
        outcomes = flow_twice(
            tmp_path,
            server,
            {
                "destinations": {
                    "archive": {"type": "folder", "path": "reports"},
                    "board": {"type": "mail", "to": ["a@example.com", "b@example.com"]},
                },
                "mail": {
                    "host": "127.0.0.1",
                    "port": postbox.port,
                    "security": "none",
                    "sender": "reports@example.com",
                },
                "subscriptions": {
                    "monthly": {
                        "report": "InsightsReports-1",
                        "splits": ["Project"],
                        "formats": ["html", "pdf"],
                        "deliver_to": ["archive", "board"],
                    }
                },
            },
        )
        assert [to for to, _ in postbox.received] == ["b@example.com"]
    for outcome in outcomes:  # greylisted: due in half an hour, and red until then
        assert str(outcome).startswith("DeliveryError: 1 of 3"), outcome
    summary = summaries(tmp_path)[-1].replace("\\", "")
    pdfs = list((tmp_path / "reports").rglob("*.pdf"))
    assert pdfs
    assert all(f"{pdf} |" in summary for pdf in pdfs)  # where it was delivered
    for path in (tmp_path / "prefect").rglob("*"):
        if path.is_file():
            assert server.api_key.encode() not in path.read_bytes(), path


def test_the_flow_makes_every_slice(tmp_path: Path, server: RunningServer) -> None:
    """Once each, however often it runs; a slice that is not there makes a run red."""
    with mail_server() as postbox:
        recipients = {"Web Shop": ["a@example.com"], "Identity": ["b@example.com"]}
        config: dict[str, object] = {
            "mail": {
                "host": "127.0.0.1",
                "port": postbox.port,
                "security": "none",
                "sender": "reports@example.com",
            },
            "subscriptions": {
                "monthly": {
                    "report": "Nordlicht delivery performance",
                    "splits": ["Environment"],
                    "formats": ["html"],
                    "slices": {"by": "Project", "recipients": recipients, "attach": ["html"]},
                }
            },
        }
        assert flow_twice(tmp_path, server, config) == [None, None]
        assert sorted(to for to, _ in postbox.received) == ["a@example.com", "b@example.com"]
        recipients["Web Shpo"] = []
        first, _ = flow_twice(tmp_path, server, config)
        assert "unknown: There is no such slice. Project: 'Web Shpo'" in str(first)
        assert len(postbox.received) == 2
