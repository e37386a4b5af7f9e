"""`server import`: someone's own history, from each kind of file."""

import csv
import json
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from insights_reports.cli import main
from insights_reports.errors import UsageError
from insights_reports.octopus import read_deployments, to_csv
from insights_reports.server import RunningServer, import_file, json_reader, running_server
from insights_reports.server.database import connect
from tests.server.conftest import MAIN, Api
from tests.server.hand import AS_OF

COLUMNS = (
    "Deployment,Project,Release,Channel,Completed,Environment,Tenant,State,Had Guided Failure,"
    "Lead Time,Lead Time Calculated From,Since Previous Successful,Previous Successful,"
    "Time to Recovery,Deployments Until Recovery,Recovery From,Recovery From Version"
)
# Two failures and the recovery in Production, one success for a tenant in Test.
ROWS = """\
Deployments-1,Web,1.0,Default,2026-03-02T10:00:00Z,Production,,Success,false,2:00:00.0,1.0,,,,,,
Deployments-2,Web,1.1,Default,2026-03-03T10:00:00Z,Production,,Failed,false,,,,,,,,
Deployments-3,Web,1.2,Default,2026-03-03T11:00:00Z,Production,,Failed,false,,,,,,,,
Deployments-4,Web,1.2,Default,2026-03-03T13:00:00.5Z,Production,,Success,false,1.01:00:00.0,1.1,\
27:00:00.5,Deployments-1,3:00:00.5,2,Deployments-2,1.1
Deployments-5,Web,1.0,Hotfix,2026-03-03T13:00:00Z,Test,Café,Success,true,,,,,,,,
"""


def _write(folder: Path, rows: str = ROWS, header: str = COLUMNS) -> Path:
    path = folder / "history.csv"
    path.write_text(f"{header}\n{rows}", encoding="utf-8")
    return path


def _reply(data: Path, path: str, as_of: datetime = datetime(2026, 3, 20, tzinfo=UTC)) -> Any:
    with running_server(as_of=as_of, data=data) as server, Api(server.url, server.api_key) as api:
        return api.get(f"/api/Spaces-1/{path}").json()


def test_the_figures_of_a_small_file(tmp_path: Path) -> None:
    data = tmp_path / "mine.sqlite"
    found = import_file(_write(tmp_path), data)
    assert (found.deployments, found.projects, found.left_out) == (5, 1, 0)
    assert (found.first, found.last) == ("2026-03-02", "2026-03-03")
    reply = _reply(
        data,
        "insights/reports/InsightsReports-1/metrics?timeRange=LastMonth&granularity=Monthly"
        "&split=EnvironmentGroup",
    )
    by_name = {series["Name"]: series["Intervals"][-1] for series in reply["Series"]}
    assert sorted(by_name) == ["Production", "Test"]
    production = by_name["Production"]
    assert production["NumberOfSuccessfulDeployments"] == 2
    assert production["DeploymentFailureRate"]["Failed"] == 2
    assert production["DeploymentFailureRate"]["Rate"] == 0.5
    # 2 h and 25 h; 27 h 0.5 s rounds half to even; 3 h 0.5 s likewise.
    assert production["LeadTime"]["Mean"] == "13:30:00.0"
    assert production["TimeSincePreviousDeployment"]["Max"] == "27:00:00.0"
    assert production["MeanTimeToRecovery"]["Median"] == "3:00:00.0"
    assert production["DeploymentsUntilRecovery"]["Max"] == 2.0
    assert by_name["Test"]["DeploymentFailureRate"]["SuccessfulButHadGuidedFailure"] == 1


def test_the_streams_are_those_of_the_file(tmp_path: Path) -> None:
    data = tmp_path / "mine.sqlite"
    import_file(_write(tmp_path), data, time_zone="Europe/Berlin")
    streams = _reply(data, "insights/reports/InsightsReports-1/deployments")["Streams"]
    assert [(s["ChannelName"], s["EnvironmentName"], s["TenantName"]) for s in streams] == [
        ("Default", "Production", None),
        ("Hotfix", "Test", "Café"),
    ]
    assert streams[0]["Deployments"][-1] == {
        "Id": "Deployments-4",
        "ReleaseVersion": "1.2",
        "TaskState": "Success",
        "CompletedTime": "2026-03-03T13:00:00.5000000Z",
        "HadGuidedFailure": False,
        "LeadTime": "25:00:00.0",
        "LeadTimeCalculatedFromVersion": "1.1",
        "TimeSincePreviouslySuccessfulDeployment": "27:00:00.5",
        "PreviousSuccessfulDeploymentId": "Deployments-1",
        "TimeToRecovery": "3:00:00.5",
        "DeploymentsUntilRecovery": 2,
        "RecoveredFromFailedDeploymentId": "Deployments-2",
        "RecoveredFromFailedReleaseVersion": "1.1",
    }


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_whole_history_comes_back_as_it_went(
    server: RunningServer, api: Api, tmp_path: Path, kind: str
) -> None:
    """Export the made-up company, import it, and compare every deployment and every figure."""
    body = api.get(f"{MAIN}/deployments").content
    source = tmp_path / f"export.{kind}"
    deployments = read_deployments(body)
    source.write_bytes(to_csv(deployments.table) if kind == "csv" else body)
    data = tmp_path / "mine.sqlite"
    import_file(source, data, time_zone="W. Europe Standard Time")
    with running_server(as_of=AS_OF, data=data) as mine, Api(mine.url, mine.api_key) as copy:
        again = read_deployments(copy.get(f"{MAIN}/deployments").content)
        for question in ("split=None&granularity=Weekly", "split=Project&granularity=Monthly"):
            path = f"{MAIN}/metrics?timeRange=LastYear&{question}"
            assert _by_name(copy.get(path).json()) == _by_name(api.get(path).json())
    assert _comparable(again.table) == _comparable(deployments.table)


def _by_name(reply: dict[str, Any]) -> dict[str, Any]:
    return {series["Name"]: series["Intervals"] for series in reply["Series"]}


def _comparable(table: Any) -> list[dict[str, Any]]:
    """The rows by deployment, without what an import numbers anew."""
    renumbered = ["stream", *(f"{kind}_id" for kind in ("project", "channel"))]
    renumbered += ["environment_id", "tenant_id"]
    rows = table.drop(columns=renumbered).astype(str).sort_values("deployment_id")
    found: list[dict[str, Any]] = rows.to_dict("records")
    return found


@pytest.mark.parametrize(
    ("old", "new", "place", "column"),
    [
        ("2026-03-02T10:00:00Z", "yesterday", "line 2", "Completed: 'yesterday'"),
        ("2026-03-02T10:00:00Z", "0001-01-01T00:00:00Z", "line 2", "Completed: '0001"),
        ("2:00:00.0", "two hours", "line 2", "Lead Time: 'two hours'"),
        ("2:00:00.0", "99999999:00:00", "line 2", "Lead Time: '99999999"),
        (",Failed,", ",Broken,", "line 3", "State: 'Broken'"),
        (",true,", ",maybe,", "line 6", "Had Guided Failure: 'maybe'"),
        (",2,Deployments-2", ",2.5,Deployments-2", "line 5", "Deployments Until Recovery: '2.5'"),
        ("Deployments-1,Web", "Deployments-1, ", "line 2", "Project: ' '"),
        ("Deployments-2,Web,", "Deployments-2,Web,x,", "line 3", "columns: 18"),
        ('Deployments-1,Web', 'Deployments-1,"Web"x', "line 2", "the line"),
        ("Success,false,2:00:00.0,1.0,,,,,,", "Success", "line 2", "columns: 8"),
        ("2026-03-02T10:00:00Z", "13/23/2026 10:00:00 +00:00", "line 2", "Completed: '13/23"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_written(
    tmp_path: Path, old: str, new: str, place: str, column: str
) -> None:
    assert old in ROWS
    source = _write(tmp_path, ROWS.replace(old, new, 1))
    with pytest.raises(UsageError) as caught:
        import_file(source, tmp_path / "mine.sqlite")
    assert place in caught.value.which
    assert column in caught.value.which
    assert "Nothing was written" in caught.value.remedy
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "does not name the columns"),
        (b"a,b\n1,2\n", "missing: Project, Release"),
        (f"{COLUMNS},State\n".encode(), "twice: State"),
        (f"{COLUMNS}\n".encode(), "no deployment"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"{", "the text"),
        (b'{"Streams": 1}', "the document, Streams: 1"),
        (b'{"Streams": [{"Deployments": [{}]}]}', "Streams[0].Deployments[0], Project: (empty)"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, words: str) -> None:
    source = tmp_path / "other"
    source.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        import_file(source, tmp_path / "mine.sqlite")
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == [source]


_STREAM = {
    "ProjectId": "Projects-1",
    "ProjectName": "Web",
    "ChannelId": "Channels-1",
    "ChannelName": "Default",
    "EnvironmentId": "Environments-1",
    "EnvironmentName": "Test",
    "TenantId": None,
    "TenantName": None,
}


def _deployment(number: int) -> dict[str, Any]:
    return {
        "Id": f"Deployments-{number}",
        "ReleaseVersion": "1",
        "TaskState": "Success",
        "CompletedTime": "2026-03-02T10:00:00Z",
        "HadGuidedFailure": False,
    }


def _json(folder: Path, text: str) -> Path:
    source = folder / "export.json"
    source.write_text(text, encoding="utf-8")
    return source


_GOOD = json.dumps(
    {"ReportName": "x", "Streams": [_STREAM | {"Deployments": [_deployment(1), _deployment(2)]}]},
    indent=1,
)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"Deployments-2"', "Deployments-2", "line 22, Streams[0].Deployments[1], the text: Exp"),
        ('"Success"', '"\\ud800"', "Streams[0].Deployments[0], State: '\\ud800'"),
        ('"Success"', "NaN", "Streams[0].Deployments[0], State: nan"),
        ('"Success"', "9" * 5000, "Streams[0].Deployments[0], the text: Exceeds the limit"),
        ('"Success"', "[" * 200_000, "Streams[0].Deployments[0], the text: "),
        ('"Deployments": [', '"Deployments": [7, ', "Streams[0], Deployments[0]: 7"),
        ('"Streams": [', '"Streams": [], "Streams": [', "'Streams' where another name is expected"),
        ('"Streams": [', '"Streams": [[], ', "the document, Streams[0]: []"),
        ('"Streams": [', '"Flow": [', "the document, Streams: (empty)"),
        ('"Deployments": [', '"Other": [', "Streams[0], Deployments: (empty)"),
        ("Test", "Test" * 5_000_000, "Streams[0], the text: a value that is too long"),
    ],
)
def test_what_is_wrong_in_json_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in _GOOD
    source = _json(tmp_path, _GOOD.replace(old, new, 1))
    with pytest.raises(UsageError) as caught:
        import_file(source, tmp_path / "mine.sqlite")
    assert words in caught.value.which
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("more", ["", "]", "}", "{}"])
def test_json_that_is_cut_or_goes_on(tmp_path: Path, more: str) -> None:
    source = _json(tmp_path, _GOOD + more if more else _GOOD[:-2])
    with pytest.raises(UsageError, match="JSON"):
        import_file(source, tmp_path / "mine.sqlite")


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
@pytest.mark.parametrize("sort_keys", [False, True])
def test_json_is_read_in_pieces_of_any_size_and_names_may_follow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, sort_keys: bool
) -> None:
    text = json.dumps(
        {
            "Number": -12.5e3,
            "ReportName": 'Ünïcode \\ " ',
            "Streams": [_STREAM | {"Deployments": [_deployment(1), _deployment(2)]}],
            "Other": {"Deep": [[], {}, None, True, "x"]},
        },
        sort_keys=sort_keys,
        ensure_ascii=False,
        indent=2,
    )
    monkeypatch.setattr(json_reader, "_PIECE", piece)
    source = tmp_path / "export.json"
    source.write_text(f" {text}\n", encoding="utf-8-sig")
    assert import_file(source, tmp_path / "mine.sqlite").deployments == 2
    (environment,) = _reply(tmp_path / "mine.sqlite", "environments/all")
    assert environment["Name"] == "Test"


def test_bytes_that_are_not_utf8_are_named_by_their_line(tmp_path: Path) -> None:
    for content in (_write(tmp_path).read_bytes(), _GOOD.encode()):
        source = tmp_path / "other"
        source.write_bytes(content.replace(b"Test", b"T\xe9st"))
        with pytest.raises(UsageError, match="not UTF-8") as caught:
            import_file(source, tmp_path / "mine.sqlite")
        before = content[: content.index(b"Test")]
        line = before.count(b"\n") + 1
        assert f"line {line}" in caught.value.which


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    source = _write(tmp_path, ROWS + "x" * (1 << 20))
    with pytest.raises(UsageError, match="line 7, length: over 1,048,576 characters"):
        import_file(source, tmp_path / "mine.sqlite")


@pytest.mark.slow
def test_the_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Peaks of a process of its own: ten times the rows, less than 15 MB more memory."""
    peaks = []
    for rows in (2_000, 20_000):
        deployments = ",".join(json.dumps(_deployment(n)) for n in range(1, rows + 1))
        head = json.dumps(_STREAM | {"Deployments": []})[:-2]
        source = _json(tmp_path, f'{{"Streams":[{head}{deployments}]}}]}}')
        code = (
            "import resource; from pathlib import Path\n"
            "from insights_reports.server.importing import import_file\n"
            f"import_file(Path({str(source)!r}), Path({str(tmp_path / f'{rows}.sqlite')!r}))\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        peaks.append(int(done.stdout) / 1024)
    assert peaks[1] - peaks[0] < 15


def test_columns_in_another_order_and_ids_that_are_none(tmp_path: Path) -> None:
    with _write(tmp_path).open(encoding="utf-8", newline="") as file:
        rows = [dict(row, Extra="x", Deployment="a") for row in csv.DictReader(file)]
    source = tmp_path / "other.csv"
    with source.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=sorted(rows[0], reverse=True))
        writer.writeheader()
        writer.writerows(rows)
    import_file(source, tmp_path / "mine.sqlite")
    with closing(connect(tmp_path / "mine.sqlite")) as connection:
        facts = connection.execute("SELECT * FROM facts ORDER BY deployment_id").fetchall()
    assert [fact["deployment_id"] for fact in facts] == [1, 2, 3, 4, 5]
    assert [fact["previous_id"] for fact in facts] == [None] * 5


def test_a_time_since_success_at_a_failure_is_left_out_and_counted(tmp_path: Path) -> None:
    failed = "Production,,Failed,false,,,"
    source = _write(tmp_path, ROWS.replace(failed, "Production,,Failed,false,,,24:00:00.0", 1))
    assert import_file(source, tmp_path / "mine.sqlite").left_out == 1


def test_hidden_names_stand_for_themselves_by_their_ids(tmp_path: Path) -> None:
    stream = {
        "ProjectId": "Projects-7",
        "ProjectName": None,
        "ChannelName": "Default",
        "EnvironmentName": "Test",
        "Deployments": [_deployment(1)],
    }
    source = tmp_path / "export.json"
    source.write_text(json.dumps({"ReportName": "x", "Streams": [stream]}))
    import_file(source, tmp_path / "mine.sqlite")
    assert _reply(tmp_path / "mine.sqlite", "projects/all")[0]["Name"] == "Restricted (Projects-7)"


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, data = _write(tmp_path), tmp_path / "mine.sqlite"
    assert main(["server", "import", str(source), "--data", str(data)]) == 0
    assert "Imported 5 deployments of 1 projects" in capsys.readouterr().out
    before = data.read_bytes()
    assert main(["server", "import", str(source), "--data", str(data)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert data.read_bytes() == before
    zone = ["server", "import", str(source), "--data", str(tmp_path / "b"), "--time-zone", "Mars"]
    assert main(zone) == 2
    assert "Time zone: Mars" in capsys.readouterr().err


def test_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["server", "import", str(tmp_path / "none.csv"), "--data", str(tmp_path / "a")]
    assert main(arguments) == 2
    assert "none.csv" in capsys.readouterr().err


def test_an_imported_report_is_a_report_like_others(tmp_path: Path) -> None:
    import_file(_write(tmp_path), tmp_path / "mine.sqlite", time_zone="Europe/Berlin")
    (report,) = _reply(tmp_path / "mine.sqlite", "insights/reports")["Items"]
    assert (report["Name"], report["TimeZone"]) == ("Imported", "W. Europe Standard Time")
    assert [group["Name"] for group in report["EnvironmentGroups"]] == ["Production", "Test"]
