"""Freezes that Octopus knows: which close days, what is said of them, and what is not known."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from insights_reports.delivery import read_manifests
from insights_reports.edition.cases import Group
from insights_reports.edition.facts import Facts
from insights_reports.edition.settings import Dated, Settings
from insights_reports.edition.values import Name
from insights_reports.judgement import Calendar
from insights_reports.octopus.resources import DeploymentFreeze
from insights_reports.pipeline.freezes import with_freezes
from insights_reports.server import RunningServer
from tests.conftest import Done
from tests.edition.inputs import deployment, inputs, instant, settings
from tests.pipeline.conftest import Configure
from tests.proxies import proxy

ROWS = [
    deployment(n, datetime(2026, 9, n, 9, tzinfo=UTC), project_id=f"Projects-{1 + n % 10}",
               environment_id="Environments-2")
    for n in range(1, 21)
] + [deployment(21, datetime(2026, 7, 1, tzinfo=UTC), project_id="Projects-1",
                environment_id="Environments-2")
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


def monthly(kind: str = "DateOfMonth", **fields: Any) -> dict[str, Any]:
    schedule = {"Type": "Monthly", "Unit": 1, "MonthlyScheduleType": kind} | fields
    return {"RecurringSchedule": schedule}


def closed(*freezes: DeploymentFreeze) -> Settings:
    return with_freezes(settings(calendar=Calendar()), inputs(ROWS), freezes)


def days_of(found: Settings) -> list[tuple[tuple[date, date], ...]]:
    return [one.spans for one in found.freezes]


def keys(found: Settings) -> list[str]:
    return [said.key.removeprefix("method.freezes.") for said in found.freezes_said]


AUGUST = ((date(2026, 8, 4), date(2026, 8, 9)),)


def test_a_freeze_of_nine_tenths_of_the_deployments_closes_its_days() -> None:
    found = closed(freeze())
    assert days_of(found) == [AUGUST]
    assert open_in(found, date(2026, 8, 1))["whole"] == 21 - 4  # Tuesday to Friday
    summer = Name("Summer", "DeploymentFreezes-1")
    assert found.dated == (Dated(date(2026, 8, 4), date(2026, 8, 9), summer, freeze=True),)
    assert keys(found) == ["taken"]


def open_in(found: Settings, month: date) -> dict[str, float]:
    """The open days of a month for the whole and for each project."""
    facts = Facts(inputs(ROWS), found)
    opened: dict[str, float] = {}
    for slices in (facts.whole, facts.slices("Project")):
        group = Group(facts, slices)
        at = [span.start for span in facts.past].index(month)
        names = ("whole",) if slices is facts.whole else slices.keys
        opened |= {name: group.exposure[0][row, at] for row, name in enumerate(names)}
    return opened


@pytest.mark.parametrize(
    ("scope", "projects"),
    [
        ({"Projects-1": ["Environments-2"]}, {"Projects-1"}),
        ({"Projects-1": ["Environments-1"]}, set()),
        ({f"Projects-{n}": ["Environments-2"] for n in range(1, 9)},
         {f"Projects-{n}" for n in range(1, 9)}),
    ],
)  # fmt: skip
def test_a_freeze_of_some_projects_closes_its_days_for_these_alone(
    scope: dict[str, list[str]], projects: set[str]
) -> None:
    found = closed(freeze(ProjectEnvironmentScope=scope))
    opened = open_in(found, date(2026, 8, 1))
    assert opened.pop("whole") == 21
    assert {name for name, days in opened.items() if days == 21 - 4} == projects
    assert {days for name, days in opened.items() if name not in projects} == {21}
    assert found.dated == ()
    assert keys(found) == (["part"] if projects else ["others"])


def test_deployments_of_closed_days_are_counted_for_those_alone_who_were_open() -> None:
    """Two of each project; the freeze is of the first one's days from 1 to 10 September."""
    found = closed(
        freeze(
            Start="2026-08-31T22:00:00Z",
            End="2026-09-10T22:00:00Z",
            ProjectEnvironmentScope={"Projects-2": ["Environments-2"]},
        )
    )
    facts = Facts(inputs(ROWS), found)
    slices = facts.slices("Project")
    opened = Group(facts, slices).counted.opened[:, -1]
    plain = Group(Facts(inputs(ROWS), settings(calendar=Calendar())), slices)
    before = plain.counted.opened[:, -1]
    fewer = {key for key, a, b in zip(slices.keys, before, opened, strict=True) if b == a - 1}
    assert fewer == {"Projects-2"}  # the deployment of 1 September
    assert sum(before) - sum(opened) == 1


def test_a_freeze_of_tenants_closes_their_days() -> None:
    rows = [
        deployment(n, datetime(2026, 9, n, 9, tzinfo=UTC), project_id="Projects-1",
                   environment_id="Environments-2", tenant_id=("Tenants-1", None)[n % 2])
        for n in range(1, 21)
    ]  # fmt: skip
    rows.append(
        replace(
            rows[0],
            deployment_id="Deployments-21",
            completed=instant(datetime(2026, 7, 1, tzinfo=UTC)),
        )
    )
    tenant = {
        "TenantId": "Tenants-1",
        "ProjectId": "Projects-1",
        "EnvironmentId": "Environments-2",
    }
    of_tenant = freeze(ProjectEnvironmentScope=None, TenantProjectEnvironmentScope=[tenant])
    found = with_freezes(settings(calendar=Calendar()), inputs(rows), [of_tenant])
    facts = Facts(inputs(rows), found)
    group = Group(facts, facts.slices("Tenant"))
    at = [span.start for span in facts.past].index(date(2026, 8, 1))
    opened = dict(zip(group.slices.keys, group.exposure[0][:, at], strict=True))
    assert opened.pop("Tenants-1") == 21 - 4
    assert {*opened.values()} == {21}
    assert keys(found) == ["part"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"ProjectEnvironmentScope": None}, "others"),
        ({"ProjectEnvironmentScope": None, "OwnerId": "Projects-1"}, "others"),
        ({"ProjectEnvironmentScope": {"Projects-77": ["Environments-2"]}}, "others"),
        ({"RecurringSchedule": {"Type": "Fortnightly", "Unit": 1}}, "unclear"),
        ({"RecurringSchedule": {"Type": "Daily", "Unit": 0}}, "unclear"),
        ({"RecurringSchedule": {"Type": "Weekly", "Unit": 2, "DaysOfWeek": ["Friday"]}}, "unclear"),
        ({"RecurringSchedule": {"Type": "Weekly", "DaysOfWeek": ["Freitag"]}}, "unclear"),
        ({"RecurringSchedule": {"Type": "Weekly", "DaysOfWeek": 5}}, "unclear"),
        ({"RecurringSchedule": {"Type": "Monthly"}}, "unclear"),
        (monthly(DateOfMonth="32"), "unclear"),
        ({"Start": "2026-08-03T07:00:00Z", "End": "2026-08-03T15:00:00Z"}, "hours"),
    ],
)  # fmt: skip
def test_what_closes_no_day_is_said_with_its_name(changes: dict[str, Any], key: str) -> None:
    found = closed(freeze(**changes))
    assert open_in(found, date(2026, 8, 1)) == open_in(closed(), date(2026, 8, 1))
    [said] = found.freezes_said
    assert said.key == f"method.freezes.{key}"
    expected = {"n": 1} if key == "others" else {"text": Name("Summer", "DeploymentFreezes-1")}
    assert said.values == expected


def test_five_of_a_kind_are_named_and_the_others_counted() -> None:
    night = {"Start": "2026-08-03T20:00:00Z", "End": "2026-08-04T04:00:00Z"}
    found = closed(*(freeze(Id=f"DeploymentFreezes-{n}", **night) for n in range(7)))
    assert keys(found) == ["hours"] * 5 + ["more"]
    assert found.freezes_said[-1].values == {"n": 2}


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2026-08-03T10:00:00Z", "2026-08-06T10:00:00Z", [((date(2026, 8, 4), date(2026, 8, 6)),)]),
        ("2026-08-03T22:00:00Z", "2026-08-04T21:59:59Z", [((date(2026, 8, 4), date(2026, 8, 5)),)]),
        ("2026-08-03T20:00:00Z", "2026-08-04T04:00:00Z", []),  # a night
    ],
)
def test_only_whole_days_are_closed(start: str, end: str, days: Any) -> None:
    assert days_of(closed(freeze(Start=start, End=end))) == days


def one_day(start: str, schedule: dict[str, Any]) -> list[str]:
    """The days of 2026 that a freeze closes which lasts from midnight to midnight in Berlin."""
    begin = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    end = begin + timedelta(days=1)
    made = freeze(Start=begin.isoformat(), End=end.isoformat(), RecurringSchedule=schedule)
    [spans] = days_of(closed(made)) or [()]
    assert all(b - a == timedelta(days=1) for a, b in spans)
    return [f"{a:%m-%d}" for a, _ in spans if a.year == 2026]


@pytest.mark.parametrize(
    ("start", "schedule", "days"),
    [
        ("2026-09-24", {"Type": "Daily", "Unit": 3}, ["09-24", "09-27", "09-30"]),
        ("2026-09-24", {"Type": "Daily", "Unit": 3, "EndType": "AfterOccurrences",
                        "EndAfterOccurrences": 2}, ["09-24", "09-27"]),
        ("2026-09-24", {"Type": "Daily", "Unit": 3, "EndType": "Never",
                        "EndAfterOccurrences": 0}, ["09-24", "09-27", "09-30"]),
        ("2026-09-24", {"Type": "Daily", "Unit": 3, "EndType": "OnDate",
                        "EndOnDate": "2026-09-27T12:00:00Z"}, ["09-24", "09-27"]),
        ("2026-09-15", {"Type": "Weekly", "Unit": 1}, ["09-15", "09-22", "09-29"]),
        ("2026-09-01", {"Type": "Weekly", "Unit": 2}, ["09-01", "09-15", "09-29"]),
        ("2026-09-15", {"Type": "Weekly", "DaysOfWeek": ["Tuesday", "Friday"]},
         ["09-15", "09-18", "09-22", "09-25", "09-29"]),
        ("2026-09-15", {"Type": "Weekly", "DaysOfWeek": "Tuesday, Friday"},
         ["09-15", "09-18", "09-22", "09-25", "09-29"]),
        ("2026-06-15", monthly(DateOfMonth="15")["RecurringSchedule"],
         ["06-15", "07-15", "08-15", "09-15"]),
        ("2026-05-31", monthly(DateOfMonth="31")["RecurringSchedule"],
         ["05-31", "07-31", "08-31"]),
        ("2026-06-30", monthly(DateOfMonth="L", Unit=2)["RecurringSchedule"],
         ["06-30", "08-31"]),
        ("2026-07-18", monthly("DayOfMonth", DayNumberOfMonth="3", DayOfWeek="Saturday")
         ["RecurringSchedule"], ["07-18", "08-15", "09-19"]),
        ("2026-07-31", monthly("DayOfMonth", DayNumberOfMonth="L", DayOfWeek="Friday")
         ["RecurringSchedule"], ["07-31", "08-28", "09-25"]),
    ],
)  # fmt: skip
def test_what_recurs_closes_the_days_that_octopus_means(
    start: str, schedule: dict[str, Any], days: list[str]
) -> None:
    assert one_day(start, schedule) == days


def test_a_freeze_of_each_weekend_closes_the_days_after_its_evening() -> None:
    """From Friday 18:00 to Monday 8:00 in Berlin: Saturday and Sunday."""
    schedule = {"Type": "Weekly", "Unit": 1, "DaysOfWeek": ["Friday"]}
    found = closed(freeze(Start="2026-09-11T16:00:00Z", End="2026-09-14T06:00:00Z",
                          RecurringSchedule=schedule))  # fmt: skip
    assert days_of(found) == [
        tuple((date(2026, 9, day), date(2026, 9, day + 2)) for day in (12, 19, 26))
    ]
    assert found.dated == ()  # a rhythm is no note of a chart
    assert keys(found) == ["rhythm"]


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


def with_more(path: str, body: bytes) -> bytes:
    """Three more freezes of the company's first project, as Octopus states them."""
    if "/deploymentfreezes" not in path:
        return body
    stated = json.loads(body)
    first = stated["DeploymentFreezes"][0]
    project, environments = next(iter(first["ProjectEnvironmentScope"].items()))
    weekly = {"Type": "Weekly", "Unit": 1, "EndType": "Never", "DaysOfWeek": ["Monday"]}
    for number, (name, schedule) in enumerate(
        (("<i>Mondays</i>", weekly), ("Odd", {"Type": "Odd"}))
    ):
        more = {"Id": f"DeploymentFreezes-9{number}", "Name": name, "RecurringSchedule": schedule}
        scope = {"ProjectEnvironmentScope": {project: environments}}
        stated["DeploymentFreezes"].append(first | more | scope)
    stated["Count"] = len(stated["DeploymentFreezes"])
    return json.dumps(stated).encode()


def test_freezes_of_one_project_are_named_on_the_page(
    configure: Configure, run: Callable[..., Done], server: RunningServer
) -> None:
    with proxy(server, with_more) as url:
        text = page(configure, run, "--url", url)
    assert "a freeze of a part of these deployments (&lt;i&gt;Mondays&lt;/i&gt;); its days" in text
    assert "recurs in a way that is not known here (Odd); it closes no day." in text
    assert "<i>Mondays" not in text
    assert "freeze: Christmas 2025" in text


@pytest.mark.parametrize("status", [403, 404])
def test_a_refused_freeze_is_no_error_and_said(
    configure: Configure, run: Callable[..., Done], server: RunningServer, status: int
) -> None:
    with proxy(server, lambda path, body: body, refuse={"/deploymentfreezes": status}) as url:
        text = page(configure, run, "--url", url)
    assert "Freezes that Octopus may state are not known" in text
    assert "Christmas 2025" not in text
