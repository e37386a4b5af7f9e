"""What moved between two makings of an edition."""

from datetime import UTC, datetime
from typing import Any

from insights_reports.edition.differences import (
    Edit,
    PullDifferences,
    Redefined,
    Renamed,
    Subject,
    differences,
    sentences,
)
from insights_reports.formats.words.words import words
from tests.edition.inputs import HOUR, deployment
from tests.metrics.tables import table

DAY = datetime(2026, 9, 14, 12, tzinfo=UTC)


def subject(*rows: Any, definition: dict[str, Any] | None = None, **names: Any) -> Subject:
    return Subject(table(list(rows)), definition or {}, names)


def english(found: PullDifferences) -> list[str]:
    return [
        words("en").phrase(each).replace("\N{NO-BREAK SPACE}", " ") for each in sentences(found)
    ]


def test_nothing_moved_is_nothing() -> None:
    same = subject(deployment(1, DAY), deployment(2, DAY, lead_time=None))
    assert not differences(same, same)
    assert english(differences(same, same)) == []


def test_a_late_deployment_an_edited_state_and_a_renamed_project() -> None:
    before = subject(deployment(1, DAY), deployment(2, DAY), deployment(3, DAY, lead_time=HOUR))
    now = subject(
        deployment(1, DAY, project_name="Store"),
        deployment(2, DAY, project_name="Store", task_state="Failed"),
        deployment(3, DAY, project_name="Store", lead_time=2 * HOUR),
        deployment(4, DAY, project_name="Store"),
    )
    found = differences(before, now)
    assert found == PullDifferences(
        late=("Deployments-4",),
        edits=(Edit("Deployments-2", "task_state", "Success", "Failed"),),
        renamed=(Renamed("Projects-1", "Shop", "Store"),),
        derived={"lead_time": 1},
    )
    assert english(found) == [
        "1 deployment arrived late: Deployments-4.",
        "The state of 1 deployment is now Failed, before Success: Deployments-2.",
        "Projects-1 is called Store, before Shop.",
    ]


def test_what_is_gone_another_definition_and_a_renamed_group() -> None:
    fields = {"Name": "Report", "ProjectIds": ["Projects-1"]}
    rows = [deployment(n, DAY) for n in range(1, 8)]
    before = subject(*rows, definition=fields, **{"ProjectGroups-1": "Web"})
    now = subject(definition=fields | {"ProjectIds": []}, **{"ProjectGroups-1": "Shops"})
    found = differences(before, now)
    assert found.redefined == (Redefined("ProjectIds", ["Projects-1"], []),)
    assert english(found) == [
        "7 deployments are not in Octopus any more: Deployments-1, Deployments-2, Deployments-3, "
        "Deployments-4, Deployments-5, ….",
        "ProjectGroups-1 is called Shops, before Web.",
        "The report's definition changed: ProjectIds.",
    ]


def test_a_deployment_that_moved_to_another_environment_is_edited_otherwise() -> None:
    before, now = subject(deployment(1, DAY)), subject(deployment(1, DAY, environment_id="E-2"))
    assert english(differences(before, now)) == [
        "1 deployment was edited otherwise: Deployments-1."
    ]
