"""Objects of one name are told apart by their ids, the same way in every format."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as parser
from openpyxl import load_workbook

from insights_reports.edition import compose
from insights_reports.edition.document import Document, Table
from insights_reports.edition.rows import deployment_rows
from insights_reports.edition.same_names import distinct, told_apart
from insights_reports.edition.settings import Inputs, SliceTargets
from insights_reports.edition.values import Metric
from insights_reports.formats.excel import render as excel
from insights_reports.formats.html import render as html
from insights_reports.formats.mail import render as mail
from insights_reports.formats.words.words import words
from tests.edition.inputs import LOOKUPS, deployment, inputs, settings
from tests.metrics.reference import Row

TWINS = ["Web (Projects-1)", "web (Projects-2)"]
NAMES = {1: "Web", 2: "web", 3: "Shop"}


def rows() -> list[Row]:
    """Three projects, two of one name whatever its case; the first fails often in September."""
    made = []
    for month in range(1, 10):
        for number in range(60):
            project = 1 + number % 3
            start = datetime(2026, month, 1, 6, tzinfo=UTC) + timedelta(hours=11 * number)
            failed = month == 9 and project == 1 and number % 2
            made.append(
                deployment(
                    1000 * month + number,
                    start,
                    stream=project,
                    project_id=f"Projects-{project}",
                    project_name=NAMES[project],
                    task_state="Failed" if failed else "Success",
                )
            )
    return made


@cache
def found() -> Inputs:
    groups = {"ProjectGroups-1": "Team", "ProjectGroups-2": "Team"}
    return inputs(rows(), lookups=replace(LOOKUPS, project_group_names=groups))


@cache
def documents() -> tuple[Document, ...]:
    return compose(found(), settings(splits=("Project", "ProjectGroup")))


def first_cells(document: Document, id: str) -> list[str]:
    (table,) = (
        block
        for block in (*document.overview, *(b for s in document.sections for b in s.blocks))
        if isinstance(block, Table) and block.id == id
    )
    return [words("en").value(row[0]) for row in table.complete_rows]


def test_two_of_one_name_have_their_ids_and_others_do_not() -> None:
    summary, projects, groups = documents()
    names = {*TWINS, "Shop"}
    assert set(first_cells(summary, "where-to-look")) == names
    assert set(first_cells(projects, "project-table")) == names
    both = {"Team (ProjectGroups-1)", "Team (ProjectGroups-2)"}
    assert set(first_cells(groups, "project-group-table")) == both
    assert words("en").value(summary.findings[0].subject) == TWINS[0]


def test_every_format_calls_them_the_same_and_invents_no_name() -> None:
    summary, projects, _ = documents()
    no_ids = pd.Series([None] * len(found().deployments), dtype="string[pyarrow]")
    told = deployment_rows(found(), settings()).assign(
        lead_time_from_version=lambda rows: rows["release_version"],
        previous_successful_id=no_ids,
        recovered_from_id=no_ids,
    )
    for document in (summary, projects):
        page: Any = parser.fromstring(html.render(document).decode())
        names = {th.text_content().strip() for th in page.xpath("//tbody//th[@scope='row']")}
        assert {*TWINS, "Shop"} <= names
        assert not names & {"Web", "web", "Web 2", "web 2"}
    assert TWINS[0] in mail.render(summary).text
    book = load_workbook(BytesIO(excel.render(summary, told)))
    texts = {
        str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value
    }
    assert {*TWINS, "Shop"} <= texts
    assert not texts & {"Web", "web", "Web 2", "web 2"}
    heads = load_workbook(BytesIO(excel.render(projects, None)))
    drawn = [
        cell.value
        for sheet in heads
        for row in sheet.iter_rows(values_only=False)
        for cell in row
        if str(cell.value).casefold().startswith("web")
    ]
    assert drawn
    assert {str(text).partition(")")[0] + ")" for text in drawn} == set(TWINS)


def test_a_target_finds_them_by_id_or_by_the_name_that_the_configuration_knows() -> None:
    for slice, hit in (("Web", TWINS[:1]), ("Projects-2", TWINS[1:]), (TWINS[0], TWINS[:1])):
        aimed = (SliceTargets("Project", slice, {Metric.FAILURE_RATE: 0.1}),)
        _, projects = compose(found(), settings(splits=("Project",), slice_targets=aimed))
        assert first_cells(projects, "project-targets") == hit


def test_the_deployments_table_is_left_as_it_is_and_types_stay() -> None:
    given_in = found().deployments
    before = given_in["project_name"].astype(object).tolist()
    made = told_apart(found()).deployments
    assert given_in["project_name"].astype(object).tolist() == before
    assert set(made["project_name"].astype(object)) == {*TWINS, "Shop"}
    assert isinstance(made["project_name"].dtype, pd.CategoricalDtype)
    assert (
        made["project_name"].cat.categories.dtype == given_in["project_name"].cat.categories.dtype
    )
    assert made["environment_name"].equals(given_in["environment_name"])


def test_what_was_deployed_after_the_period_changes_no_name() -> None:
    def of(day: int, month: int) -> list[Row]:
        moment = datetime(2026, month, day, 12, tzinfo=UTC)
        return [
            deployment(1, datetime(2026, 9, 1, tzinfo=UTC), project_name="Web"),
            deployment(2, moment, project_id="Projects-2", project_name="Web"),
        ]

    for rows, names in (
        (of(1, 10), ["Web", "Web"]),
        (of(30, 9), ["Web (Projects-1)", "Web (Projects-2)"]),
    ):
        made = told_apart(inputs(rows)).deployments["project_name"]
        assert made.astype(object).tolist() == names


def test_one_that_was_renamed_is_no_other_and_what_has_no_name_stays_so() -> None:
    renamed = [
        deployment(1, datetime(2026, 9, 1, tzinfo=UTC), project_name="Web"),
        deployment(2, datetime(2026, 9, 2, tzinfo=UTC), project_name="WEB"),
        deployment(3, datetime(2026, 9, 3, tzinfo=UTC), project_id="Projects-2", project_name=None),
        deployment(4, datetime(2026, 9, 3, tzinfo=UTC), project_id="Projects-3", project_name=None),
    ]
    names = told_apart(inputs(renamed)).deployments["project_name"].astype(object)
    assert names[:2].tolist() == ["Web", "WEB"]
    assert names[2:].isna().all()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"P-1": "Web", "P-2": "Shop"}, ["Web", "Shop"]),
        ({"P-1": "Web", "P-2": " WEB "}, ["Web (P-1)", " WEB  (P-2)"]),
        # One that is called as another would be: it has its id, too.
        ({"P-1": "Web", "P-2": "Web", "P-3": "Web (P-1)"},
         ["Web (P-1)", "Web (P-2)", "Web (P-1) (P-3)"]),
        ({"P-1": "", "P-2": ""}, ["", ""]),  # formats say "Unnamed (P-1)"
        ({"P-1": "All", "P-2": "Web"}, ["All (P-1)", "Web"]),
    ],
)  # fmt: skip
def test_names_by_hand(names: dict[str, str], said: list[str]) -> None:
    called = distinct({(id_, name): name for id_, name in names.items()}, taken="all")
    assert list(called.values()) == said


ids = st.from_regex(r"P-[0-9]{1,2}", fullmatch=True)
alike = st.sampled_from(["Web", "web", "Web (P-1)", "Web (P-2)", "Web (P-1) (P-2)"])


@given(st.dictionaries(ids, alike))
def test_no_two_are_called_alike(names: dict[str, str]) -> None:
    called = distinct({(id_, name): name for id_, name in names.items()})
    assert len({each.casefold() for each in called.values()}) == len(names)
    for (id_, name), said in called.items():
        assert said in (name, f"{name} ({id_})")
