"""What each fault of the data does to a good reply, and to nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from insights_reports.errors import UsageError
from insights_reports.server import create_database, running_server
from insights_reports.server.data_faults import DATA_FAULTS, EXTRA_ID
from insights_reports.server.deletions import DELETIONS
from insights_reports.server.faults import Reply
from insights_reports.server.injection import Injection
from tests.server.conftest import MAIN, Api
from tests.server.hand import AS_OF

ROOT = Path(__file__).resolve().parents[2]
SPACE = "/api/Spaces-1"
PROJECT = f"{SPACE}/projects/Projects-3/insights"
Rows = list[dict[str, Any]]


def _struck(name: str, api: Api, path: str) -> tuple[str, Any]:
    """The status and the JSON that come instead of a reply."""
    injection = Injection.of_data(name)
    assert injection.strikes(path)
    good = Reply("200 OK", (), api.get(path, params={"timeRange": "LastYear"}).content, path)
    sent = b"".join(step for step in injection.fault(good) if isinstance(step, bytes))
    head, _, body = sent.partition(b"\r\n\r\n")
    return head.split(b"\r\n")[0].decode(), json.loads(body)


def _rows(reply: Any) -> Rows:
    return [each for stream in reply["Streams"] for each in stream["Deployments"]]


@pytest.mark.parametrize("path", [f"{MAIN}/deployments", f"{PROJECT}/deployments"])
@pytest.mark.parametrize(
    ("name", "field", "is_wrong"),
    [
        ("year-one-date", "CompletedTime", lambda value: value.startswith("0001-01-01T00:00:00")),
        ("null-completion", "CompletedTime", lambda value: value is None),
        ("no-such-date", "CompletedTime", lambda value: value.startswith("2026-02-30")),
        ("impossible-duration", "LeadTime", lambda value: len(value.split(":")[0]) == 11),
        ("long-version", "ReleaseVersion", lambda value: len(value) == 40_000),
    ],
)
def test_there_is_one_deployment_more_and_it_is_impossible(
    api: Api, path: str, name: str, field: str, is_wrong: Callable[[Any], bool]
) -> None:
    status, reply = _struck(name, api, path)
    extra, *others = _rows(reply)
    assert status == "HTTP/1.1 200 OK"
    assert extra["Id"] == EXTRA_ID
    assert is_wrong(extra[field])
    assert others == _rows(api.get(path).json())


def test_a_deployment_stands_twice(api: Api) -> None:
    _, reply = _struck("duplicate-deployment", api, f"{MAIN}/deployments")
    first, second, *others = _rows(reply)
    assert first == second
    assert [second, *others] == _rows(api.get(f"{MAIN}/deployments").json())


def test_a_previous_deployment_that_is_none(api: Api) -> None:
    _, reply = _struck("wrong-previous-id", api, f"{MAIN}/deployments")
    good = _rows(api.get(f"{MAIN}/deployments").json())
    changed = [(a, b) for a, b in zip(_rows(reply), good, strict=True) if a != b]
    assert len(changed) == 1
    assert changed[0][0] == changed[0][1] | {"PreviousSuccessfulDeploymentId": EXTRA_ID}


@pytest.mark.parametrize("path", [f"{MAIN}/metrics", f"{PROJECT}/metrics"])
def test_a_stated_figure_is_wrong(api: Api, path: str) -> None:
    _, reply = _struck("wrong-metric", api, path)
    good = api.get(path, params={"timeRange": "LastYear"}).json()
    wrong, right = (each["Series"][0]["Intervals"][0] for each in (reply, good))
    assert wrong["NumberOfSuccessfulDeployments"] == right["NumberOfSuccessfulDeployments"] + 1
    right["NumberOfSuccessfulDeployments"] += 1
    assert reply == good


@pytest.mark.parametrize(
    ("name", "streams"), [("no-streams", ...), ("streams-null", None), ("streams-text", "none")]
)
def test_the_structure_is_wrong(api: Api, name: str, streams: object) -> None:
    _, reply = _struck(name, api, f"{MAIN}/deployments")
    assert reply.get("Streams", ...) == streams
    assert "ReportName" in reply


@pytest.mark.parametrize("path", ["projects", "tenants/all", "environments/Environments-1"])
def test_nobody_changed_the_look_ups(api: Api, path: str) -> None:
    _, reply = _struck("year-one-lookup", api, f"{SPACE}/{path}")
    every = reply if isinstance(reply, list) else reply.get("Items", [reply])
    assert {each["LastModifiedOn"] for each in every} == {"0001-01-01T00:00:00.000+00:00"}


@pytest.mark.parametrize(
    ("name", "path", "field"),
    [("year-one-task", "tasks", "CompletedTime"), ("year-one-release", "releases", "Assembled")],
)
def test_the_first_of_a_page_has_no_time(api: Api, name: str, path: str, field: str) -> None:
    _, reply = _struck(name, api, f"{SPACE}/{path}")
    good = api.get(f"{SPACE}/{path}").json()
    assert reply["Items"][0][field].startswith("0001-01-01")
    assert reply["Items"][1:] == good["Items"][1:]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("feed-year-one-date", "<CompletedTime>0001-01-01T00:00:00.000+00:00</CompletedTime>"),
        ("feed-null-completion", "<CompletedTime></CompletedTime>"),
        ("feed-no-such-date", "<CompletedTime>2026-02-30T10:00:00</CompletedTime>"),
        ("feed-long-version", f"<ReleaseVersion>{'9' * 40_000}</ReleaseVersion>"),
    ],
)
def test_there_is_one_deployment_more_in_the_feed(api: Api, name: str, said: str) -> None:
    injection = Injection.of_data(name)
    path = f"{SPACE}/reporting/deployments/xml"
    assert injection.strikes(path)
    body = api.get(path).content
    sent = b"".join(injection.fault(Reply("200 OK", (), body, path)))  # type: ignore[arg-type]
    extra, _, others = sent.partition(b"</Deployment>")
    assert f"<DeploymentId>{EXTRA_ID}</DeploymentId>".encode() in extra
    assert said.encode() in extra
    assert others.count(b"<Deployment>") == body.count(b"<Deployment>")


@pytest.mark.parametrize("name", [name for name in DATA_FAULTS if name[-4:] in ("-403", "-404")])
def test_a_list_is_refused(api: Api, name: str) -> None:
    segment, _, status = name.replace("feed", "reporting/deployments/xml").rpartition("-")
    for path in (f"/{segment}", f"/{segment}/all"):
        said, reply = _struck(name, api, f"{SPACE}{path}")
        assert status in said
        assert reply["ErrorMessage"]
    assert not Injection.of_data(name).strikes(f"{MAIN}/deployments")


@pytest.mark.parametrize("text", ["nonsense", "year-one-date:x", "reset", "retention:1"])
def test_an_unknown_fault(text: str) -> None:
    with pytest.raises(UsageError, match="There is no such data fault") as caught:
        Injection.of_data(text)
    assert all(name in caught.value.remedy for name in (*DATA_FAULTS, *DELETIONS))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("faults") / "insights.sqlite"
    create_database(path, as_of=AS_OF)
    return path


def test_several_at_once_and_one_of_the_network(data: Path) -> None:
    faults = ["tenants-404", "tagsets-403", "year-one-date:1"]
    with (
        running_server(as_of=AS_OF, data=data, data_faults=faults, fault="server-error:1") as found,
        Api(found.url, found.api_key) as api,
    ):
        assert api.get(f"{SPACE}/tenants").status_code == 404
        assert api.get(f"{SPACE}/tagsets/all").status_code == 403
        assert _rows(api.get(f"{MAIN}/deployments").json())[0]["Id"] == EXTRA_ID
        assert api.get(f"{MAIN}/deployments").status_code == 500
        assert _rows(api.get(f"{MAIN}/deployments").json())[0]["Id"] != EXTRA_ID


def test_what_is_deleted_is_gone_but_not_from_the_history(api: Api, data: Path) -> None:
    feed = f"{SPACE}/reporting/deployments/xml"
    names = [name for name in DELETIONS if name != "deleted-release"]
    with (
        running_server(as_of=AS_OF, data=data, data_faults=names) as found,
        Api(found.url, found.api_key) as gone,
    ):
        for path in ("projects/Projects-10", "environments/Environments-6", "tenants/Tenants-14"):
            assert gone.get(f"{SPACE}/{path}").status_code == 404
        tenants = {each["Id"] for each in gone.get(f"{SPACE}/tenants/all").json()}
        assert tenants == {f"Tenants-{number}" for number in range(1, 14)}
        every = gone.get(f"{SPACE}/releases?take=9999").json()["Items"]
        assert every
        assert all(each["Assembled"][:10] >= "2026-08-21" for each in every)
        kept = {each["Id"] for each in every}
        deployments = gone.get(f"{SPACE}/deployments?take=99999").json()["Items"]
        assert {each["ReleaseId"] for each in deployments} <= kept
        assert "Environments-6" not in {each["EnvironmentId"] for each in deployments}
        tasks = gone.get(f"{SPACE}/tasks?take=99999").json()["Items"]
        assert {each["Id"] for each in tasks} == {each["TaskId"] for each in deployments}
        assert gone.get(feed).content == api.get(feed).content
        assert gone.get(f"{MAIN}/deployments").content == api.get(f"{MAIN}/deployments").content


def test_one_release_is_deleted_with_its_deployments(api: Api, data: Path) -> None:
    newest = api.get(f"{SPACE}/releases?take=1").json()["Items"][0]["Id"]
    with (
        running_server(as_of=AS_OF, data=data, data_faults=["deleted-release"]) as found,
        Api(found.url, found.api_key) as gone,
    ):
        assert gone.get(f"{SPACE}/releases/{newest}").status_code == 404
        assert gone.get(f"{SPACE}/releases/{newest}/deployments").status_code == 404
        assert newest not in gone.get(f"{SPACE}/deployments?take=99999").text


def test_the_documentation_names_every_fault_of_the_data() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    section = text.split("## Wrong data")[1].split("\n## ")[0]
    for name in (*DATA_FAULTS, *DELETIONS):
        assert f"`{name}`" in section
