"""Whole editions: their figures against the reference, their laws, and the odd cases."""

import dataclasses
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from insights_reports.edition import compose
from insights_reports.edition.document import Chart, Document, Exclusion, Prose, Table, dump, load
from insights_reports.edition.values import (
    ChangeVerdict,
    Figure,
    Metric,
    Missing,
    Name,
    Phrase,
    Statistic,
    Status,
    Unit,
)
from insights_reports.errors import UsageError
from insights_reports.formats.words.catalogue import languages
from insights_reports.formats.words.words import words
from insights_reports.metrics import Conventions, Lookups, Period
from tests.edition.inputs import (
    HOUR,
    LOOKUPS,
    ZONE,
    company,
    deployment,
    inputs,
    instant,
    settings,
)
from tests.metrics import reference
from tests.metrics.reference import Row
from tests.typed import number, the

RULES = reference.Rules(
    project_groups=dict(LOOKUPS.project_groups),
    project_group_names=dict(LOOKUPS.project_group_names),
    environment_groups=LOOKUPS.environment_groups,
    tenant_tags=dict(LOOKUPS.tenant_tags),
    tag_sets=dict(LOOKUPS.tag_sets),
)
COLUMNS = {
    Statistic.COUNT: "successful",
    Statistic.TOTAL: "total",
    Statistic.FAILED: "failed",
    Statistic.GUIDED: "guided",
    Statistic.ACTIVE_DAYS: "active_days",
    Statistic.RATE: "rate",
}
SPLITS = {
    "project": ("Project", None),
    "project-group": ("ProjectGroup", None),
    "environment": ("Environment", None),
    "environment-group": ("EnvironmentGroup", None),
    "tenant": ("Tenant", None),
    "tenant-tag-set-tagsets-1": ("TenantTagSet", "TagSets-1"),
    "tenant-tag-set-tagsets-2": ("TenantTagSet", "TagSets-2"),
}
LEAST = {Statistic.MEDIAN: 5, Statistic.P90: 10}
ROWS = company(1500)


@cache
def edition() -> dict[str, Document]:
    """The documents of one edition by their names, composed once for all tests that read it."""
    return {document.name: document for document in compose(inputs(ROWS), settings())}


def everything(part: object) -> Iterator[object]:
    """Every value in a document, however deep."""
    yield part
    if dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            yield from everything(getattr(part, field.name))
    elif isinstance(part, tuple | list):
        for each in part:
            yield from everything(each)
    elif isinstance(part, dict):
        for each in part.values():
            yield from everything(each)


def speak(*documents: Document) -> list[str]:
    """Everything in words, in every language: nothing may be missing in a catalogue."""
    texts = []
    for document in documents:
        assert load(dump(document)) == document
        for language in languages():
            say = words(language)
            for part in everything(document):
                if isinstance(part, Phrase | Figure):
                    texts.append(say.value(part))
                elif isinstance(part, Table):
                    rows = (*part.complete_rows, *([part.total] if part.total else []))
                    for row in rows:
                        assert len(row) == len(part.columns)
                        texts += [
                            say.cell(cell, column.kind)
                            for cell, column in zip(row, part.columns, strict=True)
                        ]
    return texts


def charts_of(document: Document) -> list[Chart]:
    """Those of the first section."""
    return [block for block in document.sections[0].blocks if isinstance(block, Chart)]


def expected(figures: dict[str, Any], figure: Figure, days: int) -> object:
    """The value that the reference has for a figure."""
    if figure.statistic is Statistic.PER_WEEK:
        return Fraction(figures["successful"] * 7, days)
    column = COLUMNS.get(figure.statistic, f"{figure.metric}_{figure.statistic}")
    return figures[column]


def reference_figures(
    start: date, end: date, split: str = "None", tag_set: str | None = None
) -> dict[str, dict[str, object]]:
    low, high = (
        instant(datetime(day.year, day.month, day.day, tzinfo=UTC)) + days * 24 * HOUR
        for day, days in ((start, -2), (end, 2))
    )
    found = reference.figures(
        [row for row in ROWS if low <= number(row.completed) <= high],
        RULES,
        split=split,
        zone=ZONE,
        start=start,
        end=end,
        granularity=None,
        tag_set=tag_set,
    )
    return {key: figures for (key, _), figures in found.items()}


def check(figure: Figure, figures: dict[str, object], days: int) -> None:
    value = expected(figures, figure, days)
    if figure.unit is Unit.DURATION and 0 < number(figures[f"{figure.metric}_count"]) < LEAST.get(
        figure.statistic, 0
    ):
        assert figure.missing is Missing.TOO_FEW
    elif value is None:
        assert figure.value is None
        assert figure.missing in (Missing.NO_VALUES, Missing.NO_DEPLOYMENTS)
    else:
        assert figure.value == (float(value) if isinstance(value, Fraction) else value)
    column = f"{figure.metric}_count"
    if figure.unit is Unit.DURATION and figure.value is not None:
        assert figure.n == figures[column]


def test_the_documents_and_their_order() -> None:
    assert list(edition()) == [
        "summary",
        "project",
        "project-group",
        "environment",
        "environment-group",
        "tenant",
        "tenant-tag-set",
    ]
    assert [section.id for section in edition()["summary"].sections] == [
        "trends",
        "incidents",
        "method",
        "discrepancies",
        "exclusions",
    ]
    assert [section.id for section in edition()["tenant-tag-set"].sections] == [
        "tenant-tag-set-tagsets-1",
        "tenant-tag-set-tagsets-2",
        "method",
    ]
    one = compose(inputs(ROWS), settings(layout="one"))
    assert [document.name for document in one] == ["summary"]
    assert [section.id for section in one[0].sections] == [
        *SPLITS,
        *("trends", "incidents", "method", "discrepancies", "exclusions"),
    ]


def test_every_figure_of_the_tiles_equals_the_reference() -> None:
    now = reference_figures(date(2026, 9, 1), date(2026, 10, 1))["All"]
    tiles = edition()["summary"].tiles
    order = [tile.figure.metric for tile in tiles]
    assert order[:4] == [
        Metric.DEPLOYMENT_FREQUENCY,
        Metric.LEAD_TIME,
        Metric.TIME_TO_RECOVERY,
        Metric.FAILURE_RATE,
    ]
    for tile in tiles[:4]:
        for figure in (tile.figure, *tile.extra, tile.change.after):
            check(figure, now, 30)
        assert len(tile.spark) == len(tile.spark_periods) == 12
        assert tile.spark[-1] == tile.figure
        assert tile.spark[-2] == tile.change.before
        for figure, span in zip(tile.spark, tile.spark_periods, strict=True):
            month = reference_figures(span.start, span.end)["All"]
            check(figure, month, (span.end - span.start).days)


def test_last_year_is_compared_only_where_the_history_reaches() -> None:
    assert all(tile.last_year is None for tile in edition()["summary"].tiles)
    known = compose(inputs(ROWS, known_from=date(2025, 9, 1)), settings())[0]
    year_ago = reference_figures(date(2025, 9, 1), date(2025, 10, 1))["All"]
    for tile in known.tiles[:4]:
        assert tile.last_year is not None
        check(tile.last_year.before, year_ago, 30)


def tables(document: Document) -> dict[str, Table]:
    blocks = [*document.overview, *(b for section in document.sections for b in section.blocks)]
    return {block.id: block for block in blocks if isinstance(block, Table)}


def test_every_figure_of_the_split_tables_equals_the_reference() -> None:
    compared = 0
    whole = reference_figures(date(2026, 9, 1), date(2026, 10, 1))["All"]
    one = tables(compose(inputs(ROWS), settings(layout="one"))[0])
    for anchor, (split, tag_set) in SPLITS.items():
        slices = reference_figures(date(2026, 9, 1), date(2026, 10, 1), split, tag_set)
        table = one[f"{anchor}-table"]
        assert table.total_rows == len(table.complete_rows) >= len(slices)
        for row in table.complete_rows:
            figures = slices.get(key_of(row[0]))
            for cell in row:
                if isinstance(cell, Figure) and figures is not None:
                    check(cell, figures, 30)
                    compared += 1
        for cell in table.total or ():
            if isinstance(cell, Figure):
                check(cell, whole, 30)
    assert compared > 100


def key_of(label: object) -> str:
    special = {"slice.untenanted": "Untenanted", "slice.untagged": "Untagged"}
    if isinstance(label, Phrase):
        return special.get(label.key, "Unknown")
    assert isinstance(label, Name)
    return label.id


@pytest.mark.parametrize("anchor", ["project", "project-group", "environment", "tenant"])
def test_partitions_add_up_to_all(anchor: str) -> None:
    document = edition()[anchor]
    table = tables(document)[f"{anchor}-table"]
    assert {note.key for note in table.notes} <= {"note.marks", "note.target"}
    for column in (1, 5):
        counts = [number(the(Figure, row[column]).value) for row in table.complete_rows]
        assert table.total is not None
        assert sum(counts) == the(Figure, table.total[column]).value


def test_overlapping_tags_are_said_not_to_add_up() -> None:
    document = edition()["tenant-tag-set"]
    table = tables(document)["tenant-tag-set-tagsets-1-table"]
    twice = sum(number(the(Figure, row[1]).value) for row in table.complete_rows)
    assert table.total is not None
    twice -= number(the(Figure, table.total[1]).value)
    assert twice > 0
    assert Phrase("note.counted_twice", {"n": twice}) in table.notes
    tiers = tables(document)["tenant-tag-set-tagsets-2-table"]
    assert not [note for note in tiers.notes if note.key == "note.counted_twice"]


_MIDNIGHTS = ((8, 31), (9, 30))  # of September in Berlin, by UTC at 22:00


@pytest.mark.parametrize(
    ("groups", "twice", "nowhere"),
    [
        ({"Test": "1", "Live": "2"}, "", ""),
        ({"Test": "1", "Live": "12"}, "1", ""),
        ({"Test": "1", "Live": "12", "Late": "1"}, "1", ""),  # three times, and one of them still
        ({"Test": "1"}, "", "2"),
        ({"Test": "1", "Live": "1"}, "1", "2"),  # whose sum alone would hide the others
    ],
)
def test_it_is_said_how_many_deployments_count_in_several_groups_and_in_none(
    groups: dict[str, str], twice: str, nowhere: str
) -> None:
    found = tuple((name, tuple(f"Environments-{n}" for n in own)) for name, own in groups.items())
    lookups = dataclasses.replace(LOOKUPS, environment_groups=found)
    wanted = settings(splits=("EnvironmentGroup",), headline="all")
    table = tables(compose(inputs(ROWS, lookups=lookups), wanted)[1])["environment-group-table"]
    first, end = (instant(datetime(2026, month, day, 22, tzinfo=UTC)) for month, day in _MIDNIGHTS)
    counted = Counter(
        row.environment_id[-1]
        for row in ROWS
        if row.completed is not None
        and first <= row.completed < end
        and row.task_state in ("Success", "Failed")
    )
    assert min(counted.values()) > 10
    notes = {note.key: note.values["n"] for note in table.notes if "n" in note.values}
    expected = {
        "note.counted_twice": sum(counted[each] for each in twice),
        "note.counted_nowhere": sum(counted[each] for each in nowhere),
    }
    assert notes == {key: n for key, n in expected.items() if n}


def test_slices_are_ordered_by_the_deployments_that_are_shown() -> None:
    """Canceled ones are not: two projects with 3 and 5, the first of which canceled 4 more."""
    states = {1: ["Success"] * 3 + ["Canceled"] * 4, 2: ["Success"] * 4 + ["Failed"]}
    rows = [
        deployment(
            100 * project + n,
            datetime(2026, 9, 1 + n, 12, tzinfo=UTC),
            project_id=f"Projects-{project}",
            project_name=f"Project {project}",
            task_state=state,
        )
        for project, own in states.items()
        for n, state in enumerate(own)
    ]
    table = tables(compose(inputs(rows), settings(splits=("Project",)))[1])["project-table"]
    assert [words("en").value(row[0]) for row in table.rows] == ["Project 2", "Project 1"]
    assert [the(Figure, row[1]).value for row in table.rows] == [5, 3]


def test_the_ledger_adds_up_and_names_each_reason() -> None:
    dropped = (Exclusion(Phrase("exclusion.undated"), 3, ("Deployments-90001",)),)
    ledger = compose(inputs(ROWS, dropped=dropped), settings())[0].check.ledger
    assert ledger.read == len(ROWS) + 3
    assert ledger.read == ledger.used + sum(each.deployments for each in ledger.excluded)
    month = reference_figures(date(2026, 9, 1), date(2026, 10, 1))["All"]
    assert ledger.used == month["total"]
    by_key = {each.reason.key: each for each in ledger.excluded}
    assert by_key["exclusion.state"].deployments == month["other"]
    assert len(by_key["exclusion.state"].ids) == month["other"]


def test_what_was_not_used_is_listed_with_its_deployments() -> None:
    found = tables(edition()["summary"])
    listed = [table for name, table in found.items() if name.startswith("exclusions-")]
    month = reference_figures(date(2026, 9, 1), date(2026, 10, 1))["All"]
    assert sum(table.total_rows for table in listed) == month["other"]


def test_negative_lead_times_are_counted_and_listed() -> None:
    rows = [
        deployment(n, datetime(2026, 9, n, 12, tzinfo=UTC), lead_time=lead * HOUR)
        for n, lead in enumerate([-426, -2, -2, 5, 6], start=1)
    ]
    document = compose(inputs(rows), settings(splits=()))[0]
    assert document.tiles[1].figure.value == -2 * HOUR
    table = tables(document)["negative-lead-times"]
    assert [the(Figure, row[-1]).value for row in table.rows] == [-426 * HOUR, -2 * HOUR, -2 * HOUR]
    [trend] = [chart for chart in charts_of(document) if chart.id == "trend-lead_time"]
    assert not trend.logarithmic
    speak(document)


@pytest.mark.parametrize("layout", ["per_split", "one"])
def test_everything_can_be_said_in_every_language(layout: str) -> None:
    texts = speak(*compose(inputs(ROWS), settings(layout=layout, bands="dora-2024", top=3)))
    assert len(texts) > 1000
    assert not [text for text in texts if "nan" in text.split() or "None" in text.split()]


def test_an_edition_without_a_deployment() -> None:
    documents = compose(inputs([]), settings(tag_sets=("TagSets-1",)))
    assert len(documents) == 7
    speak(*documents)
    for tile in documents[0].tiles:
        assert tile.verdict in (ChangeVerdict.TOO_FEW, ChangeVerdict.NOTHING_TO_COMPARE)
    assert documents[0].tiles[0].figure.value == 0
    assert documents[0].tiles[3].figure.missing is Missing.NO_DEPLOYMENTS
    assert documents[0].check.ledger.read == 0
    assert documents[1].headline == Phrase("split.none.project")


def test_an_edition_of_one_deployment() -> None:
    rows = [deployment(1, datetime(2026, 9, 9, 12, tzinfo=UTC), lead_time=5 * HOUR)]
    documents = compose(inputs(rows), settings())
    speak(*documents)
    frequency, lead, recovery, rate, *_ = documents[0].tiles
    assert (frequency.figure.value, frequency.extra[0].value) == (1, 7 / 30)
    assert (lead.figure.missing, lead.figure.n) == (Missing.TOO_FEW, 1)
    assert recovery.figure.missing is Missing.NO_VALUES
    assert (rate.figure.value, rate.figure.n) == (0.0, 1)
    assert documents[0].findings == ()


def test_four_hundred_tenants_and_names_of_160_characters() -> None:
    tenants = company(4000, projects=3, tenants=400)
    rows = [
        dataclasses.replace(row, project_name="Ж" * 160, tenant_name=row.tenant_name and "n" * 160)
        for row in tenants
    ]
    start = time.process_time()
    documents = {d.name: d for d in compose(inputs(rows), settings())}
    assert time.process_time() - start < 20  # a guard against work per slice; it takes about one
    table = tables(documents["tenant"])["tenant-table"]
    assert len(table.rows) == 20
    assert table.total_rows == len(table.all_rows) > 300
    panels = documents["tenant"].overview[0]
    assert isinstance(panels, Chart)
    assert len(panels.series) == 12


def tenants_with(*counts: int) -> list[Row]:
    """So many deployments in September of no tenant, of tenant 1, 2 ..., in this order."""
    owners = [owner for owner, count in enumerate(counts) for _ in range(count)]
    return [
        deployment(
            n,
            datetime(2026, 9, 1 + n % 30, 12, tzinfo=UTC),
            tenant_id=f"Tenants-{owner}" if owner else None,
            tenant_name=f"Tenant {owner}" if owner else None,
        )
        for n, owner in enumerate(owners)
    ]


@pytest.mark.parametrize(
    ("counts", "charts"),
    [
        ((60, 20, 9, 8), [["Untenanted"], ["Tenant 1", "Tenant 2", "Tenant 3"]]),
        ((90, 80, 8, 6), [["Untenanted", "Tenant 1"], ["Tenant 2", "Tenant 3"]]),
        ((3, 90, 20, 2), [["Tenant 1", "Tenant 2"], ["Untenanted", "Tenant 3"]]),
        ((50, 20, 9, 4), [["Untenanted", "Tenant 1", "Tenant 2", "Tenant 3"]]),  # no gap of 3
        ((90, 3), [["Untenanted", "Tenant 1"]]),  # nothing to be flat beside
        ((30, 30, 30, 30, 1, 1), [["Untenanted", *(f"Tenant {n}" for n in range(1, 6))]]),
    ],
)
def test_slices_far_larger_than_the_others_have_a_scale_of_their_own(
    counts: tuple[int, ...], charts: list[list[str]]
) -> None:
    [document] = compose(inputs(tenants_with(*counts)), settings(splits=("Tenant",), layout="one"))
    section = next(each for each in document.sections if each.id == "tenant")
    found = [block for block in section.blocks if isinstance(block, Chart)]
    english = words("en")
    assert [{english.value(s.label) for s in chart.series} for chart in found] == [
        set(names) for names in charts
    ]
    assert found[-1].id == "tenant-panels"
    said = [english.phrase(chart.subtitle) for chart in found if chart.subtitle]
    if len(found) == 1:
        assert said == ["Deployments; all panels share one scale"]
    else:
        assert f"highest, {max(counts)}, the panels below would be flat" in said[0]
        assert "not the one above" in said[1]


def test_restricted_names_stay_apart_and_are_counted() -> None:
    rows = [
        deployment(
            n,
            datetime(2026, 9, n, 12, tzinfo=UTC),
            project_id=f"Projects-{n % 2}",
            project_name=None,
        )
        for n in range(1, 5)
    ]
    documents = compose(inputs(rows), settings(splits=("Project",)))
    labels = [the(Name, row[0]) for row in tables(documents[1])["project-table"].rows]
    assert sorted(label.id for label in labels) == ["Projects-0", "Projects-1"]
    assert words("en").value(labels[0]).startswith("Restricted (Projects-")
    assert Phrase("gap.restricted", {"n": 2}) in documents[0].check.gaps


def test_two_projects_of_one_name_stay_two_rows() -> None:
    rows = [
        deployment(n, datetime(2026, 9, n, 12, tzinfo=UTC), project_id=f"Projects-{n}")
        for n in (1, 2)
    ]
    table = tables(compose(inputs(rows), settings(splits=("Project",)))[1])["project-table"]
    assert [row[0] for row in table.rows] == [
        Name("Shop (Projects-1)", "Projects-1"),
        Name("Shop (Projects-2)", "Projects-2"),
    ]


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        (datetime(2026, 9, 30, 21, 59, 59, tzinfo=UTC), False),  # 23:59:59 on 30 September
        (datetime(2026, 9, 30, 22, tzinfo=UTC), True),  # midnight, summer time
        (datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC), True),  # 23:59:59 in winter time
        (datetime(2026, 10, 31, 23, tzinfo=UTC), False),
    ],
)
def test_a_month_with_a_change_of_the_clock(moment: datetime, inside: bool) -> None:
    october = inputs([deployment(1, moment)], "2026-10", as_of=datetime(2026, 11, 2, tzinfo=UTC))
    document = compose(october, settings(splits=()))[0]
    assert (document.tiles[0].figure.value or 0) == int(inside)


def test_a_week_of_a_year_with_53() -> None:
    rows = company(400, last=datetime(2027, 1, 5, tzinfo=UTC))
    week = inputs(rows, "2026-W53", as_of=datetime(2027, 1, 5, tzinfo=UTC))
    documents = compose(week, settings(splits=("Project",)))
    speak(*documents)
    tile = documents[0].tiles[0]
    assert [span.name for span in tile.spark_periods[-2:]] == ["2026-W52", "2026-W53"]
    assert documents[0].identity.period.end == date(2027, 1, 3)
    found = reference.figures(
        rows,
        RULES,
        split="None",
        zone=ZONE,
        start=date(2026, 12, 27),
        end=date(2027, 1, 3),
        granularity=None,
    )
    check(tile.figure, next(iter(found.values())), 7)


def test_weeks_from_monday() -> None:
    monday = settings(splits=(), conventions=Conventions(week_start="Monday"))
    week = inputs(ROWS, "2026-W38")
    week = dataclasses.replace(week, period=Period.parse("2026-W38", "Monday"))
    document = compose(week, monday)[0]
    assert document.identity.period.start == date(2026, 9, 14)
    figures = reference_figures(date(2026, 9, 14), date(2026, 9, 21))["All"]
    check(document.tiles[0].figure, figures, 7)
    assert the(Chart, document.sections[0].blocks[0]).x[-1] == date(2026, 9, 14)


@pytest.mark.parametrize(
    ("period", "known"),
    [("2026-Q3", 4), ("2025", 1), ("2026-09-10", 12), ("2026-09-01..2026-09-20", 12)],
)
def test_other_lengths_of_period(period: str, known: int) -> None:
    documents = compose(
        inputs(ROWS, period, known_from=date(2025, 1, 1)), settings(splits=("Tenant",))
    )
    speak(*documents)
    span = documents[0].identity.period
    figures = reference_figures(span.start, span.end)["All"]
    tile = documents[0].tiles[0]
    check(tile.figure, figures, (span.end - span.start).days)
    assert sum(figure.missing is None for figure in tile.spark) >= known
    assert all(figure.missing is None for figure in tile.spark)


def test_a_provisional_period_counts_whole_days_and_compares_as_many() -> None:
    as_of = datetime(2026, 9, 15, 4, tzinfo=UTC)
    before = [row for row in ROWS if day_of(row) <= date(2026, 9, 15)]
    document = compose(
        inputs(before, as_of=as_of, status=Status.PROVISIONAL), settings(splits=("Project",))
    )[0]
    fortnight = reference_figures(date(2026, 9, 1), date(2026, 9, 15))["All"]
    august = reference_figures(date(2026, 8, 1), date(2026, 8, 15))["All"]
    for tile in document.tiles[:4]:
        check(tile.figure, fortnight, 14)
        check(tile.change.before, august, 14)
        assert tile.change.ratio is None
        assert tile.verdict is ChangeVerdict.SPECIAL
        assert tile.reason == Phrase("reason.partial")
    assert document.identity.period.end == date(2026, 10, 1)
    later = {each.reason.key: each.deployments for each in document.check.ledger.excluded}
    ended = [
        row for row in before if reference.local_date(row.completed, ZONE) == date(2026, 9, 15)
    ]
    assert later["exclusion.day_not_complete"] == len(ended) > 0
    speak(document)


def test_every_finding_leads_to_a_row_and_is_more_than_chance() -> None:
    """Project 1 stops, project 2 begins to fail; the others go on as before."""
    rows = [
        row
        for row in company(6000)
        if not (row.project_id == "Projects-1" and day_of(row) >= date(2026, 9, 1))
    ]
    rows = [
        dataclasses.replace(row, task_state="Failed", lead_time=None)
        if row.project_id == "Projects-2" and day_of(row) >= date(2026, 9, 1) and n % 2
        else row
        for n, row in enumerate(rows)
    ]
    document = compose(inputs(rows), settings(layout="one", splits=("Project", "Environment")))[0]
    by_row = {found.row: found for found in document.findings}
    assert by_row["Projects-2"].measures[0].metric is Metric.FAILURE_RATE
    assert by_row["Projects-2"].verdict is ChangeVerdict.WORSE
    stopped = by_row["Projects-1"].measures[0]
    assert (stopped.metric, stopped.figure.value) == (Metric.DEPLOYMENT_FREQUENCY, 0)
    assert stopped.judged.verdict is ChangeVerdict.FEWER
    assert {found.anchor for found in document.findings} <= {s.id for s in document.sections}
    for found in document.findings:
        table = tables(document)[f"{found.anchor}-table"]
        row = table.complete_rows[table.row_ids.index(found.row)]
        assert row[0] == found.subject
        assert all(line.figure in row for line in found.measures)
    outliers = tables(document)["project-outliers"]
    assert Name("Project 1", "Projects-1") in [row[0] for row in outliers.rows]


def test_where_nothing_lies_outside_it_is_said_how_much_has_a_range() -> None:
    """Project 1 is deployed often enough for all but a time to recovery, project 2 too seldom for
    more than a frequency; both steadily."""
    months = [date(2025 + (month > 12), (month - 1) % 12 + 1, 1) for month in range(9, 22)]
    days = {"Projects-1": range(3, 27, 2), "Projects-2": (5, 20)}
    rows = [
        deployment(
            month.toordinal() + day,
            datetime(month.year, month.month, day, tzinfo=UTC),
            project_id=project,
            lead_time=HOUR,
        )
        for month in months
        for project, some in days.items()
        for day in some
    ]
    document = compose(inputs(rows), settings(layout="one", splits=("Project",)))[0]
    section = next(s for s in document.sections if s.id == "project")
    [said] = [words("en").phrase(b.sentences[0]) for b in section.blocks if isinstance(b, Prose)]
    assert said.startswith("5 of 8 measures of these slices could be judged")


def day_of(row: reference.Row) -> date:
    found = reference.local_date(row.completed, ZONE)
    assert found is not None
    return found


def test_pure_noise_is_hardly_ever_a_finding() -> None:
    """Of 12 editions of one steady process few call anything."""
    called = 0
    for seed in range(12):
        rows = company(1500, seed=seed)
        called += bool(compose(inputs(rows), settings(splits=("Project",)))[0].findings)
    assert called <= 2


def test_one_change_seen_in_two_splits_is_one_finding() -> None:
    """A group of one project is that project."""
    lookups = Lookups(
        project_groups={f"Projects-{n}": f"ProjectGroups-{n}" for n in range(9)},
        project_group_names={f"ProjectGroups-{n}": f"Group {n}" for n in range(9)},
    )
    rows = [
        row
        for row in company(6000)
        if not (row.project_id == "Projects-1" and day_of(row) >= date(2026, 9, 1))
    ]
    both = settings(splits=("Project", "ProjectGroup"))
    document = compose(inputs(rows, lookups=lookups), both)[0]
    stopped = [each for each in document.findings if each.verdict is ChangeVerdict.FEWER]
    assert [(each.split, each.row) for each in stopped] == [("project", "Projects-1")]


def test_targets_stand_beside_the_figures() -> None:
    targets = {Metric.LEAD_TIME: 24.0 * HOUR, Metric.FAILURE_RATE: 0.1}
    document = compose(inputs(ROWS), settings(targets=targets))[0]
    lead = document.tiles[1].target
    assert lead is not None
    assert lead.target == Figure(Metric.LEAD_TIME, Statistic.MEDIAN, 24.0 * HOUR)
    assert (lead.met, lead.missed_by) == (True, None)
    assert document.tiles[0].target is None
    [trend] = [chart for chart in charts_of(document) if chart.id == "trend-failure_rate"]
    assert Phrase("series.target") in [series.label for series in trend.series]
    speak(document)


def test_an_unknown_tag_set_is_an_error() -> None:
    with pytest.raises(UsageError, match="TagSets-9"):
        compose(inputs(ROWS), settings(tag_sets=("TagSets-9",)))


def test_the_same_inputs_make_the_same_documents() -> None:
    assert compose(inputs(ROWS), settings()) == tuple(edition().values())


moments = st.datetimes(datetime(2025, 8, 1), datetime(2026, 10, 2), timezones=st.just(UTC))
rows_of = st.lists(
    st.tuples(
        moments,
        st.sampled_from(["Success", "Success", "Failed", "Canceled", "TimedOut", "Odd"]),
        st.booleans(),
        st.one_of(st.none(), st.integers(-(10**13), 10**13)),
        st.sampled_from([None, "Tenants-1", "Tenants-2", "Tenants-3", "Tenants-9"]),
        st.one_of(st.none(), st.text(max_size=5)),
    ),
    max_size=60,
)


@pytest.mark.slow
@hypothesis_settings(max_examples=12)
@given(
    drawn=rows_of,
    period=st.sampled_from(["2026-09", "2026-W39", "2026-Q3", "2026", "2026-09-30", "2025-10"]),
    hours=st.integers(0, 24 * 40),
)
def test_any_deployments_make_an_edition_whose_ledger_adds_up(
    drawn: list[Any], period: str, hours: int
) -> None:
    rows = [
        deployment(
            n,
            moment,
            task_state=state,
            had_guided_failure=guided,
            lead_time=lead,
            tenant_id=tenant,
            tenant_name=tenant and name,
            project_id=f"Projects-{n % 3}",
            project_name=name,
        )
        for n, (moment, state, guided, lead, tenant, name) in enumerate(drawn)
    ]
    as_of = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(hours=hours)
    documents = compose(inputs(rows, period, as_of=as_of), settings(hotfix_patterns=("0$",)))
    speak(*documents)
    ledger = documents[0].check.ledger
    assert ledger.read == len(rows)
    assert ledger.read == ledger.used + sum(each.deployments for each in ledger.excluded)
    for document in documents[1:]:
        for section in document.sections:
            table = tables(document).get(f"{section.id}-table")
            if table is not None and not any("n" in note.values for note in table.notes):
                counts = [number(the(Figure, row[1]).value) for row in table.complete_rows]
                assert table.total is not None
                assert the(Figure, table.total[1]).value in (sum(counts), None)


@pytest.mark.parametrize("language", languages())
def test_every_method_page_says_when_the_next_edition_is_due(language: str) -> None:
    due = settings(splits=("Project",), language=language, next_edition=date(2026, 11, 1))
    for document in compose(inputs(company(50)), due):
        said = words(language)
        [about] = [
            block
            for section in document.sections
            if section.id == "method"
            for block in section.blocks
            if getattr(block, "title", None) == Phrase("method.about")
        ]
        pairs = [(said.phrase(term), said.phrase(text)) for term, text in the(Prose, about).items]
        day = {"en": "1 November 2026", "de": "1. November 2026"}[language]
        assert (said.text("label.next"), day) in pairs
