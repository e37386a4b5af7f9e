"""The pictures that tell: what drove a change, strips, sparklines in their range, trends, paths."""

import re
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pytest

from insights_reports.edition.document import Chart, Dot, Dots, Role
from insights_reports.edition.values import (
    ChangeVerdict,
    Figure,
    Metric,
    Name,
    Phrase,
    Span,
    Statistic,
)
from insights_reports.formats.charts.dots import dots
from insights_reports.formats.charts.fonts import text_width
from insights_reports.formats.charts.frame import Style
from insights_reports.formats.charts.palette import PAPER, contrast, palette
from insights_reports.formats.charts.path import PathRow, path
from insights_reports.formats.charts.tiny import Side, Spark, bullet, part_bar, runs, spark, strip
from insights_reports.formats.charts.trend import outside, trend
from insights_reports.formats.charts.waterfall import (
    End,
    WaterfallBar,
    WaterfallTotal,
    bars,
    two_lines,
    waterfall,
)
from insights_reports.formats.html.pictures import Pictures
from insights_reports.formats.words.words import words
from tests import october
from tests.edition.inputs import HOUR
from tests.formats.goldens import check_golden

SVG = "{http://www.w3.org/2000/svg}"
COLOURS = palette("#0b5c73")
RECOVERY = Metric.TIME_TO_RECOVERY
CHANGE = WaterfallTotal(
    End("Sept", 0.05, "5.0 %"),
    End("Oct", 0.08, "8.0 %"),
    (WaterfallBar("Checkout", 0.04, "+4.0"), WaterfallBar("Billing", -0.01, "−1.0")),
    (0.06, ("target", "6 %")),
)


def rects(svg: str) -> list[dict[str, str]]:
    return [element.attrib for element in ElementTree.fromstring(svg).iter(f"{SVG}rect")]


def texts(svg: str) -> list[str]:
    return [str(element.text) for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def classes(svg: str) -> set[str]:
    return set(re.findall(r'class="([^"]*)"', svg))


# --- waterfall ---------------------------------------------------------------------------------


def test_each_step_of_a_waterfall_begins_where_the_one_before_ends() -> None:
    before, up, down, after = rects(waterfall(CHANGE, COLOURS, "t", "a"))
    unit = float(before["height"]) / 0.05
    assert float(up["height"]) == pytest.approx(0.04 * unit, abs=0.05)
    assert float(up["y"]) + float(up["height"]) == pytest.approx(float(before["y"]), abs=0.02)
    assert float(down["y"]) == pytest.approx(float(up["y"]), abs=0.5)  # an outline is within
    assert float(after["height"]) == pytest.approx(0.08 * unit, abs=0.05)


@pytest.mark.parametrize("dark", [0, 1], ids=["light", "dark"])
def test_both_totals_of_a_waterfall_are_seen_on_their_paper(dark: int) -> None:
    before, *_, after = rects(waterfall(CHANGE, COLOURS, "t", "a"))
    for column in (before, after):
        token = column["class"].removeprefix("f-")
        assert contrast(COLOURS[token][dark], PAPER[dark]) >= 3


def test_worse_is_solid_and_better_outlined_so_that_it_is_read_without_colours() -> None:
    _, up, down, _ = rects(waterfall(CHANGE, COLOURS, "t", "a"))
    assert up["class"] == "f-worse"
    assert down["class"] == "f-paper s-better"
    turned = rects(waterfall(replace(CHANGE, up_is_bad=False), COLOURS, "t", "a"))
    assert turned[1]["class"] == "f-paper s-better"


def test_a_waterfall_has_its_numbers_its_target_and_its_words() -> None:
    svg = waterfall(CHANGE, COLOURS, "Title", "From 5 % to 8 %")
    assert {"5.0 %", "+4.0", "−1.0", "8.0 %", "target", "6 %"} <= set(texts(svg))
    assert 'aria-label="From 5 % to 8 %"' in svg


def test_bars_say_the_same_steps_from_the_largest_length() -> None:
    long, short = rects(bars(CHANGE, COLOURS, "t", "a"))
    assert float(long["width"]) / (float(short["width"]) + 0.8) == pytest.approx(4, abs=0.05)


def test_a_long_label_takes_two_lines_broken_where_both_are_shortest() -> None:
    assert two_lines("Depot planner", 34, 7.2) == ["Depot", "planner"]
    assert two_lines("N" * 50, 34, 7.2)[0].endswith("…")


@pytest.mark.parametrize("steps", [(), (WaterfallBar("x", 0.0, "±0.0"),)])
def test_a_change_without_steps_is_drawn(steps: tuple[WaterfallBar, ...]) -> None:
    none = WaterfallTotal(End("a", 0.0, "0"), End("b", 0.0, "0"), steps)
    assert "NaN" not in waterfall(none, COLOURS, "t", "a") + bars(none, COLOURS, "t", "a")


@pytest.mark.parametrize("accent", ["#9c1f3d", "#a52040", "#146b48", "#a8480a"])
def test_an_accent_like_a_status_is_the_mastheads_alone(accent: str) -> None:
    colours = palette(accent)
    assert colours["main"][0] == palette("#3d4f59")["main"][0]
    assert colours["deep"] != palette("#3d4f59")["deep"]


def test_another_accent_is_drawn() -> None:
    assert palette("#0b5c73")["main"][0] == "#0b5c73"


# --- strip, sparkline, bullet ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "side", "shape"),
    [(0.5, None, "circle"), (1.5, "high", "rect"), (-7.0, "low", "path"), (6.5, "high", "path")],
)
def test_a_strip_has_a_dot_within_a_square_outside_and_a_triangle_far_away(
    at: float, side: Side, shape: str
) -> None:
    svg = strip(at, ChangeVerdict.WORSE, side, COLOURS, "t")
    last = list(ElementTree.fromstring(svg))[-1]
    assert last.tag == f"{SVG}{shape}"


def test_a_dot_within_stays_within_the_shaded_range() -> None:
    for at in (-1.0, 1.0):
        root = ElementTree.fromstring(strip(at, ChangeVerdict.USUAL, None, COLOURS, "t"))
        (dot,) = root.iter(f"{SVG}circle")
        assert float(dot.attrib["cx"]) - 1.8 >= 14
        assert float(dot.attrib["cx"]) + 1.8 <= 36


def test_more_and_fewer_have_the_colour_of_ink() -> None:
    assert "f-ink" in classes(strip(2, ChangeVerdict.MORE, "high", COLOURS, "t"))
    assert "f-worse" in classes(strip(2, ChangeVerdict.WORSE, "high", COLOURS, "t"))


def test_a_sparkline_writes_the_ends_of_its_range_and_steps_with_it() -> None:
    usual = ((1.0, 2.0), (1.0, 2.0), None, (2.0, 3.0))
    of = Spark((1, 2, None, 4), usual, ("2", "3"), ("Nov", "Feb"), ChangeVerdict.WORSE, "high")
    svg = spark(of, COLOURS, "t")
    assert texts(svg) == ["3", "2", "Nov", "Feb"]
    assert len(rects(svg)) == 2  # one for each run of equal ranges
    assert "f-worse" in classes(svg)


def test_the_ends_of_a_narrow_range_do_not_touch() -> None:
    of = Spark((1, 100), ((50.0, 50.1),) * 2, ("50", "51"), ("a", "b"), ChangeVerdict.USUAL)
    root = ElementTree.fromstring(spark(of, COLOURS, "t"))
    high, low = [float(text.attrib["y"]) for text in root.iter(f"{SVG}text")][:2]
    assert low - high >= 6.9


def test_runs_are_of_equal_values() -> None:
    assert runs([1, 1, None, 2]) == [(0, 1, 1), (2, 2, None), (3, 3, 2)]


def test_a_bullet_holds_value_and_target() -> None:
    ground, bar = rects(bullet(2.0, 1.0, COLOURS, "t"))
    assert float(bar["width"]) < float(ground["width"])
    _, small = rects(bullet(0.5, 1.0, COLOURS, "t"))
    assert float(small["width"]) == pytest.approx(float(ground["width"]) * 0.5 / 1.632, abs=0.1)


def test_a_part_that_is_better_is_outlined() -> None:
    assert "f-worse" in classes(part_bar(0.02, (-0.01, 0.02), COLOURS, "t", bad=True))
    assert "f-paper s-better" in classes(part_bar(-0.01, (-0.01, 0.02), COLOURS, "t", bad=False))


# --- path, trend -------------------------------------------------------------------------------


def test_a_path_draws_the_lead_time_now_above_the_one_before() -> None:
    rows = (
        PathRow("Test", 1.0, 2.0, "1 h", "1 %", "2 %"),
        PathRow("Production", 4.0, None, "4 h", "–", ""),
    )
    drawn = rects(path(rows, ("Lead time", "Failed"), COLOURS, "t", "a"))
    first, before, second = (float(each["width"]) for each in drawn)
    assert before / first == pytest.approx(2, abs=0.02)
    assert second / first == pytest.approx(4, abs=0.02)


def test_the_label_of_a_lead_time_stays_above_the_bar_of_before() -> None:
    """A quarter of its size hangs below the baseline of ``1.4 days``; the bar reaches below it."""
    row = PathRow("Production", 4.0, 9.0, "1.4 days", "5 %", "6 %")
    svg = path((row,), ("Lead time", "Failed"), COLOURS, "t", "a")
    every = ElementTree.fromstring(svg).iter(f"{SVG}text")
    label = next(element.attrib for element in every if element.text == "1.4 days")
    now, before = rects(svg)
    assert float(label["x"]) < float(before["width"])
    assert float(label["y"]) + 0.25 * float(label["font-size"]) < float(before["y"])
    assert float(now["y"]) < float(label["y"])


def test_a_trend_marks_what_lies_outside_with_its_date_and_value() -> None:
    chart = october.trend(october.tiles()[3])
    svg = trend(chart, Style(words("en"), COLOURS, width=244)).markup("t", "a")
    assert outside(chart) == {11: "up"}
    assert "Oct 16.7\u00a0%" in texts(svg)
    assert {"10.5\u00a0%", "2.2\u00a0%", "5\u00a0%"} <= set(texts(svg))


def test_the_last_point_of_a_trend_that_is_not_whole_is_open() -> None:
    chart = october.trend(october.tiles()[0])  # within its range: no triangle
    for cut, n in (((), 0), ((11,), 1)):
        svg = trend(replace(chart, cut=cut), Style(words("en"), COLOURS, width=244)).markup("t")
        assert len(re.findall(r"<circle[^>]*f-paper", svg)) == n


def test_limits_and_target_have_dashes_of_their_own() -> None:
    chart = october.trend(october.tiles()[3])
    svg = trend(chart, Style(words("en"), COLOURS, width=244)).markup("t", "a")
    dashes = re.findall(r'stroke-dasharray="([^"]*)"', svg)
    assert sorted(set(dashes)) == ["1.2 2.2", "4 2"]


def test_a_limit_steps_with_the_intervals() -> None:
    """The limits of a short month lie lower; a line through the last one would be false of it."""
    chart = october.trend(october.tiles()[3])
    main = chart.series[0]
    low = replace(main, role=Role.LIMIT, figures=tuple(october.rate(1, 100) for _ in main.figures))
    ends = [october.rate(8 if at else 4, 100) for at in range(len(main.figures))]
    high = replace(low, figures=tuple(ends))
    svg = trend(replace(chart, series=(main, low, high)), Style(words("en"), COLOURS, width=244))
    drawn = re.findall(r'd="([^"]*)"[^>]*dasharray="4 2"', svg.markup("t", "a"))
    heights = [{point.split()[1] for point in path[1:].split("L")} for path in drawn]
    assert [len(each) for each in heights] == [1, 2]


def limited(level: int | None) -> Chart:
    """A chart whose limits are 0 and 8 % up to a new level at the fifth point, then 5 and 20 %."""
    chart = october.trend(october.tiles()[3])
    main = chart.series[0]
    ends = [[(0, 5), (8, 20)][side][at >= 4] for side in (0, 1) for at in range(len(main.figures))]
    count = len(main.figures)
    low, high = (
        replace(main, role=Role.LIMIT, figures=tuple(october.rate(end, 100) for end in some))
        for some in (ends[:count], ends[count:])
    )
    return replace(chart, series=(main, low, high), level=level)


def test_limits_are_broken_off_before_a_new_level() -> None:
    """Without one each limit is a line; with one it is two that do not touch."""
    style = Style(words("en"), COLOURS, width=244)
    found = []
    for level in (None, 4):
        svg = trend(limited(level), style).markup("t", "a")
        found.append(
            [
                [float(point.split()[0]) for point in path[1:].split("L")]
                for path in re.findall(r'd="([^"]*)"[^>]*dasharray="4 [23]"', svg)
            ]
        )
    whole, broken = found
    assert (len(whole), len(broken)) == (2, 4)
    for old, new in ((broken[0], broken[1]), (broken[2], broken[3])):
        assert max(old) + 3 < min(new)


def test_a_label_is_not_struck_through_by_the_line_of_the_target() -> None:
    """The last value lies as high as the target, outside limits that lie lower."""
    chart = october.trend(october.tiles()[3])
    main = chart.series[0]
    for value in (16, 17, 18):
        last = (*main.figures[:-1], october.rate(value, 100))
        target = replace(main, role=Role.TARGET, figures=tuple(october.rate(17, 100) for _ in last))
        limits = [each for each in chart.series if each.role is Role.LIMIT]
        series = (replace(main, figures=last), *limits, target)
        drawn = trend(replace(chart, series=series), Style(words("en"), COLOURS, width=244))
        root = ElementTree.fromstring(drawn.markup("t", "a"))
        [label] = [e for e in root.iter(f"{SVG}text") if str(e.text).startswith("Oct 1")]
        [line] = [e for e in root.iter(f"{SVG}line") if e.get("stroke-dasharray") == "1.2 2.2"]
        foot, height = float(label.attrib["y"]), float(line.attrib["y1"])
        assert not foot - 6 < height < foot + 1


def test_fewer_deployments_are_worse_and_a_lower_failure_rate_is_better() -> None:
    frequency, *_, rate = (october.trend(each) for each in october.tiles()[:4])
    for chart, low, expected in ((frequency, 1.0, "f-worse"), (rate, 0.0, "f-better")):
        main = chart.series[0]
        last = replace(main.figures[-1], value=low)
        low_chart = replace(
            chart,
            series=(replace(main, figures=(*main.figures[:-1], last)), *chart.series[1:]),
        )
        svg = trend(low_chart, Style(words("en"), COLOURS, width=244)).markup("t", "a")
        assert expected in classes(svg)


@pytest.mark.parametrize("name", ["waterfall", "path", "spark"])
def test_pictures_are_drawn_as_they_were_looked_at(name: str) -> None:
    pictures = Pictures(words("en"), COLOURS)
    drawn = {
        "waterfall": lambda: pictures.waterfall(october.waterfall(), 324, 112),
        "path": lambda: pictures.path(october.path()),
        "spark": lambda: pictures.spark(october.tiles()[1]),
    }
    picture, said = drawn[name]()
    assert said
    check_golden(f"{name}.svg", picture.replace("><", ">\n<") + "\n")


# --- single values -----------------------------------------------------------------------------

SEPTEMBER = Span("2026-09", date(2026, 9, 1), date(2026, 10, 1))


def marks(others: bool, high: float | None = None) -> Dots:
    """Two marks of Checkout, one of Billing, and of three others where there are ``others``."""
    labels: tuple[Phrase | Name, ...] = (Name("Checkout"), Name("Billing"), Phrase("dots.others"))
    shown = [(0, 2), (0, 30), (1, 3), (2, 1), (2, 4), (2, 5)]
    usual = None if high is None else Figure(RECOVERY, Statistic.MEDIAN, round(high * HOUR))
    return Dots(
        "each-recovery",
        Phrase("dots.title.some", {"n": 6, "long": 1}),
        None,
        Phrase("dots.others"),
        SEPTEMBER,
        (date(2026, 9, 6), date(2026, 9, 20)),
        labels if others else labels[:2],
        tuple(Dot(1.5 + n, h * HOUR, at) for n, (at, h) in enumerate(shown) if others or at < 2),
        others,
        high=usual,
    )


def drawn_marks(block: Dots, width: float = 504) -> str:
    return str(dots(block, Style(words("en"), COLOURS, width=width)).markup("t", "a"))


def shapes(svg: str, token: str) -> int:
    """How many shapes the path of this class has."""
    paths = ElementTree.fromstring(svg).iter(f"{SVG}path")
    return sum(p.attrib["d"].count("M") for p in paths if p.attrib.get("class", "") == token)


def test_two_names_have_marks_of_their_own_and_others_are_open() -> None:
    """One more of each than there are values: the legend."""
    svg = drawn_marks(marks(others=True))
    assert [shapes(svg, token) for token in ("f-worse", "f-ink", "f-paper s-muted")] == [3, 2, 4]
    alone = drawn_marks(marks(others=False))
    assert [shapes(alone, token) for token in ("f-worse", "f-ink", "f-paper s-muted")] == [3, 2, 0]


def test_the_longest_of_each_name_says_how_long_it_took() -> None:
    said = [text.replace("\u00a0", " ") for text in texts(drawn_marks(marks(others=True)))]
    assert {"Checkout 30 h", "Billing 3.0 h", "6 Sept", "20 Sept"} <= set(said)
    assert not [text for text in said if text.startswith("others ")]


def test_the_usual_range_is_a_band_down_to_its_open_end() -> None:
    bands = [
        [rect for rect in rects(drawn_marks(each)) if rect["class"] == "f-soft"]
        for each in (marks(others=True), marks(others=True, high=4))
    ]
    assert bands[0] == []
    [band] = bands[1]
    assert float(band["y"]) + float(band["height"]) == pytest.approx(128 - 14)  # the plot's floor


@pytest.mark.parametrize("width", [504, 200])
def test_marks_and_words_stay_within_their_picture(width: float) -> None:
    root = ElementTree.fromstring(drawn_marks(marks(others=True), width))
    for node in root.iter(f"{SVG}text"):
        length = text_width(node.text or "", float(node.get("font-size", "11")))
        start = (
            float(node.get("x", "0"))
            - {"end": 1.0, "middle": 0.5}.get(node.get("text-anchor", ""), 0.0) * length
        )
        assert start >= -0.5
        assert start + length <= width + 0.5
