"""Which series a deployment counts in."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from insights_reports.errors import UsageError
from insights_reports.metrics import Lookups, Split, Tabulator
from tests.metrics.reference import Row
from tests.metrics.tables import table, ticks

NOON = ticks("2026-09-14T12:00:00")
RANGE = (date(2026, 9, 14), date(2026, 9, 15))

NONE = Lookups()


def split(
    name: Split, rows: list[dict[str, Any]], lookups: Lookups = NONE, tag_set: str | None = None
) -> dict[tuple[str, str | None], int]:
    """{(key, name): total}, in the order of the table."""
    deployments = table([Row(f"Deployments-{n}", NOON, **row) for n, row in enumerate(rows)])
    tabulator = Tabulator(deployments, ZoneInfo("UTC"), lookups)
    found = tabulator.figures(name, *RANGE, None, tag_set=tag_set)
    keys = list(zip(found["series_key"], found["series_name"], strict=True))
    assert tabulator.series(name, tag_set) == tuple(keys)
    return dict(zip(keys, found["total"].tolist(), strict=True))


def test_none_is_the_one_series_all() -> None:
    assert split("None", [{}, {}]) == {("All", "All"): 2}


def test_two_projects_of_one_name_stay_two_series() -> None:
    rows = [
        {"project_id": "Projects-10", "project_name": "Shop"},
        {"project_id": "Projects-9", "project_name": "Shop"},
        {"project_id": "Projects-10", "project_name": "Shop"},
    ]
    found = split("Project", rows)
    assert list(found.items()) == [(("Projects-9", "Shop"), 1), (("Projects-10", "Shop"), 2)]


def test_a_name_that_may_not_be_seen_is_none_and_stays_a_series_of_its_own() -> None:
    rows: list[dict[str, Any]] = [
        {"environment_id": "Environments-7", "environment_name": None},
        {"environment_id": "Environments-8", "environment_name": None},
        {"environment_id": "Environments-1", "environment_name": "Test"},
    ]
    found = split("Environment", rows)
    assert list(found) == [
        ("Environments-1", "Test"),
        ("Environments-7", None),
        ("Environments-8", None),
    ]


def test_a_renamed_project_is_one_series_by_its_latest_name() -> None:
    rows = [
        Row("Deployments-1", NOON + 5, project_name="New"),
        Row("Deployments-2", NOON, project_name="Old"),
        Row("Deployments-3", NOON + 1, project_name="Old"),
    ]
    for order in (rows, rows[::-1]):
        tabulator = Tabulator(table(order), ZoneInfo("UTC"), Lookups())
        assert tabulator.series("Project") == (("Projects-1", "New"),)


def test_project_groups_are_looked_up() -> None:
    lookups = Lookups(
        project_groups={"Projects-1": "ProjectGroups-1", "Projects-2": "ProjectGroups-2"},
        project_group_names={"ProjectGroups-1": "Web"},
    )
    rows = [{"project_id": f"Projects-{n}"} for n in (1, 1, 2, 3)]
    assert split("ProjectGroup", rows, lookups) == {
        ("ProjectGroups-1", "Web"): 2,
        ("ProjectGroups-2", None): 1,
        ("Unknown", None): 1,
    }


def test_an_environment_counts_in_every_group_that_holds_it_and_in_none_without_one() -> None:
    lookups = Lookups(
        environment_groups=(
            ("Production", ("Environments-1",)),
            ("Customer-facing", ("Environments-1", "Environments-2", "Environments-2")),
        )
    )
    rows = [{"environment_id": f"Environments-{n}"} for n in (1, 2, 3)]
    assert split("EnvironmentGroup", rows, lookups) == {
        ("Customer-facing", "Customer-facing"): 2,
        ("Production", "Production"): 1,
    }


def test_deployments_without_a_tenant_are_untenanted() -> None:
    rows = [{}, {"tenant_id": "Tenants-1", "tenant_name": "Acme"}, {"tenant_id": "Tenants-2"}]
    assert list(split("Tenant", rows)) == [
        ("Tenants-1", "Acme"),
        ("Tenants-2", None),
        ("Untenanted", "Untenanted"),
    ]


def test_a_tenant_counts_in_each_of_its_tags_of_the_set() -> None:
    lookups = Lookups(
        tenant_tags={
            "Tenants-1": ("Region/Europe", "Region/Asia", "Ring/One"),
            "Tenants-2": ("region/EUROPE",),
            "Tenants-3": ("Ring/One", "Regional/North"),
        },
        tag_sets={"TagSets-1": "Region", "TagSets-2": "Ring"},
    )
    rows = [{"tenant_id": f"Tenants-{n}"} for n in (1, 2, 3, 4)] + [{}]
    assert split("TenantTagSet", rows, lookups, "TagSets-1") == {
        ("Region/Asia", "Asia"): 1,
        ("Region/Europe", "Europe"): 2,  # tags are one whatever their case
        ("Untagged", "Untagged"): 1,
        ("Untenanted", "Untenanted"): 1,
        ("Unknown", None): 1,  # a tenant that could not be looked up may have any tag
    }


@pytest.mark.parametrize("tag_set", [None, "TagSets-9", "Region"])
def test_a_tag_set_that_is_not_known_is_refused(tag_set: str | None) -> None:
    with pytest.raises(UsageError) as refused:
        split("TenantTagSet", [{}], Lookups(tag_sets={"TagSets-1": "Region"}), tag_set)
    assert repr(tag_set) in refused.value.which
