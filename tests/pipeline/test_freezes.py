"""Freezes that Octopus knows: which close days, what is said of them, and what is not known."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from insights_reports.delivery import read_manifests
from insights_reports.edition.settings import Dated, Settings
from insights_reports.edition.values import Name
from insights_reports.judgement import Calendar
from insights_reports.octopus.resources import DeploymentFreeze
from insights_reports.pipeline.freezes import with_freezes
from insights_reports.server import RunningServer
from tests.conftest import Done
from tests.edition.inputs import deployment, inputs, settings
from tests.pipeline.conftest import Configure
from tests.proxies import proxy

ROWS = [
    deployment(n, datetime(2026, 9, n, 9, tzinfo=UTC), project_id=f"Projects-{1 + n % 10}",
               environment_id="Environments-2")
    for n in range(1, 21)
]  # fmt: skip
NINE_OF_TEN = {f"Projects-{n}": ["Environments-2"] for n in range(1, 10)}


def freeze(**changes: Any) -> DeploymentFreeze:
    plain = {
        "Id": "DeploymentFreezes-1",
        "Name": "Summer",
        "Start": "2026-08-03T22:00:00.000+00:00",  # midnight in Berlin
        "End": "2026-08-08T22:00:00.000+00:00",
        "RecurringSchedule": None,
        "ProjectEnvironmentScope": NINE_OF_TEN,
    }
    return DeploymentFreeze.model_validate(plain | changes)


def closed(*freezes: DeploymentFreeze) -> Settings:
    return with_freezes(settings(calendar=Calendar()), inputs(ROWS), freezes)


def test_a_freeze_of_nine_tenths_of_the_deployments_closes_its_days() -> None:
    found = closed(freeze())
    assert found.calendar is not None
    assert found.calendar.freezes == ((date(2026, 8, 4), date(2026, 8, 9)),)
    summer = Name("Summer", "DeploymentFreezes-1")
    assert found.dated == (Dated(date(2026, 8, 4), date(2026, 8, 9), summer, freeze=True),)
    assert [said.key for said in found.freezes_said] == ["method.freezes.taken"]


@pytest.mark.parametrize(
    "changes",
    [
        {"ProjectEnvironmentScope": {f"Projects-{n}": ["Environments-2"] for n in range(1, 9)}},
        {"ProjectEnvironmentScope": {f"Projects-{n}": ["Environments-1"] for n in range(1, 11)}},
        {"ProjectEnvironmentScope": None},
        {"RecurringSchedule": {"Type": "Weekly", "Unit": 1}},
    ],
)
def test_a_freeze_of_less_or_of_unknown_days_closes_none_and_is_counted(
    changes: dict[str, Any],
) -> None:
    found = closed(freeze(**changes))
    assert found.calendar == Calendar()
    [said] = found.freezes_said
    assert (said.key, said.values) == ("method.freezes.others", {"n": 1})


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2026-08-03T10:00:00Z", "2026-08-06T10:00:00Z", ((date(2026, 8, 4), date(2026, 8, 6)),)),
        ("2026-08-03T22:00:00Z", "2026-08-04T21:59:59Z", ((date(2026, 8, 4), date(2026, 8, 5)),)),
        ("2026-08-03T20:00:00Z", "2026-08-04T04:00:00Z", ()),  # a night
    ],
)
def test_only_whole_days_are_closed(start: str, end: str, days: Any) -> None:
    calendar = closed(freeze(Start=start, End=end)).calendar
    assert calendar is not None
    assert calendar.freezes == days


@pytest.mark.parametrize(
    ("end", "years"),
    [
        ({}, [2025, 2026]),
        ({"EndAfterOccurrences": 3}, [2025]),
        ({"EndOnDate": "2025-12-31T00:00:00Z"}, [2025]),
        ({"Unit": 2}, [2025]),
    ],
)
def test_what_recurs_each_year_is_known_for_the_years_of_the_data(
    end: dict[str, Any], years: list[int]
) -> None:
    """From 2023 on; the data begin in October 2025, the period ends with September 2026."""
    found = closed(
        freeze(
            Start="2023-09-09T22:00:00Z",
            End="2023-09-11T22:00:00Z",
            RecurringSchedule={"Type": "Annually", "Unit": 1, **end},
        ),
        freeze(
            Id="DeploymentFreezes-2",
            Start="2023-12-23T23:00:00Z",
            End="2023-12-26T23:00:00Z",
            RecurringSchedule={"Type": "Annually", "Unit": 1, **end},
        ),
    )
    assert [one.start.year for one in found.dated] == years


def test_without_a_calendar_every_day_counts_and_what_may_not_be_read_is_said() -> None:
    plain = settings()
    assert with_freezes(plain, inputs(ROWS), [freeze()]) is plain
    found = with_freezes(settings(calendar=Calendar()), inputs(ROWS), None)
    assert [said.key for said in found.freezes_said] == ["method.freezes.denied"]
    assert [said.key for said in closed().freezes_said] == ["method.freezes.none"]


def page(configure: Configure, run: Callable[..., Done], *options: str) -> str:
    notes = [{"from": "2026-09-10", "text": "Move to <b>Kiel</b>"}]
    config = configure(calendar={"country": "DE", "notes": notes})
    done = run(config, *options)
    assert done.status == 0, done.err
    (manifest,) = read_manifests(config.parent / "reports")
    path = config.parent / "reports" / manifest.folder / "monthly-2026-09-summary.html"
    return path.read_text("utf-8")


def test_the_freeze_of_the_company_stands_on_the_page(
    configure: Configure, run: Callable[..., Done]
) -> None:
    text = page(configure, run)
    assert "Octopus states a freeze 19 December 2025 to 3 January 2026 (Christmas 2025)" in text
    assert "freeze: Christmas 2025" in text  # in the charts
    assert "Christmas 2026" not in text  # after the period
    assert "10 September 2026: Move to &lt;b&gt;Kiel&lt;/b&gt;." in text
    assert "<b>Kiel" not in text


@pytest.mark.parametrize("status", [403, 404])
def test_a_refused_freeze_is_no_error_and_said(
    configure: Configure, run: Callable[..., Done], server: RunningServer, status: int
) -> None:
    with proxy(server, lambda path, body: body, refuse={"/deploymentfreezes": status}) as url:
        text = page(configure, run, "--url", url)
    assert "Freezes that Octopus may state are not known" in text
    assert "Christmas 2025" not in text
