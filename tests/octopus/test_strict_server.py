"""What the strictest known server requires is sent, and what it decides itself never is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from insights_reports.errors import Invalid, UsageError
from insights_reports.octopus import Client, Connection
from insights_reports.octopus.definitions.files import load, pull
from insights_reports.octopus.definitions.plan import apply, plan
from insights_reports.server import RunningServer, running_server
from tests.conftest import AS_OF

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture(scope="module")
def strict() -> Iterator[RunningServer]:
    with running_server(as_of=AS_OF, strict=True) as server:
        yield server


@pytest.fixture
def client(strict: RunningServer) -> Iterator[Client]:
    where = Connection.from_environment(strict.url, environ={"OCTOPUS_API_KEY": strict.api_key})
    with Client(where) as octopus:
        known = {report.Id for report in octopus.reports.list()}
        yield octopus
        for report in list(octopus.reports.list()):
            if report.Id not in known:
                octopus.reports.delete(report.Id)


def test_a_report_needs_no_more_than_a_name(client: Client) -> None:
    made = client.reports.create({"Name": "Bare", "TenantIds": None, "TimeZone": None})
    assert made.raw["ChannelIds"] == made.raw["TenantTags"] == made.raw["EnvironmentGroups"] == []
    assert (made.AllTenants, made.TenantMode) == (False, "TenantedAndUntenanted")
    changed = client.reports.update(made.Id, {"AllTenants": True, "TenantMode": None})
    assert (changed.AllTenants, changed.TenantMode) == (True, "TenantedAndUntenanted")


def test_what_the_server_decides_is_in_no_file_and_no_plan(client: Client, tmp_path: Path) -> None:
    report = client.reports.create({"Name": "Edited by somebody", "AllTenants": True})
    client.reports.update(report.Id, {"Description": "first"})
    pull(client, tmp_path)
    (mine,) = [each for each in load(tmp_path).values() if each["Name"] == report.Name]
    assert not {"LastModifiedBy", "LastModifiedOn"} & mine.keys()
    assert mine["AllTenants"] is True
    client.reports.update(report.Id, {"Description": "edited", "AllTenants": False})
    found = str(plan(client, tmp_path))
    assert '"edited" -> "first"' in found
    assert "AllTenants: false -> true" in found
    assert "LastModified" not in found
    apply(client, plan(client, tmp_path))
    assert str(plan(client, tmp_path)).startswith("No changes.")


@pytest.mark.parametrize("zone", ["GMT", "EST5EDT", "Europe/Uzhgorod", "Asia/Kolkata", "UTC"])
def test_a_plan_is_clean_after_one_apply_in_every_zone(
    client: Client, tmp_path: Path, zone: str
) -> None:
    (tmp_path / "new.yaml").write_text(f"Name: Zoned\nTimeZone: {zone}\n")
    apply(client, plan(client, tmp_path))
    assert str(plan(client, tmp_path)).startswith("No changes.")


def test_logos_are_taken_shown_and_replaced_by_an_icon(client: Client) -> None:
    report = client.reports.create({"Name": "With a logo"})
    client.reports.upload_logo(report.Id, "logo.png", PNG)
    assert client.reports.logo(report.Id) == PNG
    client.reports.choose_icon(report.Id, "map-signs", "#0D80D8")
    assert client.reports.logo(report.Id).startswith(b"<svg")
    assert client.reports.get(report.Id).IconId == "map-signs"
    with pytest.raises(Invalid, match="PNG"):
        client.reports.upload_logo(report.Id, "logo.txt", b"no image")
    with pytest.raises(UsageError, match="blue"):
        client.reports.choose_icon(report.Id, "map-signs", "blue")
