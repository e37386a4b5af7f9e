"""Findings: one row a cause; and what page one makes of them, by hand-made histories."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from insights_reports.crosscheck import CrossCheck
from insights_reports.crosscheck.result import CheckFinding, CheckVerdict
from insights_reports.edition import compose
from insights_reports.edition.document import Document, Path, Table, Waterfall
from insights_reports.edition.scope import is_production, scope_of
from insights_reports.edition.values import (
    ChangeVerdict,
    Figure,
    Metric,
    Name,
    Part,
    Phrase,
    Statistic,
    Strip,
    Unit,
)
from insights_reports.errors import UsageError
from insights_reports.formats.words.words import words
from insights_reports.metrics import Lookups
from tests.edition.inputs import HOUR, deployment, discrepancy, inputs, settings
from tests.edition.test_judging import MONTHS
from tests.metrics.reference import Row
from tests.typed import the

GROUPS = (
    ("Test", ("Environments-Test",)),
    ("Staging", ("Environments-Staging",)),
    ("Production", ("Environments-Production",)),
)
LOOK = Lookups(environment_groups=GROUPS)
STAGES = ("Test", "Staging", "Production")
LEADS = {"Test": 2, "Staging": 10, "Production": 34}  # hours after a release


def month(start: date, fails: dict[str, int], many: int = 30) -> list[Row]:
    """Each project sends ``many`` releases through all stages; the first so many fail in each."""
    begin = datetime(start.year, start.month, 1, 4, tzinfo=UTC)
    rows: list[Row] = []
    for number, project in enumerate(("Checkout", "Billing", "Portal")):
        for n in range(many):
            failed = n < fails.get(project, 1)
            for stage in STAGES:
                moment = begin + timedelta(hours=LEADS[stage] + 20 * n)
                rows.append(
                    deployment(
                        int(start.strftime("%y%m")) * 10_000 + number * 1000 + len(rows),
                        moment,
                        project_id=f"Projects-{project}",
                        project_name=project,
                        environment_id=f"Environments-{stage}",
                        environment_name=stage,
                        release_version=f"{start:%Y.%m}.{n}",
                        task_state="Failed" if failed else "Success",
                        lead_time=None if failed else LEADS[stage] * HOUR + n * 7919 % 3600,
                    )
                )
    return rows


def history(last: dict[str, int], many: int = 30) -> list[Row]:
    past = [row for start in MONTHS[:-1] for row in month(start, {})]
    return [*past, *month(MONTHS[-1], last, many)]


def edition(rows: list[Row], **wanted: Any) -> Document:
    asked = {"splits": ("Project", "EnvironmentGroup"), "headline": None} | wanted
    return compose(inputs(rows, lookups=LOOK), settings(**asked))[0]


@cache
def bad() -> Document:
    """Fourteen failures of one project, composed once for all tests that read it."""
    return edition(history({"Checkout": 14}), targets={Metric.FAILURE_RATE: 0.05})


def say(phrase: Phrase) -> str:
    return words("en").phrase(phrase).replace("\u00a0", " ").replace("\u2212", "-")


def block(document: Document, id: str) -> Any:
    every = [*document.overview, *(b for s in document.sections for b in s.blocks)]
    return next(each for each in every if getattr(each, "id", "") == id)


def test_production_is_told_first() -> None:
    """30 deployments of each of three projects; 14 and one and one of them failed."""
    rate = bad().tiles[3]
    assert bad().identity.scope == Phrase("scope.group", {"group": Name("Production")})
    assert (rate.figure.value, rate.figure.n) == (16 / 90, 90)
    assert say(bad().headline).startswith("Failures rose")
    assert "16 of 90 production deployments failed (17.8 %, target 5.0 %)" in say(bad().headline)
    assert "14 of them Checkout’s" in say(bad().headline)
    assert say(bad().subject) == (
        "September 2026: 17.8 % of production deployments failed (3.3 % before), mostly Checkout"
    )


def test_what_is_checkouts_in_other_environments_is_told_in_its_row() -> None:
    [finding] = [each for each in bad().findings if each.split == "project"]
    assert finding.subject == Name("Checkout", "Projects-Checkout")
    assert [line.metric for line in finding.measures] == [Metric.FAILURE_RATE]
    assert finding.part == Part(0.144, Unit.RATE)  # (14 - 1) of 90
    assert {say(each) for each in finding.same_cause} == {
        "Test failed 17.8 %, without it 3.3 %",
        "Staging failed 17.8 %, without it 3.3 %",
    }
    assert len(bad().findings) == 1


def test_a_slice_that_is_the_whole_is_no_finding() -> None:
    alone = [row for row in history({"Checkout": 14}) if row.project_id == "Projects-Checkout"]
    document = edition(alone)
    assert document.tiles[3].verdict is ChangeVerdict.WORSE
    assert not [each for each in document.findings if each.split == "project"]


def test_the_waterfall_names_who_made_the_change() -> None:
    drawn = the(Waterfall, block(bad(), "what-drove-it"))
    assert say(drawn.title) == "Checkout made 14.4 of the 14.4 points"
    assert [step.printed.size for step in drawn.steps] == [0.144]
    assert drawn.target == Figure(Metric.FAILURE_RATE, Statistic.RATE, 0.05)


def test_the_path_and_its_longest_wait() -> None:
    """A release is 8 hours from Test to Staging, and 24 from there to Production."""
    path = the(Path, block(bad(), "path"))
    assert [step.name.text for step in path.steps] == ["Test", "Staging", "Production"]
    assert say(path.title) == "Longest wait: after Staging"
    assert say(the(Phrase, path.subtitle)).startswith("24 h, median of 74 releases")
    assert [step.failed.value for step in path.steps] == [16 / 90] * 3
    assert all(step.failed_verdict is ChangeVerdict.WORSE for step in path.steps)


def test_the_matrix_has_the_findings_first_and_its_strips_agree_with_its_words() -> None:
    table = the(Table, block(bad(), "where-to-look"))
    assert table.row_ids[0] == "Projects-Checkout"
    assert table.row_verdicts == (ChangeVerdict.WORSE, ChangeVerdict.USUAL, ChangeVerdict.USUAL)
    assert say(table.title) == "1 of 3 projects is worse than its own usual range"
    strips = [cell for row in table.rows for cell in row if isinstance(cell, Strip)]
    assert strips
    for strip in strips:
        assert (abs(strip.at) > 1) == (strip.side is not None)
    assert table.total is not None
    assert table.total[1] == bad().tiles[0].figure


def test_questions_follow_from_findings_alone() -> None:
    [question] = bad().questions
    assert say(question).startswith("Checkout: what changed")
    assert "14 of 30 failed" in say(question)
    calm = edition(history({}))
    assert [say(each) for each in calm.questions] == [
        "Nothing is worse than its usual range, so no question follows from the figures."
    ]
    assert calm.findings == ()


def test_a_target_says_by_how_much_it_is_missed_and_how_often_met() -> None:
    target = bad().tiles[3].target
    assert target is not None
    assert target.met is False
    assert target.missed_by is not None
    assert target.missed_by.value == pytest.approx(16 / 90 - 0.05)
    assert target.met_of == (11, 12)


def test_a_stopped_project_asks_what_waits() -> None:
    """Portal deploys to Test and Staging as ever, and only twice to Production."""
    rows = [
        row
        for row in history({})
        if not (
            row.project_id == "Projects-Portal"
            and row.environment_name == "Production"
            and str(row.release_version).startswith("2026.09")
            and int(str(row.release_version).rpartition(".")[2]) >= 2
        )
    ]
    document = edition(rows)
    [finding] = [each for each in document.findings if each.row == "Projects-Portal"]
    assert finding.verdict is ChangeVerdict.FEWER
    waiting = the(Table, block(document, "waiting"))
    assert waiting.total_rows == 28
    assert any("28 releases wait in Staging" in say(each) for each in document.questions)


def test_what_had_not_recovered_is_listed_with_what_recovered_it_later() -> None:
    rows = history({})
    last = [row for row in rows if row.project_id == "Projects-Billing"][-1]
    failed = replace(
        last, deployment_id="Deployments-1", task_state="Failed", release_version="2026.09.90",
        completed=last.completed + HOUR if last.completed else None, lead_time=None,
    )  # fmt: skip
    document = edition([*rows, failed])
    [row] = the(Table, block(document, "unrecovered")).rows
    assert (row[0], row[1], row[3]) == (
        Name("Billing", "Projects-Billing"), Name("2026.09.90"), 1,
    )  # fmt: skip
    notes = the(Table, block(edition(history({"Billing": 3})), "where-to-look")).notes
    assert notes


def test_what_the_last_edition_found_goes_on_or_has_ended() -> None:
    october: dict[str, Any] = {
        "period": "2026-10",
        "as_of": datetime(2026, 11, 1, 4, tzinfo=UTC),
    }
    said = {}
    for failed in (14, 1):
        rows = [*history({"Checkout": 14}), *month(date(2026, 10, 1), {"Checkout": failed})]
        made = inputs(rows, lookups=LOOK, before=bad(), **october)
        asked = settings(splits=("Project",), headline=None, targets={Metric.FAILURE_RATE: 0.05})
        said[failed] = [say(each) for each in compose(made, asked)[0].last_edition]
    assert said[14][0].endswith("46.7 % in September, 46.7 % now: it goes on")
    assert said[1][0].endswith("46.7 % in September, 3.3 % now: it ended")
    assert said[1][1] == ("Target, Failure rate: 17.8 % in September missed it, 3.3 % meets it")


@pytest.mark.parametrize(
    ("name", "production"),
    [
        ("Production", True), ("PROD", True), ("Live EU", True), ("Produktion", True),
        ("Pre-Production", False), ("non-prod", False), ("Staging", False), ("Products", False),
    ],
)  # fmt: skip
def test_what_is_called_production(name: str, production: bool) -> None:
    assert is_production(name) == production


def test_the_scope_is_all_unless_exactly_one_group_is_production() -> None:
    two = Lookups(environment_groups=(("Prod EU", ("E-1",)), ("Prod US", ("E-2",))))
    for lookups, key in (
        (LOOK, "scope.group"),
        (two, "scope.all"),
        (Lookups(environment_groups=GROUPS[:2]), "scope.none_production"),
        (Lookups(environment_groups=GROUPS[2:]), "scope.only"),
    ):
        assert scope_of(inputs([], lookups=lookups), settings(headline=None)).said.key == key
    with pytest.raises(UsageError, match="Live"):
        scope_of(inputs([], lookups=LOOK), settings(headline="Live"))


def test_a_disputed_edition_says_what_octopus_states() -> None:
    """A rate stated 13 % too high: tile, headline, the strip and the appendix say so."""
    stated = 1.13 * 16 / 90
    differing = discrepancy(
        split="EnvironmentGroup",
        series="Production",
        metric="DeploymentFailureRate",
        statistic="Rate",
        stated=stated,
        recomputed=16 / 90,
        verdict=CheckVerdict.DIFFERS,
    )
    check = CrossCheck(
        figures=310,
        agrees=309,
        differs=1,
        explained=0,
        not_comparable=0,
        discrepancies=(differing,),
        findings=(
            CheckFinding(
                "alone", "DeploymentFailureRate", "Rate", ("None, LastYear, Monthly",), 1, 80, None
            ),
        ),
    )
    made = inputs(history({"Checkout": 14}), lookups=LOOK, check=check)
    document = compose(made, settings(splits=("Project",), headline=None))[0]
    assert document.tiles[3].stated == Figure(Metric.FAILURE_RATE, Statistic.RATE, stated)
    assert document.tiles[1].stated is None
    assert "(17.8 %; Octopus states 20.1 %)" in say(document.headline)
    assert say(document.headline).count(". ") == 0
    assert [say(each) for each in document.check.findings] == [
        "1 figure differs: Failure rate.",
        "Failure rate (all deployments, per month, last year): one figure differs by itself; "
        "all else agrees",
    ]
    [kind] = the(Table, block(document, "kinds-of-differences")).rows
    assert kind[1:4] == (1, 80, Name("Production", ""))
    assert document.check.line is None


def test_where_nothing_can_be_judged_nothing_is_called_usual() -> None:
    rows = [row for start in MONTHS[-3:] for row in month(start, {"Checkout": 9})]
    document = edition(rows, targets={Metric.FAILURE_RATE: 0.05})
    assert document.questions == ()
    assert say(block(document, "where-to-look").title) == "3 projects; nothing can be judged yet"
    assert say(document.headline).endswith("; nothing can be judged yet.")
