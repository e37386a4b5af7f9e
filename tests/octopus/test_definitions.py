"""Definitions as code: pull, plan, apply, and then there is nothing left to do."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from insights_reports.errors import ConfigError, Invalid
from insights_reports.octopus import Client, Connection
from insights_reports.octopus.definitions.files import load, pull
from insights_reports.octopus.definitions.plan import apply, plan
from insights_reports.server.running import running_server


@pytest.fixture(scope="module")
def url_and_key() -> Iterator[tuple[str, str]]:
    with running_server(as_of=datetime(2026, 11, 1, tzinfo=UTC)) as server:
        yield server.url, server.api_key


@pytest.fixture
def client(url_and_key: tuple[str, str]) -> Iterator[Client]:
    url, key = url_and_key
    with Client(Connection.from_environment(url, environ={"OCTOPUS_API_KEY": key})) as octopus:
        known = {report.Id for report in octopus.reports.list()}
        yield octopus
        for report in list(octopus.reports.list()):
            if report.Id not in known:
                octopus.reports.delete(report.Id)


NEW = """\
Name: Made by a file
Description: "no"
ProjectIds: [Web Shop]
EnvironmentGroups:
  - Name: Production
    Environments: [Production EU, Production US]
TenantMode: Untenanted
TimeZone: Europe/Vienna
"""


def test_what_was_pulled_is_no_change(client: Client, tmp_path: Path) -> None:
    files = pull(client, tmp_path)
    assert len(files) == len(list(client.reports.list()))
    first = next(each for each in load(tmp_path).values() if each["ProjectIds"])
    assert first["EnvironmentGroups"][0]["Environments"][0].startswith("Environments-") is False
    assert not {"Id", "SpaceId", "Links"} & first.keys()
    assert str(plan(client, tmp_path, delete=True)).startswith("No changes.")


def test_create_change_and_delete_and_then_no_change(client: Client, tmp_path: Path) -> None:
    pull(client, tmp_path)
    file = tmp_path / "new.yaml"
    file.write_text(NEW)
    first = plan(client, tmp_path)
    assert str(first) == (
        '  + "Made by a file"\n'
        '      Name: "Made by a file"\n'
        '      Description: "no"\n'
        '      ProjectIds: ["Web Shop"]\n'
        '      EnvironmentGroups: [{"Name": "Production", '
        '"Environments": ["Production EU", "Production US"]}]\n'
        '      TenantMode: "Untenanted"\n'
        '      TimeZone: "Europe/Vienna"\n'
        "\n"
        "Plan: 1 to create, 0 to change, 0 to delete."
    )
    apply(client, first)
    assert not plan(client, tmp_path).steps
    made = client.reports.get("Made by a file")

    # Order, the zone's spelling and null for an empty list are no changes.
    text = NEW.replace("Europe/Vienna", "W. Europe Standard Time") + "TenantIds: null\n"
    file.write_text(
        text.replace("[Production EU, Production US]", "[Production US, Production EU]")
    )
    assert not plan(client, tmp_path).steps

    file.write_text(NEW.replace("[Web Shop]", "[Payments API, Identity]").replace('"no"', "yes"))
    second = plan(client, tmp_path)
    assert str(second) == (
        f'  ~ "Made by a file" ({made.Id})\n'
        '      Description: "no" -> "yes"\n'
        '      ProjectIds: + "Payments API", + "Identity", - "Web Shop"\n'
        "\n"
        "Plan: 0 to create, 1 to change, 0 to delete."
    )
    apply(client, second)
    assert not plan(client, tmp_path).steps

    file.unlink()
    assert not plan(client, tmp_path).steps  # deletion only when asked for
    third = plan(client, tmp_path, delete=True)
    assert str(third) == (
        f'  - "Made by a file" ({made.Id})\n\nPlan: 0 to create, 0 to change, 1 to delete.'
    )
    apply(client, third)
    assert not plan(client, tmp_path, delete=True).steps


def test_fields_that_a_file_does_not_mention_stay(client: Client, tmp_path: Path) -> None:
    made = client.reports.create({"Name": "Made by a file", "Description": "Keep this"})
    (tmp_path / "one.yml").write_text("Name: Made by a file\nTenantMode: Tenanted\n")
    apply(client, plan(client, tmp_path))
    after = client.reports.get(made.Id)
    assert (after.TenantMode, after.Description) == ("Tenanted", "Keep this")


def test_a_change_since_the_plan_is_not_overwritten(client: Client, tmp_path: Path) -> None:
    made = client.reports.create({"Name": "Made by a file"})
    (tmp_path / "one.yaml").write_text("Name: Made by a file\nDescription: Ours\n")
    planned = plan(client, tmp_path)
    client.reports.update(made.Id, {"Description": "Theirs"})
    with pytest.raises(Invalid, match="changed on the server"):
        apply(client, planned)
    assert client.reports.get(made.Id).Description == "Theirs"


def test_all_problems_of_all_files_at_once(client: Client, tmp_path: Path) -> None:
    texts = {
        "a.yaml": "Name: A\nName: B\n",
        "b.yaml": "- Name: B\n",
        "c.yaml": "Name: C\nId: InsightsReports-1\n",
        "d.yaml": "Name: D\nProjectIds: Web Shop\n",
        "e.yaml": "Name: E\nEnvironmentGroups: [{Name: x}]\n",
        "f.yaml": "Name: F\n",
        "g.yaml": "Name: F\n",
        "h.yaml": "[" * 1000,
        "i.yaml": "Name: \xff",
    }
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    words = [
        "duplicate key",
        "Name is missing",
        "Id: the server",
        "ProjectIds: must",
        "Environments",
        "is also that of f.yaml",
        "",
        "utf-8",
    ]
    files = [name for name in texts if name != "f.yaml"]
    assert len(caught.value.problems) == len(files)
    for line, name, word in zip(caught.value.problems, files, words, strict=True):
        assert name in line
        assert word in line
    with pytest.raises(ConfigError, match="no such folder"):
        load(tmp_path / "none")


def test_names_that_cannot_be_found_and_values_that_are_wrong(
    client: Client, tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text("Name: A\nProjectIds: [Nowhere, Projects-999]\n")
    (tmp_path / "b.yaml").write_text("Name: B\nChannelIds: [Default]\nTenantIds: [web shop]\n")
    with pytest.raises(ConfigError) as caught:
        plan(client, tmp_path)
    assert [line.partition(".yaml: ")[2].split(" ", 3)[:2] for line in caught.value.problems] == [
        ["projects:", "'Nowhere'"],
        ["projects:", "'Projects-999'"],
        ["channels:", "'Default'"],
        ["tenants:", "'web"],
    ]
    assert "is the name of Channels-" in caught.value.problems[2]


def test_values_that_octopus_would_reject(client: Client, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("Name: A\nTimeZone: Mars\nTenantMode: Some\n")
    with pytest.raises(ConfigError) as caught:
        plan(client, tmp_path)
    assert len(caught.value.problems) == 2
