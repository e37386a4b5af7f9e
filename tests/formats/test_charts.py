"""Charts and marks: what they draw, and that it can be read.

The golden pictures are in ``golden/``; ``UPDATE_GOLDEN=1 pytest tests/formats/test_charts.py``
writes them anew, to be looked at before they are committed.
"""

import itertools
import re
from dataclasses import replace
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.edition.document import (
    Annotation,
    Chart,
    ChartForm,
    ChartSeries,
    ColumnKind,
    Role,
)
from insights_reports.edition.values import (
    Mark,
    Metric,
    Missing,
    Name,
    Phrase,
    Statistic,
    Unit,
)
from insights_reports.formats.charts import marks
from insights_reports.formats.charts.draw import draw
from insights_reports.formats.charts.fonts import shorten, text_width, ttf_files
from insights_reports.formats.charts.frame import Style
from insights_reports.formats.charts.palette import PAPER, contrast, css_classes, palette
from insights_reports.formats.charts.scale import label_indices, value_scale
from insights_reports.formats.charts.svg import Drawing
from insights_reports.formats.words.words import words
from insights_reports.spelling.terms import TICKS_PER_SECOND
from tests import documents
from tests.formats.goldens import check_golden
from tests.typed import the

SVG = "{http://www.w3.org/2000/svg}"
COLOURS = palette("#0b5c73")
STYLE = Style(words("en"), COLOURS)
HOUR = documents.HOUR
DAY = date(2026, 9, 1)
CHARTS = {
    "columns": documents.overview_chart,
    "panels": documents.panels,
    "heat": documents.heat,
}


def picture(chart: Chart, style: Style = STYLE) -> ElementTree.Element:
    return ElementTree.fromstring(draw(chart, style))


def texts(root: ElementTree.Element) -> list[str]:
    return [node.text or "" for node in root.iter(f"{SVG}text")]


def paths(root: ElementTree.Element, token: str) -> list[str]:
    """The outlines drawn in a colour of the palette."""
    nodes = root.iter(f"{SVG}path")
    return [node.get("d", "") for node in nodes if token in node.get("class", "").split()]


def line_chart(
    *series: ChartSeries, logarithmic: bool = False, unit: Unit = Unit.DURATION
) -> Chart:
    return Chart(
        id="c",
        form=ChartForm.LINES,
        title=Phrase("metric.lead_time"),
        subtitle=None,
        alt=Phrase("metric.lead_time"),
        x=tuple(DAY + timedelta(days=i) for i in range(len(series[0].figures))),
        granularity="Daily",
        unit=unit,
        series=series,
        logarithmic=logarithmic,
    )


def hours(role: Role, *values: float) -> ChartSeries:
    return ChartSeries(Name(role.value), role, tuple(documents.median(value) for value in values))


# --- golden pictures ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHARTS)
def test_each_form_is_drawn_as_it_was_looked_at(name: str) -> None:
    chart = CHARTS[name]()
    chart = replace(chart, series=tuple(replace(one, summary=None) for one in chart.series))
    check_picture(f"{name}.svg", draw(chart, STYLE))


def test_marks_are_drawn_as_they_were_looked_at() -> None:
    kind = ColumnKind.MARK_DURATION
    cells = [documents.project_row(row)[3] for row in documents.PROJECTS]
    scale = marks.mark_scale(cells, kind, 132)
    drawn = [marks.mark(the(Mark, cell), scale, kind, COLOURS, "a mark") for cell in cells]
    check_picture("marks.svg", "\n".join([*drawn, marks.mark_axis(scale, kind, STYLE)]))


def check_picture(name: str, drawn: str) -> None:
    """Without the sentences that describe the picture, which are the catalogue's."""
    shapes = re.sub(r"<(title|desc)>.*?</\1>| aria-label=\"[^\"]*\"", "", drawn)
    check_golden(name, shapes.replace("><", ">\n<") + "\n")


def test_an_interval_that_is_not_whole_is_drawn_as_such() -> None:
    chart = documents.overview_chart()
    last = len(chart.x) - 1
    whole, cut = picture(chart), picture(replace(chart, cut=(0, last)))
    broken = [
        [node for node in root.iter(f"{SVG}path") if node.get("stroke-dasharray")]
        for root in (whole, cut)
    ]
    stacked = sum(bool(one.figures[at].value) for one in chart.series for at in (0, last))
    assert [len(each) for each in broken] == [0, stacked]
    assert stacked > 0
    panels = documents.panels()
    dots = [open_dots(picture(each)) for each in (panels, replace(panels, cut=(1,)))]
    assert [len(each) for each in dots] == [0, len(panels.series)]


def open_dots(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [dot for dot in root.iter(f"{SVG}circle") if "f-paper" in dot.get("class", "").split()]


# --- what each picture says --------------------------------------------------------------------


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_names_and_describes_itself(name: str) -> None:
    chart = CHARTS[name]()
    root = picture(chart)
    assert root.get("role") == "img"
    assert root.get("aria-label") == words("en").phrase(chart.alt)
    assert root.findtext(f"{SVG}title") == words("en").phrase(chart.title)
    assert root.findtext(f"{SVG}desc") == words("en").phrase(chart.alt)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_holds_nothing_that_weasyprint_cannot_draw_or_that_fetches(name: str) -> None:
    drawn = draw(CHARTS[name](), replace(STYLE, hover=True))
    for broken in ("font:", "paint-order", "var(", "filter", "url(", "href", "style=", "<script"):
        assert broken not in drawn
    assert not re.search(r"\son\w+=", drawn)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width", [350, 680])
@pytest.mark.parametrize("name", CHARTS)
def test_everything_lies_inside_the_picture(name: str, width: float, language: str) -> None:
    root = picture(CHARTS[name](), Style(words(language), COLOURS, width=width))
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    for node in root.iter(f"{SVG}text"):
        size = float(node.get("font-size", "11"))
        length = text_width(node.text or "", size, int(node.get("font-weight", "400")))
        shift = {"middle": length / 2, "end": length}.get(node.get("text-anchor", ""), 0)
        start = float(node.get("x", "0")) - shift
        if (node.text or "").isascii():
            assert start >= -0.5 and start + length <= width + 0.5, node.text
        assert 0 < float(node.get("y", "0")) <= height


def test_columns_carry_their_totals_and_the_labels_of_the_last_interval() -> None:
    chart = documents.overview_chart()
    total = sum(s.figures[29].value or 0 for s in chart.series)
    found = texts(picture(chart))
    assert str(total) in found
    assert "30\u00a0Sept" in found


def test_failures_are_hatched_so_that_they_can_be_told_apart_without_colour() -> None:
    root = picture(documents.overview_chart())
    assert paths(root, "s-failed")
    fills = [node.get("class") for node in root.iter(f"{SVG}rect")]
    assert "f-paper s-failed" in fills


def test_several_series_of_the_main_role_differ_in_tint() -> None:
    counts = tuple(documents.count(3) for _ in range(3))
    series = tuple(ChartSeries(Name(name), Role.MAIN, counts) for name in "abc")
    chart = replace(documents.overview_chart(), series=series, x=(DAY,) * 3, annotations=())
    root = picture(chart)
    fills = {node.get("fill") for node in root.iter(f"{SVG}rect")}
    assert {COLOURS["main"][0], COLOURS["tint-1"][0], COLOURS["tint-2"][0]} <= fills


def test_a_line_has_a_gap_where_there_is_no_value() -> None:
    gap = documents.missing(Metric.LEAD_TIME, Statistic.MEDIAN, Missing.NO_VALUES)
    figures = (
        documents.median(1),
        documents.median(2),
        gap,
        documents.median(3),
        documents.median(4),
    )
    root = picture(line_chart(ChartSeries(Name("m"), Role.MAIN, figures)))
    assert len(paths(root, "s-ink")) == 2
    assert len(list(root.iter(f"{SVG}circle"))) == 4


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width", [350, 680])
@pytest.mark.parametrize("days", [7, 30, 31, 92])
def test_labels_of_days_neither_touch_nor_leave_the_picture(
    days: int, width: float, language: str
) -> None:
    x = tuple(DAY + timedelta(days=i) for i in range(days))
    made = line_chart(hours(Role.MAIN, *[1.0] * days))
    chart = replace(made, x=x, form=ChartForm.COLUMNS)
    drawn = picture(chart, Style(words(language), COLOURS, width=width))
    height = max(float(n.get("y", "0")) for n in drawn.iter(f"{SVG}text"))
    edges = [0.0]
    for node in drawn.iter(f"{SVG}text"):
        if float(node.get("y", "0")) == height:
            half = text_width(node.text or "", 10) / 2
            edges += [float(node.get("x", "0")) - half, float(node.get("x", "0")) + half]
    assert edges == sorted(edges)
    assert edges[-1] <= width + 0.01


def test_the_first_month_on_an_axis_has_its_year() -> None:
    months = [date(2025 + month // 12, month % 12 + 1, 1) for month in range(10, 22)]
    chart = line_chart(hours(Role.MAIN, *range(1, 13)))
    chart = replace(chart, x=tuple(months), granularity="Monthly", form=ChartForm.COLUMNS)
    drawn = texts(picture(chart))
    ticks = [
        text
        for text in drawn
        if re.match(r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)", text)
    ]
    assert re.fullmatch(r"[A-Z][a-z]{2} 2025", ticks[0]), ticks
    assert ticks[-1] == "Oct"


def test_durations_on_a_logarithmic_scale_have_round_ticks() -> None:
    chart = line_chart(hours(Role.MAIN, 0.5, 3, 60), logarithmic=True)
    found = texts(picture(replace(chart, form=ChartForm.COLUMNS)))
    ticks = [text for text in found if re.fullmatch(r"\d+\u00a0(s|min|h|d)", text)]
    axis = ticks[:6]  # then the totals
    assert axis == ["15\u00a0min", "1\u00a0h", "4\u00a0h", "12\u00a0h", "1\u00a0d", "3\u00a0d"]


def test_a_negative_duration_is_drawn() -> None:
    chart = line_chart(hours(Role.MAIN, -2, 3, 6))
    root = picture(chart)
    assert "−6\u00a0h" in texts(root)
    assert len(list(root.iter(f"{SVG}circle"))) == 3


def test_a_limit_below_zero_does_not_spoil_a_logarithmic_scale() -> None:
    chart = line_chart(hours(Role.MAIN, 2, 3, 6), hours(Role.LIMIT, -1, -1, -1), logarithmic=True)
    root = picture(chart)
    assert not paths(root, "s-limit")
    assert "1\u00a0h" in texts(root)


def test_panels_share_one_scale_and_label_their_peak() -> None:
    figures = [tuple(documents.count(n) for n in row) for row in ((1, 9, 2), (2, 4, 3))]
    series = tuple(ChartSeries(Name(n), Role.MAIN, f) for n, f in zip("ab", figures, strict=True))
    root = picture(replace(documents.panels(), series=series, x=(DAY,) * 3))
    first, second = (
        min(float(y) for y in re.findall(r" ([\d.]+)", path)) for path in paths(root, "s-main")
    )
    assert second > first  # the lower peak lies lower: the scale is the same
    assert {"9", "4"} <= set(texts(root))


def test_panels_with_scales_of_their_own_reach_the_same_height_and_share_none() -> None:
    """Peaks of nine and of four hours both touch the top; no rule is named, each peak is."""
    both = hours(Role.MAIN, 1, 9, 2), hours(Role.MAIN, 2, 4, 3)
    chart = replace(line_chart(*both), form=ChartForm.PANELS, own_scales=True)
    root = picture(chart)
    tops = {min(float(y) for y in re.findall(r" ([\d.]+)", path)) for path in paths(root, "s-main")}
    assert len(tops) == 1
    assert {"9.0\u00a0h", "4.0\u00a0h"} <= set(texts(root))
    assert not paths(root, "s-grid")
    negative = replace(chart, series=(hours(Role.MAIN, -2, 3, 6),))
    assert paths(picture(negative), "s-grid")  # below zero a height says nothing without rules


def test_a_panel_without_any_deployment_says_so() -> None:
    none = tuple(
        documents.missing(Metric.DEPLOYMENT_FREQUENCY, Statistic.COUNT, Missing.NO_DEPLOYMENTS)
        for _ in range(3)
    )
    chart = replace(
        documents.panels(), series=(ChartSeries(Name("a"), Role.MAIN, none),), x=(DAY,) * 3
    )
    assert "no deployments" in texts(picture(chart))


def test_the_highest_hour_of_the_week_carries_its_number() -> None:
    chart = documents.heat()
    highest = max(f.value or 0 for s in chart.series for f in s.figures)
    assert str(highest) in texts(picture(chart))


def test_an_annotation_keeps_clear_of_totals_and_columns() -> None:
    chart = replace(
        documents.overview_chart(), annotations=(Annotation(3, Phrase("label.findings")),)
    )
    root = picture(chart)
    note = next(n for n in root.iter(f"{SVG}text") if n.text == words("en").text("label.findings"))
    half = text_width(note.text or "", 10, 500) / 2
    x, y = float(note.get("x", "0")), float(note.get("y", "0"))
    for rect in root.iter(f"{SVG}rect"):
        left, top = float(rect.get("x", "0")), float(rect.get("y", "0"))
        beside = left + float(rect.get("width", "0")) < x - half or left > x + half
        assert beside or top >= y or top < 20  # below 20 stands the legend


def test_a_total_that_an_annotation_says_does_not_stand_beside_it_again() -> None:
    chart = documents.overview_chart()
    totals = [sum(s.figures[i].value or 0 for s in chart.series) for i in range(len(chart.x))]
    highest = totals.index(max(totals))
    assert totals.count(max(totals)) == 1

    def on_columns(*annotations: Annotation) -> list[str]:
        nodes = picture(replace(chart, annotations=annotations)).iter(f"{SVG}text")
        return [n.text or "" for n in nodes if n.get("font-weight") == "600"]

    said = Phrase("annotation.most", {"n": documents.count(int(max(totals)))})
    alone = on_columns()
    assert str(max(totals)) in alone
    assert on_columns(Annotation(highest, Phrase("label.findings"))) == alone
    assert on_columns(Annotation(highest, said)) == [t for t in alone if t != str(max(totals))]


@pytest.mark.parametrize("form", list(ChartForm))
def test_a_chart_without_any_value_is_drawn(form: ChartForm) -> None:
    none = documents.missing(Metric.DEPLOYMENT_FREQUENCY, Statistic.COUNT, Missing.NO_DEPLOYMENTS)
    chart = replace(
        documents.overview_chart(),
        form=form,
        series=(ChartSeries(Name("a"), Role.MAIN, (none,)),),
        x=(DAY,) if form is not ChartForm.HEAT else (0,),
        annotations=(),
    )
    assert picture(chart).get("role") == "img"


def test_values_to_point_at_are_there_only_for_the_screen() -> None:
    chart = documents.overview_chart()
    shown = picture(chart, replace(STYLE, hover=True))
    tips = [node.findtext(f"{SVG}title") for node in shown.iter(f"{SVG}rect") if len(node)]
    assert tips[0] == "1 September 2026\nsuccessful: 13\nguided failure: 0\nfailed: 0"
    assert len(tips) == len(chart.x)
    assert not [node for node in picture(chart).iter(f"{SVG}rect") if len(node)]


@given(st.text(max_size=60))
def test_no_name_becomes_markup(name: str) -> None:
    chart = line_chart(
        ChartSeries(Name(name), Role.MAIN, (documents.median(1), documents.median(2)))
    )
    root = picture(chart, replace(STYLE, hover=True))
    assert {node.tag for node in root.iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "title", "desc", "text", "line", "path", "circle", "rect")
    }


# --- marks -------------------------------------------------------------------------------------


def test_a_duration_that_no_logarithm_has_points_off_the_left_edge() -> None:
    cells = [Mark(-5.0, None, None), Mark(2.0 * HOUR, HOUR, 4 * HOUR)]
    scale = marks.mark_scale(cells, ColumnKind.MARK_DURATION, 132)
    assert scale.logarithmic
    root = ElementTree.fromstring(
        marks.mark(cells[0], scale, ColumnKind.MARK_DURATION, COLOURS, "negative")
    )
    assert paths(root, "f-main")
    assert not list(root.iter(f"{SVG}circle"))


def test_rates_are_drawn_from_zero() -> None:
    cells = [Mark(0.5, 0.4, 0.6)]
    scale = marks.mark_scale(cells, ColumnKind.MARK_RATE, 132)
    assert scale.low == 0
    root = ElementTree.fromstring(
        marks.mark(cells[0], scale, ColumnKind.MARK_RATE, COLOURS, "rate")
    )
    bar = next(root.iter(f"{SVG}rect"))
    assert float(bar.get("x", "0")) == scale(0)
    assert float(bar.get("width", "0")) == pytest.approx(scale(0.5) - scale(0), abs=0.01)


# --- scales ------------------------------------------------------------------------------------

UNITS = st.sampled_from([Unit.COUNT, Unit.RATE, Unit.DURATION, Unit.PER_WEEK, Unit.NUMBER])


@given(st.lists(st.integers(0, 10**17), min_size=1, max_size=9), UNITS, st.booleans())
def test_a_scale_holds_its_values_and_ticks(
    values: list[int], unit: Unit, logarithmic: bool
) -> None:
    scale = value_scale(values, unit, 200, 0, logarithmic=logarithmic)
    assert all(-1e-6 <= scale(value) <= 200 + 1e-6 for value in values)
    assert list(scale.ticks) == sorted(set(scale.ticks))
    assert 2 <= len(scale.ticks) <= 7
    assert scale.logarithmic or scale.ticks[0] == 0


def test_counts_have_no_fractions_on_their_axis() -> None:
    assert value_scale([1, 2], Unit.COUNT, 0, 100).ticks == (0, 1, 2)


def test_linear_durations_have_steps_that_people_use() -> None:
    scale = value_scale([50 * 60 * TICKS_PER_SECOND], Unit.DURATION, 0, 100)
    assert [tick / TICKS_PER_SECOND / 60 for tick in scale.ticks] == [0, 15, 30, 45, 60]


@given(st.integers(0, 400), st.floats(50, 700), st.floats(5, 120))
def test_labels_of_intervals_never_touch_and_the_last_is_there(
    count: int, room: float, width: float
) -> None:
    chosen = label_indices(count, room, width)
    assert not count or chosen[-1] == count - 1
    gaps = [b - a for a, b in itertools.pairwise(chosen)]
    assert all(gap * room / count >= width for gap in gaps)


# --- colours -----------------------------------------------------------------------------------


@given(st.integers(0, 0xFFFFFF))
def test_whatever_the_accent_text_can_be_read(accent: int) -> None:
    colours = palette(f"#{accent:06x}")
    for dark in (False, True):
        for token in ("ink", "muted", "main", "failed", "second", "better", "worse"):
            assert contrast(colours[token][dark], PAPER[dark]) >= 4.5
        assert contrast(colours["on-main"][dark], colours["main"][dark]) >= 4.5
        assert contrast("#ffffff", colours["deep"][dark]) >= 4.5
        for token in ("axis", "before", "limit", "guided"):
            assert contrast(colours[token][dark], PAPER[dark]) >= 3


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_every_class_of_a_picture_has_a_rule_for_dark_pages() -> None:
    rules = css_classes(COLOURS)
    for make in CHARTS.values():
        used = set(re.findall(r'class="([^"]+)"', draw(make(), STYLE)))
        assert all(f".{name}{{" in rules for names in used for name in names.split())


# --- type --------------------------------------------------------------------------------------


def test_digits_are_all_equally_wide() -> None:
    assert len({text_width(digit, 10) for digit in "0123456789"}) == 1


def test_the_faces_hold_what_the_words_use() -> None:
    for character in "ÄÖÜßéłőžΑΩЖя€–—…−×±≥≤≈→↑↓·•’“”„✓ \u00a0\u202f":
        assert text_width(character, 1) != 0.62, character


def test_the_faces_are_small() -> None:
    assert len(ttf_files()) == 4
    assert all(file.with_suffix(".woff2").stat().st_size < 120_000 for file in ttf_files())


@given(st.text(), st.floats(10, 300))
def test_a_shortened_text_fits(text: str, width: float) -> None:
    short = shorten(text, width, 11)
    assert short == text or (short.endswith("…") and text_width(short, 11) <= width + 1e-9)


def test_a_drawing_escapes_what_it_is_told() -> None:
    drawing = Drawing(10, 10, COLOURS, hover=True)
    drawing.text(0, 0, "<b>&\x00\ud800")
    drawing.tip(0, 0, 1, 1, '"><script>')
    root = ElementTree.fromstring(drawing.markup('a"b', "<i>"))
    assert root.findtext(f"{SVG}text") == "<b>&\ufffd\ufffd"
    assert root.findtext(f"{SVG}rect/{SVG}title") == '"><script>'
    assert root.get("aria-label") == "<i>"
