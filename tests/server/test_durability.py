"""What was answered survives a kill -9, and a server does not outlive its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from insights_reports.errors import UsageError
from insights_reports.server import create_database, running_server
from tests.server.conftest import Api
from tests.server.hand import AS_OF

REPORTS = "/api/Spaces-1/insights/reports"
_DEFINITION = {"SpaceId": "Spaces-1", "Name": "Kept"}


@pytest.mark.slow
def test_what_was_answered_survives_kill_9(tmp_path: Path) -> None:
    data = tmp_path / "insights.sqlite"
    create_database(data, as_of=AS_OF)
    expected: dict[str, str] = {}
    for round_ in range(3):
        with (
            running_server(as_of=AS_OF, data=data) as server,
            Api(server.url, server.api_key) as api,
        ):
            for n in range(5):
                created = api.post(REPORTS, json=_DEFINITION | {"Name": f"{round_}.{n}"}).json()
                expected[created["Id"]] = created["Name"]
            link = f"{REPORTS}/{created['Id']}"
            api.put(link, json=created | {"Name": f"{round_} renamed"})
            expected[created["Id"]] = f"{round_} renamed"
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait(timeout=60)
    with running_server(as_of=AS_OF, data=data) as server, Api(server.url, server.api_key) as api:
        found = api.get(f"{REPORTS}?take=2147483647").json()["Items"]
    kept = {each["Id"]: each["Name"] for each in found if int(each["Id"].split("-")[1]) > 3}
    assert kept == expected


def test_a_server_ends_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import sys, time; from datetime import datetime; from pathlib import Path\n"
        "from insights_reports.server import running_server\n"
        f"as_of = datetime.fromisoformat({AS_OF.isoformat()!r})\n"
        f"with running_server(as_of=as_of, data=Path({str(tmp_path / 'x.sqlite')!r})) as server:\n"
        "    print(server.process.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 60
    while _is_running(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_running(child)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "precious.txt"
    path.write_text("precious")
    with pytest.raises(UsageError, match="precious"):
        create_database(path, as_of=AS_OF)
    assert path.read_text() == "precious"


def test_a_database_that_could_not_be_made_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(AttributeError):
        create_database(tmp_path / "x.sqlite", as_of=None)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_another_file_is_not_served(tmp_path: Path) -> None:
    from insights_reports.server import serve

    path = tmp_path / "notes.txt"
    path.write_text("notes" * 1000)
    with pytest.raises(UsageError, match="not a database of the Insights server"):
        serve(path, port=0, as_of=None, api_key="API-X")
