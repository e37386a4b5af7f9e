"""What the laxest known server takes, and what the strictest requires."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.conftest import MAIN, Api
from tests.server.hand import AS_OF_TEXT

REPORTS = "/api/Spaces-1/insights/reports"
# Every field that Octopus's generated reference requires of a POST, in its order.
COMPLETE: dict[str, Any] = {
    "ChannelIds": [],
    "EnvironmentGroups": [],
    "Name": "Complete",
    "ProjectGroupIds": [],
    "ProjectIds": [],
    "SpaceId": "Spaces-1",
    "TenantIds": [],
    "TenantTags": [],
    "TimeZone": "UTC",
}


@pytest.fixture
def complete(strict: Api) -> Iterator[dict[str, Any]]:
    made = strict.post(REPORTS, json=COMPLETE)
    assert made.status_code == 200
    yield made.json()
    strict.delete(made.json()["Links"]["Self"])


@pytest.mark.parametrize("field", COMPLETE)
def test_the_strict_server_requires_each_field_of_a_new_report(strict: Api, field: str) -> None:
    sent = {key: value for key, value in COMPLETE.items() if key != field}
    for body in (sent, sent | {field: None}):
        refused = strict.post(REPORTS, json=body)
        assert refused.status_code == 400
        assert len(refused.json()["Errors"]) == 1
        assert field in refused.json()["Errors"][0]


@pytest.mark.parametrize("field", [*COMPLETE, "Id", "AllTenants", "TenantMode"])
def test_the_strict_server_requires_each_field_of_an_update(
    strict: Api, complete: dict[str, Any], field: str
) -> None:
    link = complete["Links"]["Self"]
    assert strict.put(link, json=complete).status_code == 200
    sent = {key: value for key, value in complete.items() if key != field}
    refused = strict.put(link, json=sent)
    assert refused.status_code == 400
    assert field in refused.json()["Errors"][0]


def test_the_strict_server_requires_a_split(strict: Api) -> None:
    refused = strict.get(f"{MAIN}/metrics")
    assert refused.json()["Errors"] == ["The split field is required."]
    stated = strict.get(f"{MAIN}/metrics", params={"split": "none"}).json()
    named = strict.get(f"{MAIN}/metrics", params={"split": "None", "timeRange": "LastQuarter"})
    assert stated == named.json()


def test_the_lax_server_takes_the_ids_from_the_path_and_null_for_absent(api: Api) -> None:
    sent = {"Name": "Lax", "TenantMode": None, "TenantIds": None, "TimeZone": None}
    made = api.post(REPORTS, json=sent | {"AllTenants": None, "EnvironmentGroups": None})
    report = made.json()
    api.delete(report["Links"]["Self"])
    assert made.status_code == 201
    assert report["SpaceId"] == "Spaces-1"
    assert (report["TenantMode"], report["TenantIds"]) == ("TenantedAndUntenanted", [])
    assert (report["TimeZone"], report["AllTenants"]) == ("UTC", False)


def test_enumerations_are_read_in_any_case_and_printed_in_one(api: Api) -> None:
    report = api.post(REPORTS, json={"Name": "Case", "TenantMode": "tenanted"}).json()
    api.delete(report["Links"]["Self"])
    assert report["TenantMode"] == "Tenanted"


@pytest.mark.parametrize("given", [1, "true", []])
def test_all_tenants_is_true_or_false(api: Api, given: object) -> None:
    refused = api.post(REPORTS, json={"Name": "Wrong", "AllTenants": given})
    assert refused.json()["Errors"] == ["The AllTenants must be true or false."]


def test_names_of_query_parameters_are_read_in_any_case(api: Api, nobody: Api) -> None:
    named = api.get(f"{MAIN}/metrics", params={"timeRange": "LastMonth", "split": "Project"})
    other = api.get(f"{MAIN}/metrics", params={"TIMERANGE": "LastMonth", "Split": "Project"})
    assert other.json() == named.json()
    key = {"ApiKey": api.headers["X-Octopus-ApiKey"]}
    assert nobody.get(MAIN, params=key).status_code == 200


def test_who_changed_a_report_and_when_is_the_servers_to_say(api: Api) -> None:
    made = api.post(REPORTS, json={"Name": "Mine", "LastModifiedBy": "me"}).json()
    api.delete(made["Links"]["Self"])
    assert made["LastModifiedBy"] == "insights-reports"
    assert made["LastModifiedOn"] == AS_OF_TEXT


def test_an_update_without_an_icon_leaves_it_alone(strict: Api) -> None:
    main = strict.get(MAIN).json()
    assert main["IconId"]
    sent = {key: value for key, value in main.items() if key not in ("IconId", "IconColor")}
    assert strict.put(MAIN, json=sent).json()["IconId"] == main["IconId"]


def test_the_wrapped_forms(api: Api) -> None:
    made = api.post(f"{REPORTS}/v1", json={"Name": "Wrapped"})
    report = made.json()["Report"]
    assert (made.status_code, report["Name"]) == (200, "Wrapped")
    link = f"/api/spaces/default/insights/reports/{report['Id']}/v1"
    assert api.get(link).json() == {"Report": report}
    changed = api.put(link, json={"Report": report | {"Name": "Again"}}).json()["Report"]
    assert changed["Name"] == "Again"
    assert api.get(f"{MAIN}/metrics/v1").json() == api.get(f"{MAIN}/metrics").json()
    gone = api.delete(link)
    assert (gone.status_code, gone.json()) == (200, {})
    assert api.get(link).status_code == 404


@pytest.mark.parametrize(
    ("given", "shown"),
    [("GMT", "UTC"), ("Etc/GMT", "UTC"), ("EST5EDT", "Eastern Standard Time")],
)
def test_a_zone_is_read_back_by_its_windows_id(api: Api, given: str, shown: str) -> None:
    report = api.post(REPORTS, json={"Name": given, "TimeZone": given}).json()
    api.delete(report["Links"]["Self"])
    assert report["TimeZone"] == shown


def test_an_unknown_key_has_words_of_its_own(nobody: Api) -> None:
    refused = nobody.get(MAIN, headers={"X-Octopus-ApiKey": "API-WRONG"})
    assert refused.status_code == 401
    assert refused.json()["ErrorMessage"] == "The API key you provided was not valid."
    none = nobody.get(MAIN)
    assert none.status_code == 401
    assert none.json()["ErrorMessage"].startswith("You must be logged in")
