"""What tells the edition in the workbook: figures and findings on the cover, links to the rows
behind them, and the blocks that say what drove a change and where to look."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from insights_reports.edition.document import (
    Chart,
    ChartForm,
    ChartSeries,
    Column,
    ColumnKind,
    Document,
    EditorsNote,
    Finding,
    Path,
    PathStep,
    Role,
    Section,
    Table,
    TargetWord,
    Waterfall,
    WaterfallStep,
)
from insights_reports.edition.values import (
    ChangeVerdict,
    Name,
    Part,
    Phrase,
    Since,
    Strip,
    Unit,
)
from insights_reports.formats.excel import render as excel
from insights_reports.formats.words.words import words
from tests.documents import (
    AUGUST,
    HOUR,
    SEPTEMBER,
    count,
    judged,
    median,
    phrase,
    project_table,
    rate,
    rate_tile,
    sample_document,
)
from tests.formats.workbooks import charts, location, opened, table_of
from tests.typed import the

ENGLISH = words("en")
TABLE = replace(project_table(5), row_ids=tuple(f"Projects-{n}" for n in range(1, 8)))


def test_sheets_of_tag_sets_name_the_set() -> None:
    """Of two sets with one table each, and of one whose title names the set already."""

    def of(number: int, name: str) -> Section:
        id = f"tenant-tag-set-tagsets-{number}"
        tag_set = {"set": Name(name)}
        drawn = {"granularity": phrase("per.Weekly"), **tag_set}
        named = replace(TABLE, id=f"{id}-a", title=phrase("chart.panels.title_of", **drawn))
        parts = replace(TABLE, id=f"{id}-contributions", title=phrase("table.targets.title"))
        plain = replace(TABLE, id=f"{id}-table", title=phrase("table.slices.title.tenant-tag-set"))
        title = phrase("section.split.tenant-tag-set", **tag_set)
        return Section(id, title, None, (plain, named, parts))

    made = sample_document(overview=(), sections=(of(1, "Region"), of(2, "Tier")))
    book = opened(excel.render(made, None))
    sheets = [name for name in book.sheetnames if name[0].isdigit()]
    assert sheets == [
        *(
            "1 Region – Tenant tags",
            "2 Region deployments per week",
            "3 Region – Parts of the change",
        ),
        *("4 Tier – Tenant tags", "5 Tier deployments per week", "6 Tier – Parts of the change"),
    ]
    assert book[sheets[3]]["A1"].value == "Tier – Tenant tags"


def document(*blocks: object, **changes: object) -> Document:
    section = Section("project", phrase("title.summary"), None, (TABLE, *blocks))  # type: ignore[arg-type]
    return sample_document(overview=(), sections=(section,), **changes)


def test_a_finding_leads_to_its_row() -> None:
    """Also where the row has no room on the page: the sixth project is not among its five."""
    workbook = opened(excel.render(document(), None))
    for name, column in (("Findings", None), ("Cover", "H")):
        sheet = workbook[name]
        if column is None:
            links = [row["Rows behind it"] for row in table_of(sheet)]
        else:
            links = [cell for cell in sheet[column] if cell.hyperlink]
        for finding, link in zip(sample_document().findings, links, strict=True):
            title, cell = the(str, location(link)).split("!")
            row = workbook[title.strip("'")][cell]
            assert row.value == ENGLISH.value(finding.subject)
            assert row.offset(0, 1).value == finding.row


def test_a_finding_of_another_document_leads_to_where_to_look() -> None:
    made = sample_document(overview=(replace(TABLE, id="where-to-look"),), sections=())
    workbook = opened(excel.render(made, None))
    for finding, row in zip(made.findings, table_of(workbook["Findings"]), strict=True):
        title, cell = the(str, location(row["Rows behind it"])).split("!")
        assert title == "'1 Where to look'"
        assert workbook["1 Where to look"][cell].offset(0, 1).value == finding.row
    other = tuple(replace(each, split="tenant", document="tenant") for each in made.findings)
    workbook = opened(excel.render(replace(made, findings=other), None))
    files = {row["Rows behind it"].value for row in table_of(workbook["Findings"])}
    assert files == {"board-monthly-2026-09-tenant.xlsx"}


def test_each_measure_of_a_finding_has_a_row_of_numbers() -> None:
    finding = the(Finding, sample_document().findings[0])
    (line,) = finding.measures
    since = Since(date(2026, 8, 30), date(2026, 8, 23), date(2026, 9, 27), exact=False)
    own = replace(judged(line.figure, 1.0, 60.0), since=since)
    vague = replace(line, judged=own)
    exact = replace(line, judged=replace(own, since=replace(since, exact=True)))
    finding = replace(finding, measures=(vague, exact))
    workbook = opened(excel.render(document(findings=(finding,)), None))
    first, second = table_of(workbook["Findings"])
    assert first["Where"].value == second["Where"].value == "Checkout"
    assert first["What"].value == ENGLISH.phrase(line.text)
    assert first["Value"].value == line.figure.value
    assert (first["Usual from"].value, first["Usual to"].value) == (1, 60)
    assert first["Since, earliest"].value == datetime(2026, 8, 23)
    assert first["Since, latest"].value == datetime(2026, 9, 27)
    assert second["Since, earliest"].value == second["Since, latest"].value
    assert second["Since, latest"].value == datetime(2026, 8, 30)


def test_a_missed_target_and_another_statement_of_octopus_are_said() -> None:
    target = TargetWord(rate(1, 20), met=False, missed_by=rate(117, 1000), met_of=(4, 12))
    tile = replace(rate_tile(), target=target, stated=rate(173, 1000))
    workbook = opened(excel.render(document(tiles=(tile,)), None))
    row = table_of(workbook["Key figures"])[0]
    assert row["Target met"].value == "missed"
    assert row["Missed by"].value == pytest.approx(11.7)
    assert row["Missed by"].number_format == '0.0" points"'
    assert (row["Met in periods"].value, row["of periods"].value) == (4, 12)
    assert row["Octopus states"].value == 0.173
    (cover,) = [r for r in workbook["Cover"].iter_rows(values_only=True) if r[3] == 0.021]
    assert cover[6] == 0.05
    assert "4 of 12" in str(cover[7])
    assert "Octopus states 17.3\u00a0%" in str(cover[7])


@pytest.mark.parametrize("role", Role)
def test_a_series_of_every_role_is_drawn(role: Role) -> None:
    """A role without a colour of its own once cost the whole workbook."""
    series = ChartSeries(phrase("series.median"), role, (rate(1, 20), rate(1, 10)))
    chart = Chart(
        id="each-role",
        form=ChartForm.LINES,
        title=phrase("title.summary"),
        subtitle=None,
        alt=phrase("title.summary"),
        x=(date(2026, 8, 1), date(2026, 9, 1)),
        granularity="Monthly",
        unit=Unit.RATE,
        series=(series,),
    )
    *_, drawn = [
        found
        for sheet in opened(excel.render(document(chart), None)).worksheets
        for found in sheet._charts  # type: ignore[attr-defined]
    ]
    (line,) = [each.graphicalProperties.line for each in drawn.series]
    assert line.solidFill.srgbClr
    dashes = {"target": "sysDot", "limit": "sysDash", "second": "sysDash", "before": "sysDash"}
    assert line.dashStyle == dashes.get(role, "solid")


def test_questions_and_the_editor_s_note_stand_on_the_cover() -> None:
    note = EditorsNote(
        Name("Ada"), (("page-one", Name("A freeze.")), ("project", Name("Checkout moved.")))
    )
    made = document(questions=(phrase("title.summary"),), note=note)
    rows = {row[0]: row[1] for row in opened(excel.render(made, None))["Cover"].values if row[0]}
    assert rows["Questions to ask"] == "Delivery performance"
    assert rows["Note by Ada"] == f"{ENGLISH.text('title.summary')}: Checkout moved."


def test_what_drove_a_change_adds_up_in_points() -> None:
    steps = ((Name("Checkout", "Projects-1"), 0.069), (Phrase("label.all"), 0.028))
    fall = Waterfall(
        "what-drove-it",
        phrase("title.summary"),
        None,
        phrase("title.summary"),
        rate(56, 1000),
        rate(153, 1000),
        tuple(WaterfallStep(label, size, Part(size, Unit.RATE)) for label, size in steps),
        (AUGUST, SEPTEMBER),
    )
    sheet = opened(excel.render(document(fall), None))["2 What drove it"]
    first, *parts, last = [list(row.values())[:-4] for row in table_of(sheet)]
    assert (first[-1].value, last[-1].value) == (0.056, 0.153)
    assert sum(row[-1].value for row in parts) == pytest.approx(100 * (0.153 - 0.056))  # type: ignore[misc]
    assert parts[0][-1].number_format == '+0.0" points";-0.0" points";0.0" points"'


def test_a_change_is_drawn_as_steps_on_an_invisible_foot() -> None:
    """From 10 % by +6 and -2 points to 14 %: the second step hangs from 16 % down to 14 %."""
    steps = tuple(
        WaterfallStep(Name(name), size, Part(size, Unit.RATE))
        for name, size in (("Checkout", 0.06), ("Billing", -0.02))
    )
    title = phrase("title.summary")
    ends = rate(10, 100), rate(14, 100)
    fall = Waterfall("what-drove-it", title, None, title, *ends, steps, (AUGUST, SEPTEMBER))
    sheet = opened(excel.render(document(fall), None))["2 What drove it"]
    drawn = [[cell.value for cell in list(row.values())[-4:]] for row in table_of(sheet)]
    assert drawn == [
        [0.1, None, None, None],
        [None, pytest.approx(0.1), pytest.approx(0.06), None],
        [None, pytest.approx(0.14), None, pytest.approx(0.02)],
        [0.14, None, None, None],
    ]
    [chart] = charts(sheet)
    assert chart.grouping == "stacked"
    assert [bool(s.graphicalProperties.noFill) for s in chart.series] == [0, 1, 0, 0]


def test_a_change_below_zero_is_not_drawn() -> None:
    steps = tuple(
        WaterfallStep(Name(name), size, Part(size, Unit.RATE))
        for name, size in (("Checkout", -0.06), ("Billing", 0.05))
    )
    title = phrase("title.summary")
    ends = rate(5, 100), rate(4, 100)
    fall = Waterfall("what-drove-it", title, None, title, *ends, steps, (AUGUST, SEPTEMBER))
    assert not charts(opened(excel.render(document(fall), None))["2 What drove it"])


def test_recoveries_that_are_listed_in_full_have_one_sheet() -> None:
    few, every = (replace(TABLE, id=id, row_ids=()) for id in ("recoveries", "all-recoveries"))
    rendered = opened(excel.render(replace(document(every), overview=(few,)), None))
    numbered = [name for name in rendered.sheetnames if name[0].isdigit()]
    assert len(numbered) == 2  # the first of the section, and that of all recoveries


def test_a_strip_is_the_word_that_it_draws() -> None:
    columns = (
        Column(phrase("column.slice.project"), ColumnKind.NAME),
        Column(phrase("column.deployments"), ColumnKind.COUNT),
        Column(phrase("column.verdict"), ColumnKind.STRIP),
        Column(phrase("column.points"), ColumnKind.PART),
    )
    cells = (Strip(3.2, ChangeVerdict.WORSE, "high"), None)
    rows = tuple(
        (Name(name, name), count(7), cell, Part(-0.028, Unit.RATE))
        for name, cell in zip("ab", cells, strict=True)
    )
    look = Table("where-to-look", phrase("title.summary"), None, columns, rows, 2)
    sheet = opened(excel.render(document(look), None))["2 Where to look"]
    words_, parts = zip(*(list(row.values())[-2:] for row in table_of(sheet)), strict=True)
    assert [cell.value for cell in words_] == ["worse", "–"]
    assert [cell.value for cell in parts] == [pytest.approx(-2.8)] * 2


def test_the_path_is_a_row_for_each_group() -> None:
    step = PathStep(
        Name("Staging"),
        median(26.4),
        None,
        ChangeVerdict.USUAL,
        rate(1, 20),
        rate(1, 40),
        ChangeVerdict.USUAL,
    )
    path = Path("path", phrase("title.summary"), None, (step,))
    sheet = opened(excel.render(document(path), None))["2 The path"]
    (row,) = (list(row.values()) for row in table_of(sheet))
    assert [cell.value for cell in row] == ["Staging", round(26.4 * HOUR) / HOUR, "–", 0.05, 0.025]


def test_the_workbooks_of_slices_say_which_file_has_the_deployments() -> None:
    made = replace(document(), name="project", edition=("summary", "project"))
    workbook = opened(excel.render(made, None))
    assert "Deployments" not in workbook.sheetnames
    last = table_of(workbook["Contents"])[-1]
    assert last["Sheet"].value == "board-monthly-2026-09-summary.xlsx"
    assert last["Sheet"].hyperlink is None
