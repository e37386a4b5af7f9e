"""Each fault of the data ends as its table in docs/cli.md says."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import pytest

from insights_reports.errors import BadReply
from insights_reports.octopus import Connection
from insights_reports.octopus.sources import SourceName
from insights_reports.pipeline.load import Pulled, load
from insights_reports.pipeline.pull import Wanted, pull
from insights_reports.server import RunningServer, running_server
from insights_reports.server.data_faults import DATA_FAULTS, EXTRA_ID
from insights_reports.server.deletions import DELETIONS
from tests.conftest import AS_OF, Command
from tests.pipeline.conftest import REPORT

DROPPED: dict[str, tuple[SourceName, str]] = {
    "year-one-date": ("insights", "not_completed"),
    "null-completion": ("insights", "not_completed"),
    "no-such-date": ("insights", "impossible.CompletedTime"),
    "impossible-duration": ("insights", "impossible.LeadTime"),
    "long-version": ("insights", "impossible.ReleaseVersion"),
    "feed-year-one-date": ("core", "not_completed"),
    "feed-null-completion": ("core", "not_completed"),
    "feed-no-such-date": ("core", "impossible.CompletedTime"),
    "feed-long-version": ("core", "impossible.ReleaseVersion"),
}
STRUCTURE: dict[str, tuple[SourceName, str]] = {
    "no-streams": ("insights", "Streams"),
    "streams-null": ("insights", "Streams"),
    "streams-text": ("insights", "Streams"),
    "feed-no-list": ("core", "Reports"),
}
NOTES = {
    "interruptions-403": "source_core_no_interruptions",
    "feed-403": "source_core_tasks",
    "feed-404": "source_core_tasks",
    "retention": "source_core_lost",
    "deleted-environment": "source_core_deleted",
    "deleted-tenant": "source_core_deleted",
}
SPLITS = {  # that say "no access"
    "tenants": {"TenantTagSet"},
    "tagsets": {"TenantTagSet"},
    "projectgroups": {"ProjectGroup"},
}
OTHERS = {
    *("duplicate-deployment", "wrong-previous-id", "wrong-metric", "year-one-lookup"),
    *("year-one-task", "year-one-release"),
    *("deleted-release", "deleted-project"),
}

EVERYTHING = {  # whichever deployment is the first of the feed, it is of this
    "ProjectGroupIds": [f"ProjectGroups-{number}" for number in range(1, 5)],
    "ChannelIds": ["Channels-101", "Channels-102"],
    "EnvironmentGroups": [
        {"Name": "All", "Environments": [f"Environments-{number}" for number in range(1, 7)]}
    ],
    "AllTenants": True,
}

Pull = Callable[..., Pulled]


@pytest.fixture(scope="module")
def pulled(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Pull:
    """A pull from the company with these faults of its data, each once."""

    @cache
    def pull_with(
        *faults: str,
        source: SourceName = "insights",
        splits: tuple[str, ...] = ("Project",),
        gone: str | None = None,
    ) -> Pulled:
        own = EVERYTHING | ({"ProjectIds": [gone]} if gone else {})
        wanted = Wanted(REPORT, splits=splits, ranges=("LastMonth",), granularities=("Monthly",))
        if source == "core":
            wanted = replace(wanted, source=source, definition=own)
        with faulty(server, *faults) as url:
            where = Connection.from_environment(url, environ={"OCTOPUS_API_KEY": server.api_key})
            folder = tmp_path_factory.mktemp("pull") / "sealed"
            pull(where, wanted, folder, as_of=AS_OF, progress=lambda what: None)
        return load(folder)

    return pull_with


@contextmanager
def faulty(server: RunningServer, *faults: str) -> Iterator[str]:
    """The address of a server with the company's data and these faults."""
    with running_server(
        as_of=AS_OF, data=server.data, data_faults=faults, api_key=server.api_key
    ) as other:
        yield other.url


def listed(found: Pulled) -> dict[str, tuple[str, ...]]:
    return found.deployments.dropped


def test_every_fault_stands_here() -> None:
    refused = {f"{kind}-{status}" for kind in SPLITS for status in (403, 404)}
    here = DROPPED.keys() | STRUCTURE.keys() | NOTES.keys() | refused | OTHERS
    assert here == DATA_FAULTS.keys() | set(DELETIONS)


@pytest.mark.parametrize("fault", DROPPED)
def test_a_deployment_that_cannot_be_is_listed_and_the_rest_computed(
    pulled: Pull, fault: str
) -> None:
    source, reason = DROPPED[fault]
    whole, found = pulled(source=source), pulled(fault, source=source)
    assert listed(whole) == {}
    assert listed(found) == {reason: (EXTRA_ID,)}
    assert found.deployments.table.equals(whole.deployments.table)


def test_the_year_one_of_a_task_is_listed_and_the_rest_computed(pulled: Pull) -> None:
    whole = pulled("feed-403", source="core").deployments.table
    found = pulled("feed-403", "year-one-task", source="core")
    gone = set(whole["deployment_id"]) - set(found.deployments.table["deployment_id"])
    assert gone
    assert listed(found).keys() == {"not_completed"}
    assert gone <= set(listed(found)["not_completed"])  # others are older than what is shown


def test_a_release_of_the_year_one_costs_no_deployment(pulled: Pull) -> None:
    whole = pulled(source="core").deployments.table
    found = pulled("year-one-release", source="core").deployments
    assert found.table["deployment_id"].equals(whole["deployment_id"])
    assert found.dropped == {}


@pytest.mark.parametrize("fault", STRUCTURE)
def test_another_structure_ends_the_run(pulled: Pull, fault: str) -> None:
    source, said = STRUCTURE[fault]
    with pytest.raises(BadReply) as caught:
        pulled(fault, source=source)
    assert said in str(caught.value)
    assert caught.value.exit_status == 3


@pytest.mark.parametrize("fault", NOTES)
def test_the_run_goes_on_and_says_what_it_cannot_know(pulled: Pull, fault: str) -> None:
    whole, found = pulled(source="core"), pulled(fault, source="core")
    assert f"gap.{NOTES[fault]}" in {gap.key for gap in found.gaps}
    assert f"gap.{NOTES[fault]}" not in {gap.key for gap in whole.gaps}
    ids = [each.deployments.table["deployment_id"] for each in (found, whole)]
    assert ids[0].equals(ids[1])


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("kind", SPLITS)
def test_a_list_that_is_refused_costs_its_split(pulled: Pull, kind: str, status: int) -> None:
    splits = ("Project", "Environment", *SPLITS[kind])
    found = pulled(f"{kind}-{status}", splits=splits)
    assert set(found.lookups.no_access) == SPLITS[kind]
    assert {table.source.split for table in found.stated} == {"Project", "Environment"}


def test_what_stands_twice_counts_once_and_a_look_up_that_nobody_changed_costs_nothing(
    pulled: Pull,
) -> None:
    whole, found = pulled(), pulled("duplicate-deployment", "year-one-lookup")
    ((reason, (twice,)),) = listed(found).items()
    assert reason == "duplicate"
    assert twice in set(found.deployments.table["deployment_id"])
    assert found.deployments.table.equals(whole.deployments.table)
    assert found.lookups == whole.lookups


def test_a_project_that_the_definition_names_is_gone_and_the_rest_goes_on(pulled: Pull) -> None:
    found = pulled("deleted-project", source="core", gone="Projects-10")
    assert "gap.definition_missing" in {gap.key for gap in found.gaps}
    whole = pulled(source="core").deployments.table
    rest = whole["deployment_id"][whole["project_id"] != "Projects-10"]
    assert set(found.deployments.table["deployment_id"]) == set(rest)
    assert 0 < len(rest) < len(whole)


def test_the_newest_release_is_gone_and_its_deployments_count(pulled: Pull) -> None:
    whole = pulled(source="core").deployments.table
    found = pulled("deleted-release", source="core").deployments.table
    assert found["deployment_id"].equals(whole["deployment_id"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ("wrong-metric", 1, "NumberOfSuccessfulDeployments"),
        ("wrong-previous-id", 0, "PreviousSuccessfulDeploymentId"),
        ("no-streams", 3, "Streams"),
        ("year-one-date", 0, "agree"),
    ],
)
def test_the_exit_status_of_a_cross_check(
    command: Command, server: RunningServer, fault: str, status: int, said: str
) -> None:
    with faulty(server, fault) as url:
        done = command("cross-check", REPORT, "--url", url, f"--as-of={AS_OF.isoformat()}")
    assert done.status == status, done.err + done.out
    assert said in done.out + done.err
