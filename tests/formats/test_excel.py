"""The workbook, read back with openpyxl: what stands in it is what the document says."""

import base64
import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from insights_reports.edition.document import (
    Brand,
    Chart,
    ChartForm,
    Document,
    Exclusion,
    Exclusions,
    Prose,
    Role,
    Section,
    Table,
)
from insights_reports.edition.values import (
    Change,
    Day,
    Figure,
    Mark,
    Metric,
    Missing,
    Name,
    Statistic,
    Unit,
)
from insights_reports.formats.charts.palette import contrast
from insights_reports.formats.excel import render as excel
from insights_reports.formats.excel.styles import INK
from insights_reports.formats.words.words import words
from insights_reports.spelling.terms import TICKS_PER_SECOND
from tests.documents import (
    HOUR,
    heat,
    identity,
    lead_chart,
    overview_chart,
    panels,
    phrase,
    project_table,
    recovery_tile,
    sample_document,
    split_document,
    strip,
)
from tests.formats.workbooks import cells, charts, deployments, location, opened, table_of
from tests.typed import number, the

ENGLISH = words("en")


@pytest.fixture(scope="module")
def summary() -> Workbook:
    return opened(excel.render(sample_document(), deployments({}, {})))


@pytest.fixture(scope="module")
def split() -> Workbook:
    return opened(excel.render(split_document(), None))


def shown(figure: Figure) -> object:
    """What openpyxl reads back for a figure: by hand, not by the writer's own functions."""
    if figure.value is None:
        return ENGLISH.figure(figure)
    if figure.unit is not Unit.DURATION:
        return figure.value
    return figure.value / TICKS_PER_SECOND / 3600


def close(found: object, expected: object) -> bool:
    if isinstance(expected, float):
        return found == pytest.approx(expected, rel=1e-12)
    return found == expected


# --- the sheets ----------------------------------------------------------------------------------


def test_the_sheets_come_in_the_order_of_reading(summary: Workbook) -> None:
    names = summary.sheetnames
    assert names[:6] == [
        "Cover",
        "Contents",
        "Notes",
        "Key figures",
        "Last 12 periods",
        "Findings",
    ]
    assert names[6:8] == ["1 Deployments per day", "2 Projects"]
    assert names[-5:] == ["Cross-check", "Exclusions", "Summary", "Deployments", "Choices"]
    assert the(Worksheet, summary.active).title == "Cover"


def test_each_sheet_but_the_cover_has_one_table_and_a_way_back(summary: Workbook) -> None:
    for sheet in summary.worksheets[1:]:
        assert len(sheet.tables) == 1, sheet.title
        assert not sheet.merged_cells.ranges
        assert sheet.sheet_state == "visible"
        links = {cell.hyperlink.location for row in sheet for cell in row if cell.hyperlink}
        assert links & {"'Contents'!A1", "'Cover'!A1"}


def test_the_contents_lead_to_every_sheet(summary: Workbook) -> None:
    rows = table_of(summary["Contents"])
    targets = [location(row["Sheet"]) for row in rows]
    assert targets == [f"'{name}'!A1" for name in summary.sheetnames if name not in FRONT]
    assert all(row["What it shows"].value and row["Part"].value for row in rows)


FRONT = ("Cover", "Contents")


def test_every_link_inside_leads_to_a_sheet_and_outside_only_to_mail(summary: Workbook) -> None:
    inside = {f"'{name}'!A1" for name in summary.sheetnames}
    for cell in cells(summary):
        if cell.hyperlink:
            link = cell.hyperlink
            assert link.location in inside or link.target == "mailto:dx@example.com"


def test_the_cover_says_whose_numbers_these_are(summary: Workbook) -> None:
    sheet = summary["Cover"]
    assert sheet["A1"].value == "Delivery performance"
    rows = {row[0].value: row[1].value for row in sheet.iter_rows(min_row=3)}
    assert rows["In one sentence"] == ENGLISH.phrase(sample_document().headline)
    assert rows["Period"] == "September 2026 (1 to 30 September 2026)"
    assert rows["First day"] == datetime(2026, 9, 1)
    assert rows["Last day"] == datetime(2026, 9, 30)
    assert rows["Time zone"] == "Australia/Brisbane (Octopus: E. Australia Standard Time)"
    assert rows["Status"] == "final"
    assert rows["Data as seen by"] == "insights-reader"
    assert rows["Contact"] == "dx@example.com"
    assert str(rows["Cross-check with Octopus"]).startswith("explained: 1,230 of 1,234")


def test_the_cover_says_when_the_next_edition_is_due() -> None:
    due = (phrase("label.next"), phrase("about.day", day=Day(date(2026, 11, 1))))
    about = Section("method", phrase("section.method"), None, (Prose(items=(due,)),))
    sheet = opened(excel.render(sample_document(sections=(about,)), None))["Cover"]
    rows = {row[0].value: row[1].value for row in sheet.iter_rows(min_row=3)}
    assert rows["Next edition"] == "1 November 2026"


def test_every_table_says_its_source(summary: Workbook) -> None:
    source = "Source: Octopus Deploy Insights, High Volume Report, https://octopus.example.com"
    for sheet in summary.worksheets[1:]:
        assert [c.value for c in sheet["A"] if str(c.value).startswith(source)], sheet.title


def test_the_cover_has_the_logo_in_a_row_of_its_own() -> None:
    png = BytesIO()
    PIL.Image.new("RGBA", (600, 120), "#0b5c73").save(png, "PNG")
    brand = Brand("Meridian Freight", base64.b64encode(png.getvalue()).decode())
    content = excel.render(sample_document(brand=brand), None)
    assert excel.render(sample_document(brand=brand), None) == content
    sheet = opened(content)["Cover"]
    (logo,) = the(Worksheet, sheet)._images  # type: ignore[attr-defined]
    size = logo.anchor.ext
    assert (size.width, size.height) == (160 * 9525, 32 * 9525)  # pixels in EMU
    row = logo.anchor._from.row + 1
    assert {cell.value for cell in sheet[row]} == {None}
    assert sheet.row_dimensions[row].height >= 32 * 0.75
    with zipfile.ZipFile(BytesIO(content)) as file:
        assert b'descr="Meridian Freight"' in file.read("xl/drawings/drawing1.xml")
        assert file.read("xl/media/image1.png") == png.getvalue()


@pytest.mark.parametrize("logo", ["", "no picture", "Tm8gcGljdHVyZQ=="])
def test_without_a_logo_the_cover_has_no_row_for_it(logo: str) -> None:
    sheet = opened(excel.render(sample_document(brand=Brand("M", logo)), None))["Cover"]
    assert sheet["A3"].value == "In one sentence"


def test_the_notes_explain_every_word_and_hold_all_prose(summary: Workbook) -> None:
    rows = [tuple(cell.value for cell in row.values()) for row in table_of(summary["Notes"])]
    terms = {term for topic, term, _ in rows if topic == "Words in place of a number"}
    assert terms == {ENGLISH.value(word) for word in Missing}
    method = sample_document().sections[1]
    definitions, dora = (the(Prose, block) for block in method.blocks)
    assert definitions.title is not None and dora.title is not None
    assert method.lead is not None
    assert (ENGLISH.phrase(method.title), None, ENGLISH.phrase(method.lead)) in rows
    for term, text in definitions.items:
        assert (ENGLISH.phrase(definitions.title), *map(ENGLISH.phrase, (term, text))) in rows
    for sentence in dora.sentences:
        assert (ENGLISH.phrase(dora.title), None, ENGLISH.phrase(sentence)) in rows


def test_print_and_view_are_set_up(summary: Workbook) -> None:
    sheet = summary["Deployments"]
    (table,) = sheet.tables.values()
    head = int("".join(c for c in table.ref.split(":")[0] if c.isdigit()))
    assert sheet.freeze_panes == f"B{head + 1}"
    assert sheet.print_title_rows == f"${head}:${head}"
    assert sheet.print_title_cols == "$A:$A"
    assert sheet.page_setup.orientation == "landscape"
    assert the(PageSetupProperties, sheet.sheet_properties.pageSetUpPr).fitToPage
    assert sheet.oddFooter is not None
    assert sheet.oddFooter.left is not None
    assert sheet.oddFooter.left.text == "Platform Engineering"


def test_what_is_wide_is_printed_on_pages_side_by_side(summary: Workbook) -> None:
    def pages(name: str) -> tuple[int | None, int | None]:
        setup = summary[name].page_setup
        return setup.fitToWidth, setup.fitToHeight

    assert pages("3 Lead time") == pages("5 When deployments complete") == (1, 1)
    assert pages("Last 12 periods") == (2, 1)
    assert pages("Key figures") == (2, 0)
    assert pages("Cover") == (1, 1)


def test_a_cover_of_many_findings_goes_on_to_the_next_page() -> None:
    made = sample_document()
    many = opened(excel.render(replace(made, findings=made.findings[:1] * 7), None))
    assert many["Cover"].page_setup.fitToHeight == 0


def test_print_titles_are_written_as_excel_writes_them() -> None:
    with zipfile.ZipFile(BytesIO(excel.render(split_document(), None))) as file:
        workbook = file.read("xl/workbook.xml").decode()
    assert ">'Contents'!$A:$A,'Contents'!$6:$6</definedName>" in workbook


def test_it_speaks_german() -> None:
    workbook = opened(excel.render(sample_document(language="de"), deployments({})))
    assert workbook.sheetnames[:4] == ["Deckblatt", "Inhalt", "Anmerkungen", "Kennzahlen"]
    german = words("de")
    rows = table_of(workbook["Kennzahlen"])
    assert rows[0]["Kennzahl"].value == german.label(sample_document().tiles[0].figure)
    assert rows[0]["Wert"].value == sample_document().tiles[0].figure.value
    (row,) = table_of(workbook["Deployments"])
    assert row["Mandant"].value == "Ohne Mandant"


@pytest.mark.parametrize("document", [sample_document, split_document])
def test_no_soft_hyphen_stands_in_a_cell(document: Callable[..., Document]) -> None:
    workbook = opened(excel.render(document(language="de"), deployments({})))
    assert [cell.value for cell in cells(workbook) if "\u00ad" in str(cell.value)] == []


def test_an_ampersand_in_the_footer_is_no_code() -> None:
    document = sample_document()
    document = replace(document, brand=replace(document.brand, footer="R&D &D"))
    with zipfile.ZipFile(BytesIO(excel.render(document, None))) as file:
        assert b"&amp;LR&amp;&amp;D &amp;&amp;D" in file.read("xl/worksheets/sheet1.xml").replace(
            b"&amp;L ", b"&amp;L"
        )


def test_a_long_name_is_wrapped_in_a_row_that_is_high_enough() -> None:
    table = project_table(5)
    long = Name("Underwriting and claims settlement for the northern region " * 3, "Projects-1")
    table = replace(table, rows=((long, *table.rows[0][1:]), *table.rows[1:]), all_rows=())
    sheet = next(
        sheet
        for sheet in opened(excel.render(_with_block(table), None))
        if any(str(cell.value).startswith("Underwriting") for (cell, *_) in sheet.iter_rows())
    )
    rows = {str(row[0].value).strip(): row[0] for row in sheet.iter_rows()}
    cell, other = rows[str(long.text).strip()], rows[str(table.rows[1][0].text)]  # type: ignore[union-attr]
    assert cell.alignment.wrap_text
    assert not other.alignment.wrap_text
    heights = [sheet.row_dimensions[the(int, each.row)].height for each in (cell, other)]
    assert heights[0] >= 4 * 13 > 2 * 13 > heights[1]


def test_a_text_wider_than_its_column_takes_several_lines() -> None:
    ids = tuple(f"Deployments-{number}" for number in range(100_000, 100_100))
    excluded = (Exclusion(phrase("exclusion.state", state=Name("x" * 60)), 100, ids),)
    check = replace(strip(), ledger=Exclusions(100, 0, excluded))
    workbook = opened(excel.render(sample_document(check=check), None))
    for sheet in workbook.worksheets[1:]:
        (table,) = sheet.tables.values()
        for row in sheet[table.ref][1:]:
            for cell in row:
                width = sheet.column_dimensions[cell.column_letter].width
                wide = cell.data_type == "s" and len(cell.value) > width
                assert cell.alignment.wrap_text or not wide, cell.value
    reason, ids_ = workbook["Exclusions"]["A"][-2], workbook["Exclusions"]["C"][-2]
    assert reason.alignment.wrap_text
    assert ids_.alignment.wrap_text
    assert 409 >= workbook["Exclusions"].row_dimensions[ids_.row].height > 15 * 13


def test_a_long_name_above_a_chart_is_cut_because_its_line_widens_the_printed_page() -> None:
    chart = panels()
    long = replace(chart.series[0], label=Name("W" * 160), summary=phrase("label.all"))
    chart = replace(chart, series=(long, *chart.series[1:]))
    texts = [cell.value for cell in cells(opened(excel.render(_with_block(chart), None)))]
    assert f"{'W' * 59}…: All" in texts
    assert any(str(text).startswith("W" * 100) for text in texts)  # the head of its column


def _with_block(block: Table | Chart) -> Document:
    document = split_document()
    return replace(document, sections=(replace(document.sections[0], blocks=(block,)),))


# --- the figures ---------------------------------------------------------------------------------


def test_every_figure_of_page_one_stands_typed_among_the_key_figures(summary: Workbook) -> None:
    rows = iter(table_of(summary["Key figures"]))
    for tile in sample_document().tiles:
        row = next(rows)
        assert row["Figure"].value == ENGLISH.label(tile.figure)
        assert close(row["Value"].value, shown(tile.figure))
        assert row["n"].value == tile.figure.n
        assert close(row["Previous period"].value, shown(tile.change.before))
        assert row["Verdict"].value == ENGLISH.value(tile.verdict)
        assert row["Why this verdict"].value == ENGLISH.phrase(tile.reason)
        for extra in tile.extra:
            row = next(rows)
            assert row["Figure"].value == ENGLISH.label(extra)
            assert close(row["Value"].value, shown(extra))
    assert next(rows, None) is None


def test_a_finding_says_where_its_rows_are() -> None:
    here, there = sample_document().findings
    there = replace(there, anchor="tenant-table", document="tenant")
    workbook = opened(excel.render(sample_document(findings=(here, there)), None))
    links = [row["Rows behind it"] for row in table_of(workbook["Findings"])]
    assert location(links[0]) == "'2 Projects'!A1"
    assert links[1].value == "board-monthly-2026-09-tenant.xlsx"
    assert links[1].hyperlink is None


def test_the_formats_of_the_key_figures(summary: Workbook) -> None:
    by_label = {row["Figure"].value: row for row in table_of(summary["Key figures"])}
    lead = by_label["Lead time, median"]
    assert lead["Value"].number_format == '#,##0.00" h";-#,##0.00" h"'
    assert lead["Unit"].value == "hours"
    assert lead["Change"].value == pytest.approx(-1.1)
    assert lead["Change"].number_format.startswith('+#,##0.00" h"')
    failure = by_label["Deployment failure rate"]
    assert failure["Value"].number_format == "0.0%"
    assert failure["Value"].value == pytest.approx(11 / 225)
    assert failure["Change"].value == pytest.approx(100 * (11 / 225 - 8 / 199))
    assert failure["Change"].number_format == '+0.0" points";-0.0" points";0.0" points"'
    assert location(failure["Rows behind it"]) == "'4 Failure rate'!A1"
    assert by_label["Deployment frequency"]["Rows behind it"].value == "Deployments"
    assert by_label["Time to recovery, median"]["Same period last year"].value == "no history"


def test_every_figure_of_the_tables_is_found_again(summary: Workbook) -> None:
    table = project_table(5)
    rows = table_of(summary["2 Projects"])
    assert len(rows) == len(table.complete_rows) == 7  # all of them, not the five of the page
    titles = [ENGLISH.column(column) for column in table.columns]
    slice_, deployments_, change_, range_, lead_, _, rate_, recovery_, verdict_ = titles
    for row, values in zip(rows, table.complete_rows, strict=True):
        name, count, change, mark, lead, _, failure, recovery, verdict = values
        assert row[slice_].value == ENGLISH.value(name)
        assert row[f"{slice_}: id"].value == the(Name, name).id
        assert row[deployments_].value == the(Figure, count).value
        assert row[change_].value == the(Change, change).difference
        assert close(row[rate_].value, number(the(Figure, failure).value))
        assert close(row[f"{recovery_} (hours)"].value, shown(the(Figure, recovery)))
        assert row[verdict_].value == ENGLISH.value(verdict)
        lead = the(Figure, lead)
        hours = lead.value / HOUR if lead.value is not None else ENGLISH.figure(lead)
        assert close(row[f"{lead_} (hours)"].value, hours)
        high, drawn = row[f"{range_}: to (hours)"].value, the(Mark, mark)
        assert close(high, "–" if drawn.high is None else drawn.high / HOUR)


def test_no_note_speaks_of_pictures_that_the_sheet_lacks(summary: Workbook) -> None:
    assert ENGLISH.text("note.marks") not in [cell.value for cell in cells(summary)]


def test_the_total_stands_below_the_table_and_is_marked(summary: Workbook) -> None:
    sheet = summary["2 Projects"]
    (table,) = sheet.tables.values()
    (total,) = sheet.iter_rows(min_row=sheet.max_row)
    assert sheet.max_row == int(table.ref.split(":")[1].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) + 1
    assert [total[0].value, total[2].value] == ["All", 214]
    assert total[2].font.bold
    assert total[2].border.top.style == "thin"


@pytest.mark.parametrize(
    ("chart", "name"),
    [(overview_chart(), "1 Deployments per day"), (lead_chart(), "3 Lead time")],
)
def test_the_charts_are_native_and_beside_their_data(
    summary: Workbook, chart: object, name: str
) -> None:
    sheet = summary[name]
    rows = table_of(sheet)
    assert [the(datetime, row["Interval"].value).date() for row in rows] == list(chart.x)  # type: ignore[attr-defined]
    for series in chart.series:  # type: ignore[attr-defined]
        unit = " (hours)" if name == "3 Lead time" else ""
        scale = HOUR if unit else 1
        found = [row[ENGLISH.value(series.label) + unit].value for row in rows]
        assert found == pytest.approx([f.value / scale for f in series.figures])
    assert len(charts(sheet)) == 1


def test_a_single_point_is_seen(summary: Workbook) -> None:
    (chart,) = charts(summary["3 Lead time"])
    assert [series.marker.symbol for series in chart.series] == ["circle"] * 2 + [None] * 3


def test_every_series_of_a_chart_is_drawn_whatever_it_is_for() -> None:
    chart = lead_chart()
    main = chart.series[0]
    series = tuple(replace(main, label=Name(role), role=role) for role in Role)
    document = _with_block(replace(chart, series=series))
    (drawn,) = charts(opened(excel.render(document, None))["2 Lead time"])
    dashes = [each.graphicalProperties.line.dashStyle for each in drawn.series]
    limit, target = (dashes[list(Role).index(role)] for role in (Role.LIMIT, Role.TARGET))
    assert len(dashes) == len(Role)
    assert (limit, target) == ("sysDash", "sysDot")


def test_a_limit_of_zero_spoils_no_logarithmic_scale() -> None:
    chart = lead_chart()
    *others, lower, upper = chart.series
    lower = replace(lower, figures=tuple(replace(f, value=0) for f in lower.figures))
    document = _with_block(replace(chart, series=(*others, lower, upper)))
    (drawn,) = charts(opened(excel.render(document, None))["2 Lead time"])
    assert drawn.y_axis.scaling.logBase == 10
    assert drawn.y_axis.number_format.formatCode == "General"  # 0.1 is not 0
    heads = [series.tx.strRef.f.rpartition("!")[2] for series in drawn.series]
    assert [head[0] for head in heads] == ["B", "C", "D", "F"]  # all but the lower limit


def test_a_point_without_a_value_is_empty_and_the_row_says_why(split: Workbook) -> None:
    sheet = split["1 Deployments per month"]
    rows = table_of(sheet)
    assert rows[0]["Checkout"].value is None
    assert rows[0]["Why a cell is empty"].value == "no history"
    assert rows[1]["Why a cell is empty"].value is None
    assert [row["Checkout"].value for row in rows][1:] == [
        f.value for f in panels().series[0].figures[1:]
    ]
    assert len(charts(sheet)) == 5  # one for each panel


def test_which_series_has_no_value_is_said_where_not_all_lack_one(summary: Workbook) -> None:
    rows = table_of(summary["Last 12 periods"])
    first, fourth, last = rows[0], rows[3], rows[-1]
    assert first["Why a cell is empty"].value == "no history: Time to recovery, median"
    assert fourth["Why a cell is empty"].value == "no values: Time to recovery, median"
    assert last["Time to recovery, median (hours)"].value == pytest.approx(2.4)
    assert last["Lead time, median: upper limit (hours)"].value == pytest.approx(15.2)


def test_the_hours_of_the_week_are_numbers_with_shading(summary: Workbook) -> None:
    sheet = summary["5 When deployments complete"]
    rows = table_of(sheet)
    assert heat().form is ChartForm.HEAT
    assert [row["Weekday"].value for row in rows][:2] == ["Monday", "Tuesday"]
    assert rows[2]["10:00"].value == heat().series[2].figures[10].value
    assert len(list(sheet.conditional_formatting)) == 1


def test_the_cross_check_and_the_ledger_add_up(summary: Workbook) -> None:
    rows = table_of(summary["Cross-check"])
    check: dict[Any, Any] = {row["Measure"].value: row["Value"].value for row in rows}
    assert check["Figures compared"] == 1234
    assert (
        check["Agree"]
        + check["Differ for a known reason"]
        + check["Differ"]
        + check["Cannot be compared"]
        == 1234
    )
    rows = table_of(summary["Exclusions"])
    assert sum(number(row["Deployments"].value) for row in rows) == 2648
    assert list(summary["Exclusions"].values)[-1][:2] == ("Read", 2648)
    assert rows[-1]["Deployment ids (at most the first hundred)"].value == (
        "Deployments-11, Deployments-12"
    )


def test_conditional_formats_never_stand_for_a_number_alone(summary: Workbook) -> None:
    rules = [rule for entry in summary["2 Projects"].conditional_formatting for rule in entry.rules]
    assert {rule.type for rule in rules} == {"dataBar", "iconSet"}
    assert all(rule.dataBar.showValue is not False for rule in rules if rule.dataBar)
    assert all(rule.iconSet.showValue is not False for rule in rules if rule.iconSet)


@pytest.mark.parametrize("accent", ["#ffff99", "#0b5c73", "#000000", "#2b0040"])
def test_colours_around_any_accent_can_be_read(accent: str) -> None:
    document = sample_document(brand=Brand(accent=accent))
    workbook = opened(excel.render(document, None))
    title = workbook["Cover"]["A1"].font.color.rgb[2:].upper()
    assert contrast(f"#{title}", "#ffffff") >= 4.5
    (chart,) = charts(workbook["1 Deployments per day"])
    assert chart.series[0].graphicalProperties.solidFill.srgbClr == title
    ((rule,),) = (e.rules for e in workbook["5 When deployments complete"].conditional_formatting)
    darkest = rule.colorScale.color[-1].rgb[2:]
    assert contrast(f"#{INK}", f"#{darkest}") >= 4.5


def test_no_text_of_a_chart_is_smaller_than_ten_points() -> None:
    with zipfile.ZipFile(BytesIO(excel.render(sample_document(), None))) as file:
        charts = b"".join(file.read(n) for n in file.namelist() if "charts/chart" in n)
    assert min(map(int, re.findall(rb' sz="(\d+)"', charts))) == 1000


@pytest.mark.parametrize("role", Role)
def test_a_series_of_every_role_is_drawn(role: Role) -> None:
    """The target of a trend, too: a workbook with one could not be written once."""
    chart = replace(overview_chart(), form=ChartForm.LINES)
    series = tuple(replace(each, role=role) for each in chart.series)
    document = _with_block(replace(chart, series=series))
    drawn = [
        each for sheet in opened(excel.render(document, None)).worksheets for each in charts(sheet)
    ]
    assert any(len(each.series) == len(series) for each in drawn)


def test_charts_have_alternative_texts() -> None:
    with zipfile.ZipFile(BytesIO(excel.render(sample_document(), None))) as file:
        drawings = b"".join(file.read(n) for n in file.namelist() if "drawings/drawing" in n)
    alt = ENGLISH.phrase(overview_chart().alt)
    assert f'descr="{alt}"'.encode() in drawings


MANY = 500 if "THOROUGH" in os.environ else 8

# --- what must not happen ------------------------------------------------------------------------

hostile = st.one_of(
    st.sampled_from(
        [
            "=1+1",
            "=cmd|'/C calc'!A0",
            "#N/A",
            "#REF!",
            "+1",
            "@SUM(A1)",
            "_x0041_",
            "_x0041_x0042_",
            "\x00\x01\x1f",
            "\ud800",
            "a\r\nb\tc",
            "'quoted'",
            "]]>",
            "<script>alert(1)</script>",
            "\u202egnp.exe",
            "History",
            " ",
            "&D&P",
            "😀" * 20_000,
            "[:*?/\\]",
        ]
    ),
    st.text(st.characters(), max_size=60),
)


def document_of(name: str, other: str) -> Document:
    """Names where names can stand: rows, series, titles of sheets, scope, account."""
    table = replace(
        project_table(7),
        title=phrase("exclusion.state", state=Name(name)),
        rows=((Name(name, other), *project_table(7).rows[0][1:]),),
    )
    chart = panels()
    series = tuple(
        replace(s, label=Name(label))
        for s, label in zip(chart.series[:2], (name, other), strict=True)
    )
    document = split_document(overview=(table, replace(chart, series=series)))
    who = replace(identity(phrase("scope.all")), account=Name(name), report=Name(other, name))
    return replace(document, identity=who, brand=replace(document.brand, contact=name))


@settings(max_examples=MANY)
@given(hostile, hostile)
def test_no_name_becomes_a_formula_an_error_or_a_link(name: str, other: str) -> None:
    rows = {"project_name": name, "deployment_id": other, "release_version": name}
    if not _storable(rows):
        rows = {}
    workbook = opened(excel.render(document_of(name, other), deployments(rows)))
    for cell in cells(workbook, without="Summary"):
        assert cell.data_type not in ("f", "e"), cell.value
        if cell.hyperlink and cell.hyperlink.target:
            assert cell.hyperlink.target.startswith("mailto:")
    assert len({title.casefold() for title in workbook.sheetnames}) == len(workbook.sheetnames)
    assert all(len(title.encode("utf-16-le")) <= 62 for title in workbook.sheetnames)


def _storable(rows: dict[str, str]) -> bool:
    """Arrow's strings are UTF-8: a lone surrogate cannot be in the deployments table."""
    try:
        "".join(rows.values()).encode()
    except UnicodeEncodeError:
        return False
    return True


def test_a_formula_is_shown_as_text() -> None:
    workbook = opened(excel.render(document_of("=1+1", "x"), deployments({"project_name": "=1+1"})))
    assert table_of(workbook["Deployments"])[0]["Project"].value == "=1+1"
    assert table_of(workbook.worksheets[3])[0]["Project"].value == "=1+1"


def test_the_same_document_gives_the_same_bytes() -> None:
    table = deployments({}, {"tenant_id": "Tenants-1"})
    content = excel.render(sample_document(), table)
    assert excel.render(sample_document(), table) == content
    with zipfile.ZipFile(BytesIO(content)) as file:
        assert {part.date_time for part in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = opened(content).properties
    assert properties.modified.replace(tzinfo=UTC) == datetime(2026, 10, 1, 20, 5, 12, tzinfo=UTC)
    assert properties.created == properties.modified


def test_an_empty_edition_has_all_its_sheets() -> None:
    nothing = Table("t", phrase("label.all"), None, project_table(1).columns, (), 0)
    document = sample_document(tiles=(), findings=(), overview=(nothing,), sections=())
    workbook = opened(excel.render(document, deployments()))
    assert workbook.sheetnames == [
        "Cover",
        "Contents",
        "Notes",
        "1 All",
        "Cross-check",
        "Exclusions",
        "Summary",
        "Deployments",
        "Choices",
    ]
    assert not workbook["1 All"].tables


def test_a_median_that_is_negative_is_in_hours_and_says_so() -> None:
    negative = Figure(Metric.LEAD_TIME, Statistic.MEDIAN, round(-2.5 * HOUR), 12)
    tile = replace(recovery_tile(), figure=negative)
    workbook = opened(excel.render(sample_document(tiles=(tile,)), None))
    row = table_of(workbook["Key figures"])[0]
    assert row["Value"].value == pytest.approx(-2.5)
    assert row["Unit"].value == "hours"


def test_a_mark_without_a_value_is_no_zero() -> None:
    table = project_table(7)
    assert isinstance(table.rows[5][3], Mark)
    workbook = opened(excel.render(split_document(overview=(table,)), None))
    restricted = table_of(workbook["1 Projects"])[5]
    assert next(iter(restricted.values())).value == "Restricted (Projects-6)"
    title = ENGLISH.column(table.columns[3])
    assert restricted[f"{title}: value (hours)"].value == "–"


def test_dates_are_dates(summary: Workbook) -> None:
    discrepancies, exclusions = summary.worksheets[-7:-5]
    row = list(table_of(discrepancies)[0].values())
    assert the(datetime, row[2].value).date() == date(2026, 9, 6)  # after the series and its id
    row = list(table_of(exclusions)[0].values())
    assert row[-1].value == datetime(2026, 9, 3, 21, 11)  # in the report's zone
