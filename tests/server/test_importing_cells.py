"""The cells and the encodings that Octopus, .NET and spreadsheets may have given to a CSV file."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from insights_reports.cli import main
from insights_reports.server import Imported, import_file
from insights_reports.server.database import connect
from insights_reports.server.ticks import parse_duration, parse_instant
from tests.server.test_importing import COLUMNS, ROWS, _write

_FIRST = "2026-03-02T10:00:00Z"


def _fact(data: Path, column: str, deployment: int = 1) -> Any:
    with closing(connect(data)) as connection:
        sql = f"SELECT {column} FROM facts WHERE deployment_id = ?"
        return connection.execute(sql, (deployment,)).fetchone()[0]


def _import(tmp_path: Path, old: str, new: str) -> tuple[Imported, Path]:
    assert old in ROWS
    data = tmp_path / "mine.sqlite"
    return import_file(_write(tmp_path, ROWS.replace(old, new, 1)), data), data


@pytest.mark.parametrize(
    ("cell", "utc", "without_zone"),
    [
        ("2024-09-23T14:57:22", "2024-09-23T14:57:22Z", 1),
        ("2024-09-23 14:57:22", "2024-09-23T14:57:22Z", 1),
        ("2024-09-23 14:57:22Z", "2024-09-23T14:57:22Z", 0),
        ("09/23/2024 14:57:22 +00:00", "2024-09-23T14:57:22Z", 0),
        ("09/23/2024 14:57:22 -07:00", "2024-09-23T21:57:22Z", 0),
        ("09/23/2024 14:57:22", "2024-09-23T14:57:22Z", 1),
        ("2024-09-23T14:57:22.5+02:00", "2024-09-23T12:57:22.5Z", 0),
        ("2024-09-23T14:57:22.1234567Z", "2024-09-23T14:57:22.1234567Z", 0),
        ("2024-09-23T14:57:22.123+0530", "2024-09-23T09:27:22.123Z", 0),
        ("2024-09-23 14:57:22 +02:00", "2024-09-23T12:57:22Z", 0),
    ],
)
def test_times_of_completion(tmp_path: Path, cell: str, utc: str, without_zone: int) -> None:
    found, data = _import(tmp_path, _FIRST, cell)
    assert _fact(data, "completed") == parse_instant(utc)
    assert found.without_zone == without_zone


@pytest.mark.parametrize(
    ("cell", "hours"),
    [
        ("1:12:39.41517", "1:12:39.41517"),
        ("1.02:03:04", "26:03:04"),
        ("-1.02:03:04.5", "-26:03:04.5"),
        ("-426:53:44", "-426:53:44"),
        ("26:03:04", "26:03:04"),
        ("00:00:00", "0:00:00"),
    ],
)
def test_durations(tmp_path: Path, cell: str, hours: str) -> None:
    _, data = _import(tmp_path, "2:00:00.0", cell)
    assert _fact(data, "lead_time") == parse_duration(hours)


@pytest.mark.parametrize(
    ("cell", "guided"),
    [("True", 1), ("true", 1), ("YES", 1), ("1", 1), ("False", 0), ("no", 0), ("0", 0)],
)
def test_guided_failures(tmp_path: Path, cell: str, guided: int) -> None:
    _, data = _import(tmp_path, ",true,", f",{cell},")
    assert _fact(data, "guided", 5) == guided


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(tmp_path: Path, encoding: str, separator: str) -> None:
    text = f"{COLUMNS}\n{ROWS}".replace(",", separator).replace("\n", "\r\n")
    source = tmp_path / "other.csv"
    source.write_bytes(text.encode(encoding))
    assert import_file(source, tmp_path / "mine.sqlite").deployments == 5
    with closing(connect(tmp_path / "mine.sqlite")) as connection:
        assert connection.execute("SELECT name FROM tenants").fetchall()[0][0] == "Café"


@pytest.mark.parametrize("before", [0, 400_000])
def test_windows_1252_is_not_taken_for_broken_utf8_nor_the_other_way_round(
    tmp_path: Path, before: int
) -> None:
    rows = ROWS.replace("Café", "Cafe") + "\n" * before
    tail = "Deployments-9,Caf%s,1.0,Default,2026-03-02T10:00:00Z,Test,,Success,false,,,,,,,,\n"
    source = tmp_path / "other.csv"
    body = f"{COLUMNS}\n{rows}".encode()
    source.write_bytes(body + (tail % "é").encode("cp1252"))
    assert import_file(source, tmp_path / "a.sqlite").deployments == 6
    source.write_bytes(body + (tail % "é").encode("cp1252") + (tail % "é").encode())
    with pytest.raises(Exception, match="not UTF-8") as caught:
        import_file(source, tmp_path / "b.sqlite")
    assert f"line {7 + before}" in str(caught.value)


def test_a_deployment_that_stands_twice_counts_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _write(tmp_path, ROWS + ROWS.splitlines()[3] + "\n" + ROWS.splitlines()[0] + "\n")
    data = tmp_path / "mine.sqlite"
    assert main(["server", "import", str(source), "--data", str(data)]) == 0
    said = capsys.readouterr()
    assert "Imported 5 deployments" in said.out
    assert "2 rows whose deployment stands in the file before" in said.err


def test_times_without_a_zone_are_said_to_be_utc(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _write(tmp_path, ROWS.replace("00Z,", "00,"))
    assert main(["server", "import", str(source), "--data", str(tmp_path / "a")]) == 0
    assert "Read as UTC: 4 times" in capsys.readouterr().err


_PROJECTS = (
    "Deployments-1,Atlas API,1,Default,2026-03-02T10:00:00Z,Zone A,,Success,false,,,,,,,,\n"
    "Deployments-2,Atlas API,1,Default,2026-03-02T11:00:00Z,Out EU,,Success,false,,,,,,,,\n"
    "Deployments-3,atlas Web,1,Default,2026-03-02T10:00:00Z,Zone A,,Success,false,,,,,,,,\n"
    "Deployments-4,atlas Web,1,Default,2026-03-02T12:00:00Z,Out US,T,Success,false,,,,,,,,\n"
    "Deployments-5,Billing,1,Default,2026-03-02T12:00:00Z,Archive,,Failed,false,,,,,,,,\n"
)


def test_what_begins_with_one_word_is_a_group(tmp_path: Path) -> None:
    data = tmp_path / "mine.sqlite"
    import_file(_write(tmp_path, _PROJECTS), data)
    with closing(connect(data)) as connection:
        rows = connection.execute(
            "SELECT g.name, group_concat(p.name, '+') FROM projects p "
            "JOIN project_groups g ON g.id = p.project_group_id GROUP BY 1 ORDER BY 1"
        ).fetchall()
        order = connection.execute("SELECT name FROM environments ORDER BY sort_order, id")
        assert [name for (name,) in map(tuple, order)] == [
            *("Zone A", "Archive", "Out EU", "Out US")
        ]
        (report,) = connection.execute("SELECT document FROM reports").fetchone()
        connected = connection.execute("SELECT * FROM tenant_projects").fetchall()
    assert [tuple(row) for row in rows] == [
        ("Atlas", "Atlas API+atlas Web"),
        ("Other projects", "Billing"),
    ]
    assert report.index("Zone A") < report.index("Archive") < report.index('"Out"')
    assert [tuple(row) for row in connected] == [(1, 3, 3)]


def test_projects_that_share_no_word_are_one_group(tmp_path: Path) -> None:
    import_file(_write(tmp_path), tmp_path / "mine.sqlite")
    with closing(connect(tmp_path / "mine.sqlite")) as connection:
        groups = connection.execute("SELECT name FROM project_groups").fetchall()
    assert [name for (name,) in map(tuple, groups)] == ["All projects"]
