"""Each recipient only his part: a run of slices from end to end on the embedded server."""

import html
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from insights_reports.config.file import load_config
from insights_reports.delivery import read_manifests
from insights_reports.edition.files import file_name
from insights_reports.errors import ConfigError
from insights_reports.pipeline import render
from insights_reports.pipeline.runs import open_run
from insights_reports.server import RunningServer
from tests.conftest import AS_OF, Command, Done
from tests.delivery.mail_servers import mail_server
from tests.pipeline.conftest import REPORT
from tests.proxies import one_more, proxy

PROJECTS = ("Web Shop", "Mobile Backend", "Личный кабинет", "Payments API", "Invoicing",
            "Legacy Ledger", 'R&D <Core> "=1+1"', "Identity", "在庫管理",
            "Recherche & données")  # fmt: skip
NOW = f"--as-of={AS_OF.isoformat()}"

Sliced = Callable[..., Path]


@pytest.fixture
def sliced(tmp_path: Path) -> Sliced:
    """Write a configuration whose subscription ``teams`` has slices."""

    def write(port: int, by: str, recipients: Any, **subscription: Any) -> Path:
        teams = {
            "report": REPORT,
            "splits": ["Project", "Environment"],
            "formats": ["html"],
            "deliver_to": ["archive"],
            "slices": {"by": by, "recipients": recipients, "attach": ["html"]},
            **subscription,
        }
        config = {
            "state": "state",
            "destinations": {"archive": {"type": "folder", "path": "reports"}},
            "mail": {
                "host": "127.0.0.1",
                "port": port,
                "security": "none",
                "sender": "reports@example.com",
            },
            "subscriptions": {"teams": teams},
        }
        path = tmp_path / "insights-reports.yaml"
        path.write_text(json.dumps(config), encoding="utf-8")
        return path

    return write


def run(command: Command, config: Path, *options: str, name: str = "teams") -> Done:
    return command("run", name, "--config", config, NOW, *options)


def texts(message: bytes) -> str:
    """All that a mail says, decoded, with its attachments."""
    parsed = message_from_bytes(message, policy=default)
    parts = [p.get_content() for p in parsed.walk() if not p.is_multipart()]
    decoded = [p.decode("utf-8", "replace") if isinstance(p, bytes) else p for p in parts]
    return "\n".join((str(parsed["Subject"]), *decoded))


def test_each_recipient_gets_his_part_alone(sliced: Sliced, command: Command) -> None:
    mapped = {"Web Shop": ["shop@example.com"], "Projects-4": ["pay@example.com"]}
    with mail_server() as postbox:
        config = sliced(postbox.port, "Project", mapped)
        done = run(command, config)
        assert done.status == 0, done.err + done.out
        assert "2 of 2 slices made; 4 of 4 deliveries made" in done.out
        assert "Mapped to nobody: Identity, Invoicing" in done.out
        received = {to: texts(message) for to, message in postbox.received}
    own = {"shop@example.com": "Web Shop", "pay@example.com": "Payments API"}
    assert received.keys() == own.keys()
    for to, project in own.items():
        assert project in received[to]
        assert not [other for other in PROJECTS if other != project and other in received[to]]
    root = config.parent / "reports" / "teams"
    assert sorted(folder.name for folder in root.iterdir()) == ["projects-4", "web-shop"]
    (manifest,) = read_manifests(root / "web-shop")
    about = manifest.about
    assert about.subscription == "teams@web-shop"
    assert about.report == f"{REPORT} · Web Shop"
    # Octopus states the project's series: all of them were compared, with the slice's figures.
    assert about.figures == about.agrees > 1000
    figures = pd.read_parquet(next((root / "web-shop").rglob("*-figures.parquet")))
    whole = figures[(figures["split"] == "None") & (figures["scope"] == "All")]
    assert whole["stated"].notna().any()
    assert set(figures["split"]) == {"None", "Environment"}


@pytest.mark.parametrize(
    ("by", "slice", "column", "values"),
    [
        ("ProjectGroup", "Payments", "project_name", set(PROJECTS[3:6])),
        ("EnvironmentGroup", "Staging", "environment_name", {"Staging"}),
        ("Tenant", "Café Zürich", "tenant_name", {"Café Zürich"}),
        ("Region", "Americas", "tenant_name", {"Montréal Épicerie", "São Paulo Varejo"}),
    ],
)  # fmt: skip
def test_a_slice_is_cut_before_anything_is_computed(
    by: str, slice: str, column: str, values: set[str], sliced: Sliced, command: Command
) -> None:
    with mail_server() as postbox:
        config = sliced(postbox.port, by, {slice: []}, formats=["xlsx"])
        done = run(command, config, "--json")
    assert done.status == 0, done.err
    (result,) = json.loads(done.out)
    (each,) = result["slices"]
    assert (each["slice"], each["exitStatus"], result["unknown"]) == (slice, 0, [])
    folder = config.parent / "state" / "runs" / each["run"]
    assert json.loads((folder / "cross-check.json").read_bytes())["differs"] == 0
    for table in ("deployments.parquet", "older.parquet"):
        rows = pd.read_parquet(folder / table)
        assert set(rows[column].dropna()) <= values
    rows = pd.read_parquet(folder / "deployments.parquet")
    assert set(rows[column]) == values
    # No name of another slice hides in the dictionary of a column.
    assert {str(c) for c in rows[column].cat.categories} == values
    assert open_run(folder).slice == slice


def test_what_is_unknown_is_said_and_the_others_are_made(sliced: Sliced, command: Command) -> None:
    with mail_server() as postbox:
        config = sliced(postbox.port, "Project", {"Web Shpo": ["a@example.com"], "Identity": []})
        done = run(command, config)
        assert postbox.received == []
        checked = command("check", config)
    assert done.status == 1
    assert "1 of 1 slices made" in done.out
    assert "Unknown, and made for nobody: There is no such slice." in done.out
    assert "Did you mean Web Shop?" in done.out
    assert checked.status == 1
    assert "Project: 'Web Shpo'" in checked.out
    assert "Did you mean Web Shop?" in checked.out


def test_what_was_sent_is_not_sent_again_and_commands_know_slices(
    sliced: Sliced, command: Command
) -> None:
    with mail_server() as postbox:
        config = sliced(postbox.port, "Project", {"Web Shop": ["a@example.com"]})
        assert run(command, config).status == 0
        assert run(command, config, name="teams@web-shop").status == 0
        assert len(postbox.received) == 1
    there = ("--config", config, "--json")
    (edition,) = json.loads(command("editions", "--subscription", "teams", *there).out)
    assert (edition["subscription"], edition["revision"]) == ("teams@web-shop", 1)
    deliveries = json.loads(command("deliveries", "--subscription", "teams", *there).out)
    assert [(d["destination"], d["state"]) for d in deliveries] == [
        ("archive", "sent"),
        ("recipients", "sent"),
    ]
    again = config.parent / "again"
    name = "teams@web-shop/2026-09"
    done = command("rerun", name, "--as-sealed", "--out", again, "--config", config)
    assert done.status == 0, done.err
    (manifest,) = read_manifests(config.parent / "reports" / "teams" / "web-shop")
    for file in manifest.files:
        published = config.parent / "reports/teams/web-shop" / manifest.folder / file.name
        assert (again / file.name).read_bytes() == published.read_bytes()
    assert command("editions", "show", name, "--config", config).status == 0


def test_a_leak_holds_the_edition_and_tells_the_operators(
    sliced: Sliced, command: Command, tmp_path: Path
) -> None:
    note = tmp_path / "note.md"
    note.write_text("The Payments API was rebuilt in September.", encoding="utf-8")
    mapped = {"Web Shop": ["shop@example.com"], "Payments API": ["pay@example.com"]}
    with mail_server() as postbox:
        config = sliced(postbox.port, "Project", mapped, formats=["html", "pdf", "xlsx"])
        said = json.loads(config.read_text(encoding="utf-8"))
        said["notify"] = {"mail": ["ops@example.com"]}
        config.write_text(json.dumps(said), encoding="utf-8")
        done = run(command, config, "--note", str(note))
        assert done.status == 5
        received = dict(postbox.received)
        assert received.keys() == {"pay@example.com", "ops@example.com"}
        notice = texts(received["ops@example.com"])
        for where in (" ".join(done.out.split()), " ".join(notice.split())):
            assert "held: it would show what is not of its slice" in where
            assert "'Payments API'" in where
        assert not (config.parent / "reports" / "teams" / "web-shop").exists()
        (held_edition,) = (
            e
            for e in json.loads(command("editions", "--config", config, "--json").out)
            if e["state"] == "held"
        )
        assert held_edition["subscription"] == "teams@web-shop"
        name = "teams@web-shop/2026-09"
        there = ("--by", "Anna", "--note", "the note may be read by all", "--config", config)
        released = command("release", name, *there)
        assert released.status == 0, released.err
        assert [to for to, _ in postbox.received][-1] == "shop@example.com"


def test_a_name_of_a_file_is_looked_at_and_what_no_search_can_tell_is_said(
    sliced: Sliced, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def named(subscription: str, period: str, document: str, format: str) -> str:
        other = "payments-api" if document == "environment" else document
        return file_name(subscription, period, other, format)

    with mail_server() as postbox:
        config = sliced(postbox.port, "Project", {"Web Shop": ["shop@example.com"]})
        monkeypatch.setattr(render, "file_name", named)
        done = run(command, config, "--json")
        assert (done.status, postbox.received) == (5, [])
    ((why,),) = ([each["why"] for each in made["slices"]] for made in json.loads(done.out))
    assert "teams-web-shop-2026-09-payments-api.html, its name: 'Payments API'" in why
    (log,) = (
        path.read_text(encoding="utf-8")
        for path in (config.parent / "state" / "runs").glob("*/run.log")
        if "leak test" in path.read_text(encoding="utf-8")
    )
    (line,) = (line for line in log.splitlines() if "not testable in text" in line)
    assert "'在庫管理'" not in line
    assert "'Identity'" in line or "'Payments'" in line


EVERYWHERE = {
    "ProjectGroupIds": ["ProjectGroups-1", "ProjectGroups-2"],
    "EnvironmentGroups": [
        {"Name": "All", "Environments": [f"Environments-{number}" for number in range(1, 6)]}
    ],
    "TimeZone": "Europe/Berlin",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "by", "slice", "checked", "said"),
    [
        ("project", "Project", "Web Shop", 5, "What it states of 5 combinations"),
        ("project", "Tenant", "Café Zürich", 0, "so that nothing could be compared"),
        ("core", "Project", "Web Shop", 0, "Of the whole report, of which this is a part: 0 of"),
    ],
)
def test_the_strip_says_what_was_checked_of_a_slice_of_another_source(
    source: str, by: str, slice: str, checked: int, said: str, sliced: Sliced, command: Command
) -> None:
    config = sliced(25, by, {slice: []}, source=source, definition=EVERYWHERE)
    done = run(command, config)
    assert done.status == 0, done.err + done.out
    (page,) = config.parent.glob("reports/teams/*/*/*/r1/*-summary.html")
    text = html.unescape(page.read_text(encoding="utf-8"))
    assert said in text
    (check,) = (
        json.loads(path.read_bytes())
        for path in (config.parent / "state" / "runs").glob("*/cross-check.json")
    )
    assert check["differs"] == 0
    assert bool(check["figures"]) == bool(checked)
    assert check["agrees"] == check["figures"]
    nothing = "Octopus states no figures for these deployments, so nothing could be compared"
    assert (nothing in text) == (not checked)


@pytest.mark.slow
def test_a_wrong_figure_of_one_project_is_found_in_its_slice_alone(
    sliced: Sliced, command: Command, server: RunningServer
) -> None:
    mapped: dict[str, list[str]] = {"Web Shop": [], "Mobile Backend": []}
    config = sliced(25, "Project", mapped, source="project", definition=EVERYWHERE)
    with proxy(server, one_more("/Projects-1/insights/metrics")) as url:
        done = run(command, config, "--url", url, "--json")
    (result,) = json.loads(done.out)
    assert {each["slice"]: each["exitStatus"] for each in result["slices"]} == {
        "Web Shop": 1,
        "Mobile Backend": 0,
    }


def test_mails_of_slices_may_be_files(sliced: Sliced, command: Command) -> None:
    mapped = {"Web Shop": ["shop@example.com"], "Payments API": ["pay@example.com"]}
    config = sliced(25, "Project", mapped)
    said = json.loads(config.read_text(encoding="utf-8"))
    del said["mail"]
    config.write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(ConfigError, match="mail: is required"):
        load_config(config)
    outbox = {"path": "outbox", "sender": "reports@example.com"}
    said["subscriptions"]["teams"]["slices"]["eml"] = outbox
    config.write_text(json.dumps(said), encoding="utf-8")
    for _ in range(2):
        done = run(command, config)
        assert done.status == 0, done.err + done.out
        assert "4 of 4 deliveries made" in done.out
    files = sorted((config.parent / "outbox").iterdir())
    messages = {message_from_bytes(f.read_bytes(), policy=default)["To"]: f for f in files}
    assert messages.keys() == {"shop@example.com", "pay@example.com"}
    for to, own, other in (
        ("shop@example.com", "Web Shop", "Payments API"),
        ("pay@example.com", "Payments API", "Web Shop"),
    ):
        text = texts(messages[to].read_bytes())
        assert own in text
        assert other not in text
    assert "mails of teams" in command("check", config).out


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_with_the_same_pull(
    sliced: Sliced, command: Command, server: RunningServer
) -> None:
    names = [f"team-{n}@example.com" for n in range(4)]
    mapped = {project: [name] for project, name in zip(PROJECTS, names, strict=False)}
    kills = 0
    with mail_server() as postbox:
        config = sliced(postbox.port, "Project", mapped)
        when = ["--period", "2026-09", NOW]
        for arrived in (1, 3):
            there = [sys.executable, "-m", "insights_reports", "run", "teams"]
            with subprocess.Popen(
                [*there, "--config", str(config), *when], stdout=subprocess.PIPE
            ) as process:
                while len(postbox.received) < arrived and process.poll() is None:
                    time.sleep(0.02)
                process.kill()
            kills += process.returncode == -signal.SIGKILL
        assert kills == 2
        done = run(command, config, "--period", "2026-09")
        assert done.status == 0, done.err
        # A mail whose answer was under way when its run was killed may arrive again, as it was.
        assert len(set(postbox.received)) == 4
        assert len(postbox.received) <= 4 + kills
    assert sorted({to for to, _ in postbox.received}) == names
    assert "4 of 4 slices made" in done.out
    earlier = int(done.out.partition("made, ")[2].partition(" of them")[0])
    assert earlier >= 2
    assert len(list((config.parent / "state" / "pulls").iterdir())) == 1
    editions = json.loads(command("editions", "--config", config, "--json").out)
    assert sorted(e["revision"] for e in editions) == [1] * 4


def test_a_dry_run_and_a_test_leave_no_edition(sliced: Sliced, command: Command) -> None:
    with mail_server() as postbox:
        config = sliced(postbox.port, "Project", {"Web Shop": ["a@example.com"]})
        done = run(command, config, "--dry-run")
        assert (done.status, postbox.received) == (0, [])
        assert "1 of 1 slices made; 0 of 0 deliveries made" in done.out
        assert run(command, config, "--test-send", "me@example.com").status == 0
        assert [to for to, _ in postbox.received] == ["me@example.com"]
        there = ("--config", config, "--json")
        assert json.loads(command("editions", *there).out) == []
        (status,) = json.loads(command("status", *there).out)
        assert status["lastRun"]["outcome"] == "done, without an edition"
        assert not (config.parent / "reports").exists()
        out = config.parent / "out"
        assert run(command, config, "--out", str(out)).status == 0
        (manifest,) = read_manifests(out / "teams" / "web-shop")
        assert manifest.about.subscription == "teams@web-shop"
        assert len(postbox.received) == 1


@pytest.mark.slow
def test_a_signal_stops_it_and_the_next_run_makes_the_rest(
    sliced: Sliced, command: Command
) -> None:
    mapped = {project: [f"team-{n}@example.com"] for n, project in enumerate(PROJECTS[:4])}
    with mail_server() as postbox:
        config = sliced(postbox.port, "Project", mapped)
        when = ["--period", "2026-09", NOW]
        there = ["-m", "insights_reports", "run", "teams", "--config", str(config), *when]
        with subprocess.Popen([sys.executable, *there], stderr=subprocess.PIPE) as process:
            while not postbox.received and process.poll() is None:
                time.sleep(0.02)
            process.terminate()
            begun = time.process_time()
            assert process.wait(60) == 130
        assert time.process_time() - begun < 5
        records = sqlite3.connect(config.parent / "state" / "ledger.sqlite")
        outcomes = dict(records.execute("SELECT subscription, outcome FROM runs").fetchall())
        records.close()
        assert outcomes["teams"] == "interrupted"
        assert set(outcomes.values()) <= {"done", "interrupted"}
        done = run(command, config, "--period", "2026-09")
        assert done.status == 0, done.err
        assert sorted(to for to, _ in postbox.received) == [to for (to,) in mapped.values()]


def test_the_folder_of_a_slice_tells_what_a_pruned_run_was(
    sliced: Sliced, command: Command
) -> None:
    with mail_server() as postbox:
        mapped = {"Web Shop": ["a@example.com"]}
        assert run(command, sliced(postbox.port, "Project", mapped)).status == 0
        config = sliced(postbox.port, "Project", mapped, language="de")
        shutil.rmtree(config.parent / "state" / "runs")
        assert run(command, config).status == 0
        assert len(postbox.received) == 1
    found = read_manifests(config.parent / "reports" / "teams" / "web-shop")
    assert [(m.about.revision, m.about.reissue) for m in found] == [(1, False), (2, True)]


def test_a_lost_ledger_believes_the_folders_of_slices(sliced: Sliced, command: Command) -> None:
    with mail_server() as postbox:
        config = sliced(postbox.port, "Project", {"Web Shop": ["a@example.com"]})
        assert run(command, config).status == 0
        for file in (config.parent / "state").glob("ledger.sqlite*"):
            file.unlink()
        done = run(command, config)
        assert len(postbox.received) == 1  # held as in doubt, not mailed again without a word
    assert done.status == 5
    assert "the archive does" in done.out + done.err


def recipients_of(text: str, suffix: str, sliced: Sliced) -> Any:
    config = sliced(25, "Project", {})
    said = json.loads(config.read_text(encoding="utf-8"))
    slices = said["subscriptions"]["teams"]["slices"]
    del slices["recipients"]
    slices["recipients_file"] = f"teams{suffix}"
    config.write_text(json.dumps(said), encoding="utf-8")
    (config.parent / f"teams{suffix}").write_text(text, encoding="utf-8")
    return load_config(config)


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".csv", "slice,recipient\nWeb Shop,a@example.com\nIdentity,\n"),
        (".csv", "\ufeffrecipient;slice;note\na@example.com;Web Shop;x\n;Identity;\n"),
        (".yaml", "Web Shop: [a@example.com]\nIdentity: []\n"),
    ],
)
def test_recipients_stand_in_a_file(suffix: str, text: str, sliced: Sliced) -> None:
    config = recipients_of(text, suffix, sliced)
    policy = config.subscriptions["teams"].slices
    assert policy.recipients == {"Web Shop": ("a@example.com",), "Identity": ()}
    names = {"teams@web-shop": "Web Shop", "teams@identity": "Identity"}
    assert config.slices_of("teams") == names


@pytest.mark.parametrize(
    ("suffix", "text", "said"),
    [
        (".csv", "project,mail\nx,y\n", "line 1: 'project,mail': the columns must be slice and"),
        (".csv", "slice,recipient\n,a@example.com\n", "line 2: it names no slice"),
        (".csv", "slice,recipient\nWeb Shop,nobody\n", "'nobody': not one e-mail address"),
        (".yaml", "Web Shop: [a@example.com]\nWeb-Shop: []\n", "would both be called web-shop"),
        (".csv", "slice,recipient\n", "there is no slice"),
    ],
)
def test_a_file_of_recipients_that_cannot_be_used(
    suffix: str, text: str, said: str, sliced: Sliced
) -> None:
    with pytest.raises(Exception, match=said):
        recipients_of(text, suffix, sliced)


def test_slices_are_not_delivered_to_a_list_of_everybody(sliced: Sliced, command: Command) -> None:
    config = sliced(25, "Project", {"Web Shop": []}, deliver_to=["archive", "board"])
    said = json.loads(config.read_text(encoding="utf-8"))
    said["destinations"]["board"] = {"type": "mail", "to": ["b@example.com"]}
    config.write_text(json.dumps(said), encoding="utf-8")
    done = run(command, config)
    assert done.status == 2
    assert "'board': its recipients would get every slice" in done.err
