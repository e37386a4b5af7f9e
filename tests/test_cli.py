"""The command line: what it prints where, and its exit statuses."""

import argparse
import csv
import io
import json
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from insights_reports.cli import build_parser
from insights_reports.commands.common import checked
from insights_reports.octopus import read_deployments
from insights_reports.server import RunningServer
from tests.conftest import AS_OF, Command, run_command
from tests.delivery.material import ABOUT
from tests.proxies import one_more, proxy

REPORT = "InsightsReports-1"
NOW = f"--as-of={AS_OF.isoformat()}"


def subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands of a parser, or the actions of a command, by name."""
    return {
        name: below
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, below in action.choices.items()
    }


def test_help_comes_at_once() -> None:
    """Its CPU time, for others may be at work on the machine, too."""
    seconds = []
    for _ in range(5):
        begun = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "insights_reports", "--help"], check=True, stdout=-3)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime)
    assert min(seconds) < 0.15


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["metrics"], ["run"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    done = run_command(*arguments)
    assert done.status == 2
    assert len(done.err.splitlines()) == 3
    assert "--help` shows what it takes" in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu", "monthly"], "Did you mean run?"),
        (["reports", "lst"], "Did you mean list?"),
        (["run", "x", "--dry-rnu"], "Did you mean --dry-run?"),
        (["metrics", "x", "--split", "Projct"], "Did you mean Project? There are: None, Project,"),
        (["metrics", "x", "--split", "Zzz"], "There are: None, Project,"),
        (["server", "--fult", "close"], "'--fult' is not taken here. Did you mean --fault?"),
        (["--config", "x.yaml", "status"], "'--config' is not taken here: options stand behind"),
        (["reports", "--json", "list"], "'--json' is not taken here: options stand behind"),
        (["prune"], "One of --keep and --keep-editions is missing."),
        (["completion"], "SHELL is missing: one of bash, zsh, fish, tcsh, powershell."),
        (["baseline"], "ACTION is missing: one of list, propose, accept."),
        (["reports", "update"], "REPORT is missing. FILE is missing."),
    ],
)
def test_what_was_meant_is_said(arguments: list[str], said: str) -> None:
    done = run_command(*arguments)
    assert done.status == 2
    assert said in done.err


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        (
            "baseline accept monthly --from 2026-10 SERIES --reason new failure_rate",
            {"subscription": "monthly", "series": "SERIES", "measure": "failure_rate"},
        ),
        (
            "editions show --json monthly/2026-10",
            {"action": "show", "edition": "monthly/2026-10", "json": True},
        ),
        (
            "run monthly --dry-run quarterly",
            {"subscriptions": ["monthly", "quarterly"], "dry_run": True},
        ),
        ("reports get -- --odd", {"action": "get", "report": "--odd"}),
        ("server --seed -1", {"seed": -1}),
    ],
)
def test_options_may_stand_between_the_others(arguments: str, read: dict[str, object]) -> None:
    assert vars(build_parser().parse_args(arguments.split())).items() >= read.items()


_SECONDS = sorted(
    (name, action)
    for name, parser in subparsers(build_parser()).items()
    for action in subparsers(parser)
)


@pytest.mark.parametrize(("name", "action"), _SECONDS)
def test_what_stands_between_a_command_and_its_action_counts(name: str, action: str) -> None:
    """``reports --verbose list`` is ``reports list --verbose``; and without, nothing is set."""
    parser = subparsers(subparsers(build_parser())[name])[action]
    words = ["x" for each in parser._actions if not each.option_strings and each.nargs != "?"]
    words += [word for each in parser._actions if each.required and each.option_strings
              for word in (each.option_strings[0], "x")]  # fmt: skip
    read = build_parser().parse_args
    before = vars(read([name, "--verbose", "--as-of", "now", action, *words]))
    assert (before["verbose"], before["as_of"]) == (True, "now")
    assert vars(read([name, action, "--verbose", *words]))["verbose"] is True
    neither = vars(read([name, action, *words]))
    assert (neither["verbose"], neither["as_of"]) == (False, None)


def test_help_and_version_go_by_the_names_that_people_try() -> None:
    assert run_command("help", "run") == run_command("run", "--help")
    assert run_command("help") == run_command("--help")
    assert run_command("-V").out == run_command("--version").out
    assert run_command("help", "run").out.startswith("usage: insights-reports run ")


def test_the_case_of_a_word_is_forgiven(command: Command) -> None:
    shape = ["metrics", REPORT, "--json", NOW]
    words = ["--split", "project", "--granularity", "monthly", "--time-range", "lastyear"]
    done = command(*shape, *words)
    assert done.status == 0
    assert (
        done.out
        == command(*shape, *(word if word[:2] == "--" else exact(word) for word in words)).out
    )


def exact(word: str) -> str:
    return {"project": "Project", "monthly": "Monthly", "lastyear": "LastYear"}[word]


@pytest.mark.parametrize("command", [["preview", "monthly"], ["server"]])
@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_is_a_number_that_can_be_one(command: list[str], port: str) -> None:
    done = run_command(*command, f"--port={port}")
    assert done.status == 2
    assert f"--port: {port!r} is not a number from 0 to 65535" in done.err


def test_reports_list_prints_the_resources(command: Command) -> None:
    done = command("reports", "list", "--json")
    assert done.status == 0
    reports = json.loads(done.out)
    assert [report["Id"] for report in reports][:1] == [REPORT]
    assert {"Name", "EnvironmentGroups", "TimeZone", "Links"} <= reports[0].keys()
    assert json.loads(command("reports", "get", REPORT, "--json").out) == reports[0]


def test_a_report_goes_by_its_exact_name(command: Command) -> None:
    name = json.loads(command("reports", "get", REPORT).out)["Name"]
    assert json.loads(command("reports", "get", name).out)["Id"] == REPORT
    done = command("reports", "get", name[:-1])
    assert done.status == 3
    assert name[:-1] in done.err


def test_a_report_is_created_changed_and_deleted(command: Command, tmp_path: Path) -> None:
    definition = json.loads(command("reports", "get", REPORT).out)
    new = {key: definition[key] for key in ("ProjectIds", "EnvironmentGroups", "TenantMode")}
    (tmp_path / "new.json").write_text(
        json.dumps(
            {**new, "Name": "T", "TimeZone": "Europe/Vilnius", "ChannelIds": ["Channels-101"]}
        )
    )
    created = json.loads(command("reports", "create", tmp_path / "new.json", "--json").out)
    assert created["TimeZone"] == "FLE Standard Time"
    for more, said in (
        ({"Nmae": 1}, "new.json: Nmae\nDid you mean Name?"),
        ({"ProjectIds": ["Projects-999"]}, "'Projects-999' is unknown or hidden"),
    ):
        text = json.dumps({**new, "Name": "Never", "TimeZone": "UTC", **more})
        (tmp_path / "new.json").write_text(text)
        refused = command("reports", "create", tmp_path / "new.json")
        assert (refused.status, said in refused.err) == (2, True), refused.err
    pulled = tmp_path / "pulled"
    assert command("reports", "pull", pulled).status == 0
    assert command("reports", "plan", pulled, "--exit-code").status == 0
    (one, *_) = sorted(pulled.iterdir())
    one.unlink()
    assert command("reports", "plan", pulled, "--exit-code").status == 0  # it would be kept
    assert command("reports", "plan", pulled, "--exit-code", "--delete").status == 1
    assert command("reports", "plan", pulled, "--delete").status == 0
    (tmp_path / "change.yaml").write_text("Description: Changed by the test\n")
    changed = json.loads(
        command("reports", "update", created["Id"], tmp_path / "change.yaml", "--json").out
    )
    assert changed["Description"] == "Changed by the test"
    assert changed["ChannelIds"] == ["Channels-101"]
    refused = command("reports", "delete", created["Id"])
    assert refused.status == 2
    assert "--yes" in refused.err
    assert command("reports", "delete", created["Id"], "--yes").status == 0
    assert command("reports", "get", created["Id"]).status == 3


def test_an_invalid_report_is_refused_with_every_problem(command: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"Description": "no name", "TimeZone": "Mars/Base"}')
    done = command("reports", "create", tmp_path / "bad.json")
    assert done.status == 2
    assert "Name" in done.err
    assert "Mars/Base" in done.err


def test_deployments_in_every_format(command: Command, tmp_path: Path) -> None:
    text = command("deployments", REPORT).out
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    tables = {}
    for extension in ("csv", "json", "parquet", "xlsx"):
        path = tmp_path / f"d.{extension}"
        assert command("deployments", REPORT, "-o", path).status == 0
        tables[extension] = path
    assert tables["csv"].read_text(encoding="utf-8") == text
    decoded = read_deployments(tables["json"].read_bytes()).table
    pd.testing.assert_frame_equal(decoded, pd.read_parquet(tables["parquet"]))
    assert len(decoded) == len(rows) > 1000
    assert [row["Deployment"] for row in rows] == decoded["deployment_id"].tolist()
    with zipfile.ZipFile(tables["xlsx"]) as workbook:
        assert workbook.read("xl/worksheets/sheet1.xml").count(b"<row ") == 1 + len(rows)


def test_an_unknown_format_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    done = run_command("deployments", REPORT, "-o", tmp_path / "d.txt")
    assert done.status == 2
    assert ".parquet" in done.err


def test_metrics_print_a_table_and_the_apis_shape(command: Command) -> None:
    shape = ["metrics", REPORT, "--split", "Project", "--granularity", "Monthly", NOW]
    reply = json.loads(command(*shape, "--json").out)
    intervals = reply["Series"][0]["Intervals"]
    assert set(intervals[0]) == {
        "StartOfInterval",
        "NumberOfSuccessfulDeployments",
        "LeadTime",
        "DeploymentFailureRate",
        "TimeSincePreviousDeployment",
        "MeanTimeToRecovery",
        "DeploymentsUntilRecovery",
    }
    table = command(*shape).out.splitlines()
    assert len(table) == 1 + sum(len(series["Intervals"]) for series in reply["Series"])


def test_recomputed_metrics_are_those_that_the_server_states(command: Command) -> None:
    shape = ["metrics", REPORT, "--split", "Environment", "--time-range", "LastYear", "--json", NOW]
    ours, stated = (
        json.loads(command(*shape, "--source", source).out) for source in ("recomputed", "octopus")
    )
    counts = [
        {
            (series["Name"], i["StartOfInterval"]): (
                i["NumberOfSuccessfulDeployments"],
                i["DeploymentFailureRate"],
                i["LeadTime"]["Count"],
            )
            for series in reply["Series"]
            for i in series["Intervals"]
        }
        for reply in (ours, stated)
    ]
    assert counts[0] == counts[1]


def test_a_tag_set_goes_by_name_or_id(command: Command) -> None:
    split = ["metrics", REPORT, "--split", "TenantTagSet", "--json", NOW]
    assert command(*split).status == 2
    done = command(*split, "--tenant-tag-set", "Nonsense")
    assert done.status == 2
    name = done.err.partition("There are: ")[2].partition(" (")[0]
    identifier = done.err.partition("(")[2].partition(")")[0]
    by_name = command(*split, "--tenant-tag-set", name)
    assert by_name.status == 0
    assert by_name.out == command(*split, "--tenant-tag-set", identifier).out


def test_the_cross_check_agrees_with_the_embedded_server(command: Command) -> None:
    done = command("cross-check", REPORT, "--split", "None", "Project", "--json", NOW)
    result = json.loads(done.out)
    assert done.status == 0, result["discrepancies"][:3]
    assert result["verdict"] == "agrees"
    assert result["differs"] == 0
    assert result["figures"] == sum(
        result[count] for count in ("agrees", "differs", "explained", "notComparable")
    )
    assert result["figures"] > 10_000


def test_one_figure_that_is_one_too_high_is_found_and_named(
    command: Command, server: RunningServer
) -> None:
    """The control of the test above."""
    shape = ["--split", "Project", "--time-range", "LastYear", "--granularity", "Monthly"]
    with proxy(server, one_more("split=Project")) as url:
        done = command("cross-check", REPORT, *shape, "--json", "--url", url, NOW)
        text = command("cross-check", REPORT, *shape, "--url", url, NOW)
    assert done.status == text.status == 1
    result = json.loads(done.out)
    (found,) = result["discrepancies"]
    assert (result["verdict"], result["differs"]) == ("differs", 1)
    assert found["metric"] == "NumberOfSuccessfulDeployments"
    assert found["stated"] == found["recomputed"] + 1
    assert found["series"] in text.out
    assert found["startOfInterval"] in text.out


@pytest.mark.parametrize("instant", ["yesterday", "2026-10-01", "2026-10-01T06:00:00"])
def test_an_instant_needs_a_zone(command: Command, instant: str) -> None:
    done = command("metrics", REPORT, "--as-of", instant)
    assert done.status == 2
    assert instant in done.err


def test_figures_that_cannot_be_compared_are_not_said_to_agree() -> None:
    counts = {"figures": 1_010, "agrees": 1_000, "explained": 4, "not_comparable": 6, "differs": 0}
    none = ABOUT.model_copy(update=dict.fromkeys(counts, 0))
    some = ABOUT.model_copy(update=counts)
    assert checked(some) == "1,000 of 1,010 figures agree, 4 explained, 6 not comparable"
    assert checked(none) == "Octopus stated no figures to compare with"
