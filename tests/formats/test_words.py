"""Values as text, in both languages."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition.document import ColumnKind
from insights_reports.edition.values import (
    Change,
    ChangeVerdict,
    Day,
    Figure,
    Instant,
    Mark,
    Metric,
    Missing,
    Name,
    Phrase,
    Span,
    Statistic,
    Unit,
    Value,
)
from insights_reports.errors import RenderError
from insights_reports.formats.words.brief import in_period
from insights_reports.formats.words.catalogue import languages
from insights_reports.formats.words.words import Words, words
from insights_reports.spelling.terms import TICKS_PER_SECOND

EN, DE = words("en"), words("de")
LEAD, RATE, FREQUENCY = Metric.LEAD_TIME, Metric.FAILURE_RATE, Metric.DEPLOYMENT_FREQUENCY


def plain(text: str) -> str:
    """With ordinary spaces and hyphens, so that the tests can be read."""
    return text.replace("\u00a0", " ").replace("\u2212", "-")


def seconds(value: float) -> int:
    return round(value * TICKS_PER_SECOND)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 s"),
        (0.04, "< 0.1 s"),
        (0.05, "0.1 s"),
        (4.25, "4.3 s"),
        (9.94, "9.9 s"),
        (9.95, "10 s"),
        (42, "42 s"),
        (59.4, "59 s"),
        (59.5, "1 min"),
        (252, "4 min"),
        (599.4, "10 min"),
        (42 * 60, "42 min"),
        (3569, "59 min"),
        (3570, "1.0 h"),
        (73 * 60, "1.2 h"),
        (9.94 * 3600, "9.9 h"),
        (9.95 * 3600, "10 h"),
        (11.3 * 3600, "11 h"),
        (35.9 * 3600, "36 h"),
        (36 * 3600, "1.5 days"),
        (3.8 * 86400, "3.8 days"),
        (9.94 * 86400, "9.9 days"),
        (9.95 * 86400, "10 days"),
        (1200 * 86400, "1,200 days"),
        (-(2 * 3600 + 32 * 60 + 31), "-2.5 h"),
        (-(426 * 3600 + 53 * 60 + 44), "-18 days"),
    ],
)
def test_a_duration_has_one_unit_and_about_two_figures(value: float, text: str) -> None:
    assert plain(EN.duration(seconds(value))) == text


def test_a_duration_in_german() -> None:
    assert plain(DE.duration(seconds(3.8 * 86400))) == "3,8 Tage"
    assert plain(DE.duration(seconds(2 * 86400))) == "2,0 Tage"
    assert plain(DE.duration(seconds(73 * 60))) == "1,2 h"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0 %"),
        (0.0004, "< 0.1 %"),
        (0.0005, "0.1 %"),
        (0.0515, "5.2 %"),
        (0.03137, "3.1 %"),
        (1 / 3, "33.3 %"),
        (0.9994, "99.9 %"),
        (0.9996, "> 99.9 %"),
        (1.0, "100.0 %"),
    ],
)
def test_a_rate_has_one_decimal_and_is_not_rounded_to_nothing_or_everything(
    value: float, text: str
) -> None:
    assert plain(EN.rate(value)) == text


def test_counts_have_separators_and_plain_numbers_two_or_three_figures() -> None:
    assert EN.count(1234567) == "1,234,567"
    assert DE.count(1234567) == "1.234.567"
    assert [EN.number(n) for n in (0, 0.04, 0.995, 1.0, 1.25, 99.94, 116.4)] == [
        *("0", "0.04", "1.0", "1", "1.3", "99.9", "116")
    ]
    assert DE.number(1.25) == "1,3"


def test_a_figure_has_its_unit_or_says_why_it_has_no_value() -> None:
    frequency = Figure(FREQUENCY, Statistic.PER_WEEK, 49.23, 211)
    assert plain(EN.figure(frequency)) == "49.2 per week"
    assert EN.figure(frequency, unit=False) == "49.2"
    assert EN.unit(Unit.PER_WEEK) == "per week"
    assert plain(EN.figure(Figure(FREQUENCY, Statistic.ACTIVE_DAYS, 1))) == "1 day"
    assert EN.unit(Unit.DAYS, 21) == "days"
    assert EN.unit(Unit.RATE) == ""
    for missing, text in [
        (Missing.NO_DEPLOYMENTS, "no deployments"),
        (Missing.TOO_FEW, "too few"),
        (Missing.NO_ACCESS, "no access"),
        (Missing.NOT_LOADED, "not loaded"),
    ]:
        assert EN.figure(Figure(LEAD, Statistic.MEDIAN, None, None, missing)) == text


def test_a_figure_is_labelled_with_its_statistic() -> None:
    assert EN.label(Figure(LEAD, Statistic.MEDIAN, 1)) == "Lead time, median"
    assert EN.label(Figure(RATE, Statistic.RATE, 0.1)) == "Deployment failure rate"
    assert DE.label(Figure(LEAD, Statistic.P90, 1)) == "Durchlaufzeit, 90. Perzentil"
    assert plain(EN.sample(Figure(LEAD, Statistic.P90, 1, 1243))) == "n = 1,243"
    assert EN.sample(Figure(LEAD, Statistic.P90, 1)) == ""


def rate_change(before: float, after: float) -> Change:
    pair = [Figure(RATE, Statistic.RATE, value, 100) for value in (before, after)]
    return Change(pair[0], pair[1], after - before, None, ChangeVerdict.WORSE)


def count_change(before: int, after: int, ratio: float | None) -> Change:
    pair = [Figure(FREQUENCY, Statistic.COUNT, value) for value in (before, after)]
    return Change(pair[0], pair[1], after - before, ratio, ChangeVerdict.BETTER)


def test_a_change_is_signed_and_a_rate_changes_by_points() -> None:
    assert plain(EN.change(count_change(191, 214, 0.1204))) == "+23 (+12 %)"
    assert plain(EN.change(count_change(200, 195, -0.025))) == "-5 (-2.5 %)"
    assert plain(EN.change(count_change(0, 5, None))) == "+5"
    assert plain(EN.change(count_change(5, 5, 0.0))) == "±0 (±0.0 %)"
    assert plain(EN.change(rate_change(0.031, 0.052))) == "+2.1 points"
    assert plain(EN.change(rate_change(0.04, 0.03))) == "-1.0 points"
    assert plain(DE.change(rate_change(0.031, 0.052))) == "+2,1 Prozentpunkte"
    lead = [Figure(LEAD, Statistic.MEDIAN, seconds(n), 50) for n in (4380, 3600)]
    shorter = Change(lead[0], lead[1], seconds(-780), -0.178, ChangeVerdict.BETTER)
    assert plain(EN.change(shorter)) == "-13 min (-18 %)"


def test_a_change_without_a_base_says_why() -> None:
    before = Figure(LEAD, Statistic.MEDIAN, None, None, Missing.NO_HISTORY)
    after = Figure(LEAD, Statistic.MEDIAN, 1, 1)
    assert EN.change(Change(before, after, None, None, ChangeVerdict.TOO_FEW)) == "no history"


SEPTEMBER = Span("2026-09", date(2026, 9, 1), date(2026, 10, 1))


@pytest.mark.parametrize(
    ("span", "english", "german", "dates"),
    [
        (SEPTEMBER, "September 2026", "September 2026", "1 to 30 September 2026"),
        (
            Span("2026-Q3", date(2026, 7, 1), date(2026, 10, 1)),
            "Q3 2026",
            "3. Quartal 2026",
            "1 July to 30 September 2026",
        ),
        (
            Span("2026-W53", date(2026, 12, 28), date(2027, 1, 4)),
            "week 53 of 2026",
            "Woche 53 2026",
            "28 December 2026 to 3 January 2027",
        ),
        (  # from a Sunday: no ISO week
            Span("2026-W53", date(2026, 12, 27), date(2027, 1, 3)),
            "the week of 27 December 2026",
            "Woche vom 27. Dezember 2026",
            "27 December 2026 to 2 January 2027",
        ),
        (
            Span("2026", date(2026, 1, 1), date(2027, 1, 1)),
            "2026",
            "2026",
            "1 January to 31 December 2026",
        ),
        (
            Span("2026-09-01..2026-09-14", date(2026, 9, 1), date(2026, 9, 15)),
            "1 to 14 September 2026",
            "1. bis 14. September 2026",
            "1 to 14 September 2026",
        ),
        (
            Span("2026-09-14", date(2026, 9, 14), date(2026, 9, 15)),
            "14 September 2026",
            "14. September 2026",
            "14 September 2026",
        ),
    ],
)
def test_a_period_by_its_name_and_by_its_days(
    span: Span, english: str, german: str, dates: str
) -> None:
    assert (EN.span(span), DE.span(span), EN.dates(span)) == (english, german, dates)


SUNDAYS = Span("2026-W40", date(2026, 9, 27), date(2026, 10, 4))
CUT = Span("2026-09-01..2026-09-20", date(2026, 9, 1), date(2026, 9, 21))


@pytest.mark.parametrize(
    ("span", "english", "german"),
    [
        (SEPTEMBER, "22 h in Sept", "Sept.: 22 h"),
        (SUNDAYS, "22 h, week of 27 Sept", "Woche vom 27. Sept.: 22 h"),
        (Span("2026-09-27", date(2026, 9, 27), date(2026, 9, 28)), "22 h on 27 Sept",
         "27. Sept.: 22 h"),
        (CUT, "22 h, 1–20 Sept", "1.–20. Sept.: 22 h"),
        (Span("2026-08-30..2026-09-05", date(2026, 8, 30), date(2026, 9, 6)),
         "22 h, 30 Aug–5 Sept", "30. Aug.–5. Sept.: 22 h"),
    ],
)  # fmt: skip
def test_a_figure_says_which_period_it_is_of(span: Span, english: str, german: str) -> None:
    assert [plain(in_period(each, "22 h", span)) for each in (EN, DE)] == [english, german]


def test_a_week_of_last_year_names_its_day_and_year() -> None:
    assert plain(in_period(EN, "22 h", SUNDAYS, year=True)) == "22 h, week of 27 Sept 2026"
    assert plain(in_period(EN, "22 h", Span("2025", date(2025, 1, 1), date(2026, 1, 1)), year=True)
                 ) == "22 h in 2025"  # fmt: skip


def test_a_week_without_its_year_goes_by_its_sunday() -> None:
    said = [plain(each.phrase(Phrase("path.subtitle", {"previous": SUNDAYS}))) for each in (EN, DE)]
    assert said[0].endswith("grey: the week of 27 September")
    assert said[1].endswith("grau: Woche vom 27. September")


def test_an_instant_is_local_and_utc() -> None:
    four = datetime(2026, 10, 1, 4, tzinfo=UTC)
    assert EN.instant(Instant(four, "Europe/Berlin")) == (
        "1 October 2026, 06:00 Europe/Berlin (04:00 UTC)"
    )
    late = datetime(2026, 10, 1, 23, tzinfo=UTC)
    assert EN.instant(Instant(late, "Europe/Berlin")) == (
        "2 October 2026, 01:00 Europe/Berlin (1 October 2026, 23:00 UTC)"
    )
    assert EN.instant(Instant(four, "UTC")) == "1 October 2026, 04:00 UTC"


def test_axes_have_short_labels() -> None:
    assert [EN.tick(at, "Monthly") for at in (date(2026, 1, 1), date(2026, 5, 1))] == [
        "Jan 2026",
        "May",
    ]
    assert EN.tick(date(2026, 10, 4), "Weekly") == "4\u00a0Oct"
    assert EN.tick(7, "Hourly") == "07:00"
    assert EN.interval(date(2026, 10, 1), "Monthly") == "October 2026"
    assert EN.interval(date(2026, 10, 4), "Daily") == "4 October 2026"
    assert (EN.weekday(0), DE.weekday(6)) == ("Mon", "So")
    ticks = [plain(EN.duration_tick(seconds(s))) for s in (0, 900, 3600, 43200, 259200, -7200)]
    assert ticks == ["0 s", "15 min", "1 h", "12 h", "3 d", "-2 h"]
    assert plain(EN.axis(0.1, Unit.RATE)) == "10 %"
    assert plain(EN.axis(0.025, Unit.RATE)) == "2.5 %"
    assert EN.axis(40, Unit.COUNT) == "40"


def test_cells_have_the_unit_of_their_column_and_marks_are_put_into_words() -> None:
    assert plain(EN.cell(seconds(4380), ColumnKind.DURATION)) == "1.2 h"
    assert EN.cell(1234, ColumnKind.COUNT) == "1,234"
    mark = Mark(seconds(4380), seconds(4380), seconds(86400), seconds(7200))
    assert plain(EN.cell(mark, ColumnKind.MARK_DURATION)) == (
        "1.2 h, from 1.2 h to 24 h, before: 2.0 h"
    )
    assert EN.cell(Mark(None, None, None), ColumnKind.MARK_RATE) == "–"
    assert EN.cell(None, ColumnKind.DAY) == "–"
    assert EN.cell(ChangeVerdict.USUAL, ColumnKind.VERDICT) == "as usual"
    assert EN.cell(CheckVerdict.NOT_COMPARABLE, ColumnKind.TEXT) == "not comparable"


def test_names_keep_their_script_and_lose_what_steers_text() -> None:
    assert EN.name(Name("مشروع")) == "مشروع"
    assert EN.name(Name("a\r\nb\u202ec\x00")) == "a  b c"
    assert EN.name(Name("<b>{n}</b>")) == "<b>{n}</b>"
    assert EN.name(Name(None, "Projects-7")) == "Restricted (Projects-7)"
    assert DE.name(Name(None, "Projects-7")) == "Verborgen (Projects-7)"
    assert EN.name(Name(" \n", "Projects-7")) == "Unnamed (Projects-7)"


def test_a_phrase_fills_its_places_and_takes_the_plural_of_its_number() -> None:
    assert EN.text("gap.restricted", n=1) == "1 name is hidden from this account."
    assert EN.text("gap.restricted", n=2) == "2 names are hidden from this account."
    change = count_change(191, 214, 0.1204)
    now = Figure(FREQUENCY, Statistic.PER_WEEK, 49.9, 214)
    rose = Phrase(
        "subject.deployment_frequency.changed",
        {"period": SEPTEMBER, "now": now, "scope": Name("deployments"), "before": change.before},
    )
    assert plain(EN.phrase(rose)).startswith("September 2026: 49.9 per week deployments (")
    fell = Phrase(
        "chart.waterfall.spread_less",
        {"n": 1, "of": 2, "things": Name("slices"), "change": rate_change(0.05, 0.03)},
    )
    assert plain(EN.phrase(fell)) == "Spread over 1 of 2 slices: 2.0 points less"


def test_braces_in_a_name_are_no_place() -> None:
    phrase = Phrase("section.split.tenant-tag-set", {"set": Name("{set} {n}")})
    assert EN.phrase(phrase) == "By tenant tag: {set} {n}"


def test_what_the_catalogue_lacks_is_an_error_and_not_a_blank() -> None:
    with pytest.raises(RenderError, match=r"no\.such"):
        EN.text("no.such")
    with pytest.raises(RenderError, match="high"):
        EN.text("usual.up_to")
    with pytest.raises(RenderError, match="part size"):
        EN.text("chart.waterfall.spread", n=1, of=2, things=Name("x"), change=Name("y"))
    with pytest.raises(RenderError, match="'xx'"):
        Words("xx").text("label.all")
    with pytest.raises(RenderError, match=r"'\.\./en'"):
        Words("../en").text("label.all")


figures = st.one_of(
    st.integers(-(10**15), 10**15).map(lambda n: Figure(LEAD, Statistic.MEDIAN, n, 3)),
    st.floats(0, 1).map(lambda r: Figure(RATE, Statistic.RATE, r, 3)),
    st.floats(0, 1e9).map(lambda r: Figure(FREQUENCY, Statistic.PER_WEEK, r, 3)),
    st.integers(0, 10**12).map(lambda n: Figure(FREQUENCY, Statistic.COUNT, n)),
    st.floats(0, 1e6).map(
        lambda n: Figure(Metric.DEPLOYMENTS_UNTIL_RECOVERY, Statistic.MEAN, n, 1)
    ),
    st.sampled_from(Missing).map(lambda m: Figure(LEAD, Statistic.P90, None, None, m)),
)
dates = st.dates(date(1, 1, 2), date(9999, 12, 29))
values = st.one_of(
    figures,
    st.builds(
        lambda a, b, d, r: Change(a, b, d if a.value is not None else None, r, ChangeVerdict.WORSE),
        figures,
        figures,
        st.one_of(st.integers(-(10**15), 10**15), st.floats(-1e9, 1e9)),
        st.one_of(st.none(), st.floats(-1, 1e6)),
    ),
    st.builds(lambda d: Day(d), dates),
    st.builds(lambda d, n: Span("x", d, d + timedelta(days=n)), dates, st.integers(0, 2)),
    st.builds(
        Instant,
        st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
        st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]),
    ),
    st.builds(Name, st.one_of(st.none(), st.text()), st.text()),
    st.sampled_from([*ChangeVerdict, *CheckVerdict, *Missing]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.none(),
)
_TELLTALES = re.compile(r"\bnan\b|\bNone\b|-1 days|\{|\}|\bE[+-]?\d|\binf\b", re.ASCII)


@given(value=values, language=st.sampled_from(languages()), kind=st.sampled_from(ColumnKind))
def test_any_value_becomes_text_and_none_shows_how_it_is_stored(
    value: Value, language: str, kind: ColumnKind
) -> None:
    text = words(language).value(value)
    assert text
    words(language).cell(value, kind)
    assert not any(ord(char) < 0x20 or 0xD800 <= ord(char) <= 0xDFFF for char in text)
    if not isinstance(value, Name):
        assert not _TELLTALES.search(text)
        assert "-" not in text or isinstance(value, Instant)  # a negative has a true minus


@given(ticks=st.integers(-(10**16), 10**16), language=st.sampled_from(languages()))
def test_a_duration_says_the_value_to_five_per_cent_or_half_a_minute(
    ticks: int, language: str
) -> None:
    """Read back, it is the duration, but for its last figure."""
    units = {"s": 1, "min": 60, "h": 3600, "Tag": 86400, "Tage": 86400, "day": 86400, "days": 86400}
    text = words(language).duration(ticks)
    if text.lstrip("\u2212").startswith("<"):
        assert abs(ticks) < seconds(0.05)
        return
    separators = {"en": ",", "de": "."}
    bare = text.lstrip("\u2212").replace(separators[language], "").replace(",", ".")
    number, unit = bare.split("\u00a0")
    exact = abs(ticks) / TICKS_PER_SECOND
    half = 30 if unit == "min" else 0.0501
    assert abs(float(number) * units[unit] - exact) <= max(half, 0.0501 * exact)
    assert (text[0] == "\u2212") == (ticks < 0)
