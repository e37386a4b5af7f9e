"""Subscriptions to events: kept, listed, replaced and deleted as Octopus's client does."""

import os
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from insights_reports.server import RunningServer, running_server
from tests.server.conftest import Api
from tests.server.hand import AS_OF

SUBSCRIPTIONS = "/api/Spaces-1/subscriptions"
DOCS = Path(__file__).parents[2] / "docs" / "operations.md"


def definition(name: str, **event: Any) -> dict[str, Any]:
    wanted = {
        "Filter": {"EventCategories": ["DeploymentSucceeded"]},
        "WebhookURI": "https://reports.example.com/webhook",
        "WebhookHeaderKey": "X-Secret",
        "WebhookHeaderValue": "0123456789abcdef",
    }
    return {"Name": name, "EventNotificationSubscription": wanted | event}


def test_a_subscription_from_its_making_to_its_end(api: Api) -> None:
    made = api.post(SUBSCRIPTIONS, json=definition("Whole", SlackDigestFormat="Summary"))
    assert made.status_code == 201
    one = made.json()
    assert (one["Name"], one["Type"], one["IsDisabled"]) == ("Whole", "Event", False)
    assert one["SpaceId"] == "Spaces-1"
    event = one["EventNotificationSubscription"]
    assert event["WebhookTimeout"] == "00:00:10"
    assert event["Filter"]["EventCategories"] == ["DeploymentSucceeded"]
    assert event["Filter"]["Environments"] == []
    assert event["SlackDigestFormat"] == "Summary"  # which this server does not know
    link = one["Links"]["Self"]
    assert link == f"{SUBSCRIPTIONS}/{one['Id']}"
    assert api.get(link).json() == one

    changed = api.put(link, json=one | {"IsDisabled": True})
    assert (changed.status_code, changed.json()) == (200, one | {"IsDisabled": True})
    assert api.get(link).json()["IsDisabled"] is True
    assert api.delete(link).status_code == 200
    assert api.get(link).status_code == 404
    assert api.delete(link).status_code == 404
    assert api.put(link, json=one).status_code == 404


def test_the_list_is_by_name_in_pages_and_can_be_searched(api: Api) -> None:
    made = [api.post(SUBSCRIPTIONS, json=definition(name)).json() for name in ("LB", "la", "Lc")]
    page = api.get(f"{SUBSCRIPTIONS}?partialName=l&take=2").json()
    assert (page["ItemType"], page["TotalResults"]) == ("Subscription", 3)
    assert [each["Name"] for each in page["Items"]] == ["la", "LB"]
    chosen = f"{SUBSCRIPTIONS}?ids={made[2]['Id']},Subscriptions-999"
    assert [each["Name"] for each in api.get(chosen).json()["Items"]] == ["Lc"]
    for each in made:
        api.delete(each["Links"]["Self"])
    assert api.get(SUBSCRIPTIONS).json()["TotalResults"] == 0


def test_a_name_is_taken_whatever_its_case(api: Api) -> None:
    made = api.post(SUBSCRIPTIONS, json=definition("Taken")).json()
    again = api.post(SUBSCRIPTIONS, json=definition("TAKEN"))
    assert again.status_code == 409
    assert "'TAKEN' already exists" in again.text
    api.delete(made["Links"]["Self"])


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (definition(""), "Please provide a value for the Name."),
        ({"Name": "x"}, "The EventNotificationSubscription field is required."),
        (definition("x") | {"Type": "Mail"}, "The Type 'Mail' must be Event."),
        (definition("x") | {"IsDisabled": 1}, "The IsDisabled must be true or false."),
        (
            definition("x", WebhookURI="ftp://example.com"),
            "The WebhookURI 'ftp://example.com' is not an absolute http or https URI.",
        ),
        (
            definition("x", WebhookURI="http://[::1"),
            "The WebhookURI 'http://[::1' is not an absolute http or https URI.",
        ),
        (
            definition("x", WebhookTimeout="10"),
            "The WebhookTimeout '10' is not a time span such as 00:00:10.",
        ),
        (definition("x", WebhookHeaderValue=5), "The WebhookHeaderValue must be a text."),
        (
            definition("x", Filter={"Projects": "Projects-1"}),
            "The Filter.Projects must be an array of texts.",
        ),
        (definition("x", Filter=[]), "The Filter must be an object."),
        (
            definition("x", Filter={"Tags": ["Region/EU"]}),
            "The Filter.Tags is none that this server can filter by.",
        ),
        (
            definition("x") | {"SpaceId": "Spaces-2"},
            "The SpaceId 'Spaces-2' is not that of the space 'Spaces-1'.",
        ),
    ],
)
def test_what_is_wrong_with_a_subscription(api: Api, sent: dict[str, Any], error: str) -> None:
    refused = api.post(SUBSCRIPTIONS, json=sent)
    assert (refused.status_code, refused.json()["Errors"]) == (400, [error])


def test_who_may_see_less_sees_no_subscription(restricted: Api, nobody: Api) -> None:
    """It holds the secret of its webhook."""
    assert restricted.get(SUBSCRIPTIONS).status_code == 403
    assert restricted.post(SUBSCRIPTIONS, json=definition("x")).status_code == 403
    assert nobody.get(SUBSCRIPTIONS).status_code == 401


def test_the_curl_of_the_docs_makes_one(server: RunningServer, api: Api) -> None:
    (command,) = re.findall(r"```sh\n(curl [^`]*/subscriptions[^`]*)```", DOCS.read_text("utf-8"))
    known = {"OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key, "no_proxy": "*"}
    done = subprocess.run(
        ["bash", "-c", command], env=os.environ | known, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr + done.stdout
    (made,) = api.get(f"{SUBSCRIPTIONS}?partialName=Insights Reports").json()["Items"]
    event = made["EventNotificationSubscription"]
    assert event["WebhookURI"] == "https://reports.example.com/webhook"
    assert event["WebhookHeaderKey"] == "X-Insights-Reports-Secret"
    assert event["Filter"]["EventCategories"] == ["DeploymentSucceeded", "DeploymentFailed"]
    assert api.delete(made["Links"]["Self"]).status_code == 200


def test_a_database_from_before_has_them_after_a_start_and_keeps_them(tmp_path: Path) -> None:
    data = tmp_path / "data.sqlite"
    with running_server(data=data, as_of=AS_OF):
        pass
    with closing(sqlite3.connect(data)) as before:
        before.execute("DROP TABLE subscriptions")
    with running_server(data=data, as_of=AS_OF) as running, Api(running.url, running.api_key) as a:
        assert a.post(SUBSCRIPTIONS, json=definition("Kept")).status_code == 201
    with running_server(data=data, as_of=AS_OF) as running, Api(running.url, running.api_key) as a:
        assert [each["Name"] for each in a.get(SUBSCRIPTIONS).json()["Items"]] == ["Kept"]
