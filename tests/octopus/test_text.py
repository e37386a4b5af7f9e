"""Durations, instants, zones and names: exact both ways, and nothing taken for what it is not."""

import unicodedata
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tzlocal import windows_tz

from insights_reports.errors import BadReply
from insights_reports.octopus import (
    clean_text,
    iana_zone,
    parse_duration,
    parse_instant,
    print_duration,
    print_instant,
    windows_zone,
)
from insights_reports.spelling.columns import (
    endings,
    parse_durations,
    parse_instants,
    print_durations,
    print_instants,
)
from insights_reports.spelling.terms import NULL
from insights_reports.spelling.text import MOST_TICKS

SECOND = 10_000_000
HOUR = 3600 * SECOND
TICKS = st.integers(-MOST_TICKS, MOST_TICKS) | st.integers(-10 * HOUR, 10 * HOUR)
INSTANTS = st.integers(-9_000_000_000 * SECOND, 9_000_000_000 * SECOND)

# From the samples of Octopus's API page, worked out by hand.
SAMPLES = {
    "1:12:39.41517": 1 * HOUR + 12 * 60 * SECOND + 39 * SECOND + 4_151_700,
    "0:01:00.0": 60 * SECOND,
    "-2:32:31.0": -(2 * HOUR + 32 * 60 * SECOND + 31 * SECOND),
    "-426:53:44.0": -(426 * HOUR + 53 * 60 * SECOND + 44 * SECOND),
    "93:32:33.0": 93 * HOUR + 32 * 60 * SECOND + 33 * SECOND,
    "0:00:00.0": 0,
    "0:00:00.0000001": 1,
    "-0:00:00.0000001": -1,
}
OTHER_FORMS = {
    "00:01:00": 60 * SECOND,
    "1.02:03:04.5": 26 * HOUR + 3 * 60 * SECOND + 4 * SECOND + SECOND // 2,
    "-17.18:00:00": -(17 * 24 + 18) * HOUR,
}
NO_DURATIONS = [
    "",
    "-",
    "1",
    "1:2:3",
    "1:02",
    "1:02:60",
    "1:60:00",
    "a:00:00",
    "1:02:03.",
    "1:02:03.12345678",
    "+1:00:00",
    " 1:00:00",
    "1:00:00\n",
    "1.24:00:00",
    "1.2:00:00",
    "1:00:00Z",
    "--1:00:00",
    "1-:00:00",
    "1:00:0.0",
    "1::00:00",
    "١:00:00",
    "99999999:00:00",
    "2562048:00:00",
    "1.1:00:00.0",
    "0x1:00:00",
    "PT1H",
    "1:00:00.-1",
    ":00:00",
    "-:00:00",
]


@pytest.mark.parametrize(("text", "ticks"), [*SAMPLES.items(), *OTHER_FORMS.items()])
def test_durations_as_octopus_prints_them(text: str, ticks: int) -> None:
    assert parse_duration(text) == ticks
    assert parse_durations(pa.array([text, None, "0:00:01.0"])).tolist() == [ticks, NULL, SECOND]
    if text in SAMPLES:
        assert print_duration(ticks) == text


@pytest.mark.parametrize("text", NO_DURATIONS)
def test_what_is_no_duration(text: str) -> None:
    for column in ([text], ["0:00:01.0", text], [text, "-100:00:01.5", None]):
        with pytest.raises(BadReply, match="uration"):
            parse_durations(pa.array(column))
    with pytest.raises(BadReply, match="uration"):
        parse_duration(text)


@given(st.lists(TICKS | st.none()))
@example([MOST_TICKS, -MOST_TICKS])
def test_printed_durations_parse_to_themselves(ticks: list[int | None]) -> None:
    texts = [None if each is None else print_duration(each) for each in ticks]
    assert [None if text is None else parse_duration(text) for text in texts] == ticks
    numbers = np.array([NULL if each is None else each for each in ticks], np.int64)
    column = pa.array(texts, pa.string())
    assert parse_durations(column).tolist() == numbers.tolist()
    assert print_durations(numbers).to_pylist() == texts
    assert parse_durations(column.slice(1)).tolist() == numbers[1:].tolist()
    assert parse_durations(column.cast(pa.large_string())).tolist() == numbers.tolist()


@given(st.text("0123456789:.-+ ", max_size=20))
def test_a_column_takes_exactly_what_one_text_may_be(text: str) -> None:
    try:
        ticks = parse_duration(text)
    except BadReply:
        with pytest.raises(BadReply):
            parse_durations(pa.array([text, "1:00:00.0"]))
    else:
        assert parse_durations(pa.array([text, "1:00:00.0"])).tolist() == [ticks, HOUR]


@st.composite
def nearly_durations(draw: st.DrawFn) -> str:
    """A duration, or one with a character put in, left out or changed."""
    text = print_duration(draw(TICKS))
    at = draw(st.integers(0, len(text)))
    other = draw(st.sampled_from(["", *"0123456789:.-+ /;<>?\0é"]))
    changed = text[:at] + other + text[at + draw(st.integers(0, 1)) :]
    return str(draw(st.sampled_from([text, changed])))


@given(st.lists(nearly_durations(), max_size=5))
def test_a_column_takes_exactly_what_its_texts_may_be(texts: list[str]) -> None:
    try:
        ticks = [parse_duration(text) for text in texts]
    except BadReply:
        with pytest.raises(BadReply):
            parse_durations(pa.array(texts, pa.string()))
    else:
        assert parse_durations(pa.array(texts, pa.string())).tolist() == ticks


@given(st.lists(st.text("ab-1é", max_size=10)), st.integers(0, 2))
def test_endings_tell_the_last_eight_bytes_apart(texts: list[str], skipped: int) -> None:
    column = pa.array(texts, pa.string()).slice(skipped)
    last = [text.encode()[-8:].rjust(8, b"\0") for text in texts[skipped:]]
    assert endings(column).tolist() == [int.from_bytes(each, "little") for each in last]


def test_a_long_column_crosses_blocks() -> None:
    ticks = np.arange(200_001) * 98_765_432_1 - 10**13
    assert (parse_durations(print_durations(ticks)) == ticks).all()


def test_instants_as_octopus_prints_them() -> None:
    text = "2022-08-18T14:28:15.9395818Z"
    at = datetime(2022, 8, 18, 14, 28, 15, tzinfo=UTC)
    ticks = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) * SECOND + 9_395_818
    assert parse_instant(text) == ticks
    assert print_instant(ticks) == text
    assert parse_instant("2024-09-23T14:45:10.123+00:00") == parse_instant(
        "2024-09-23T14:45:10.123Z"
    )
    assert parse_instant("2022-08-19T00:28:15.9395818+10:00") == ticks
    assert parse_instant("2022-08-18T10:58:15.9395818-03:30") == ticks
    assert parse_instants(pa.array([text, None])).tolist() == [ticks * 100, NULL]


@given(st.lists(INSTANTS, min_size=1))
def test_printed_instants_parse_to_themselves(ticks: list[int]) -> None:
    texts = [print_instant(each) for each in ticks]
    assert [parse_instant(text) for text in texts] == ticks
    nanoseconds = np.array(ticks, np.int64) * 100
    assert parse_instants(pa.array(texts)).tolist() == nanoseconds.tolist()
    assert print_instants(nanoseconds).to_pylist() == texts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2022-08-18",
        "2022-08-18T14:28:15",
        "2022-02-30T00:00:00Z",
        "2022-08-18T25:00:00Z",
        "18/08/2022 14:28",
        "2022-08-18T14:28:15.12345678Z",
        "2022-08-18T14:28:15.Z",
        "0001-01-01T00:00:01.000+00:00",
        "2022-08-18T14:28:15+1:00",
    ],
)
def test_what_is_no_instant_of_ours(text: str) -> None:
    with pytest.raises(BadReply, match="Instant"):
        parse_instants(pa.array(["2022-08-18T14:28:15Z", text]))


@pytest.mark.parametrize("digits", ["", ".0", ".000", ".0000000"])
@pytest.mark.parametrize("zone", ["", "Z", "+00:00"])
def test_a_time_that_was_never_set_is_null(digits: str, zone: str) -> None:
    unset = f"0001-01-01T00:00:00{digits}{zone}"
    found = parse_instants(pa.array([unset, "2022-08-18T14:28:15Z", None]))
    assert found.tolist() == [NULL, 1_660_832_895_000_000_000, NULL]


def test_what_cannot_be_read_is_marked_where_that_is_wanted() -> None:
    marks = np.zeros(4, np.bool_)
    texts = pa.array(["soon", "2022-08-18T14:28:15Z", None, "1500-01-01T00:00:00Z"])
    assert parse_instants(texts, marks).tolist()[0] == NULL
    assert marks.tolist() == [True, False, False, True]
    marks[:] = False
    ticks = parse_durations(pa.array(["1:00:00", "soon", None, "-0:00:01.0"]), marks)
    assert ticks.tolist() == [36_000_000_000, NULL, NULL, -10_000_000]
    assert marks.tolist() == [False, True, False, False]


def test_zones_are_windows_or_iana() -> None:
    assert iana_zone("AUS Eastern Standard Time").key == "Australia/Sydney"
    assert iana_zone("w. europe standard time").key == "Europe/Berlin"
    assert iana_zone("Europe/Berlin").key == "Europe/Berlin"
    assert iana_zone("UTC").key == "UTC"
    assert windows_zone("Europe/Vienna") == "W. Europe Standard Time"
    assert iana_zone(windows_zone("Asia/Kolkata")).utcoffset(None) is None
    for unknown in (
        "Mars Standard Time",
        "",
        "../etc/passwd",
        "Europe",
        "x" * 5000,
        "Europe/Berlin\0",
    ):
        with pytest.raises(BadReply, match="TimeZone: "):
            iana_zone(unknown)
    with pytest.raises(BadReply, match="Mars/Base"):
        windows_zone("Mars/Base")


@pytest.mark.parametrize(
    ("stated", "today"),
    [
        ("India Standard Time", "Asia/Kolkata"),
        ("FLE Standard Time", "Europe/Kyiv"),
        ("Nepal Standard Time", "Asia/Kathmandu"),
        ("Myanmar Standard Time", "Asia/Yangon"),
        ("US Eastern Standard Time", "America/Indiana/Indianapolis"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Stockholm", "Europe/Stockholm"),  # a city of its own, though its clock is Berlin's
        ("US/Eastern", "America/New_York"),
        ("Etc/GMT-13", "Etc/GMT-13"),
        ("CET", "CET"),  # no city
    ],
)
def test_a_zone_goes_by_the_name_that_its_city_has_today(stated: str, today: str) -> None:
    assert iana_zone(stated).key == today


def test_every_zone_that_windows_knows_keeps_its_clock() -> None:
    for windows, old in windows_tz.win_tz.items():
        found = iana_zone(windows)
        assert windows_zone(found.key) == windows
        for month in (1, 7):
            moment = datetime(2026, month, 1, tzinfo=UTC)
            assert (
                moment.astimezone(found).utcoffset() == moment.astimezone(ZoneInfo(old)).utcoffset()
            )


ODD = st.characters(codec=None, categories=("Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Lu"))
NAMES = st.text() | st.text(ODD)


@given(NAMES)
@example("\ud800")
@example("a\r\nb\u2028c\x85d")
@example("\u202egnp.exe\u2066")
@example("\ufffe\uffff\ufdd0\U0001ffff\U0010fffe")
@example("\0\x1b[31m\x7f\x9b")
def test_a_clean_name_harms_no_sink(name: str) -> None:
    clean = clean_text(name)
    assert clean_text(clean) == clean
    assert len(clean.splitlines()) <= 1  # no mail header or log line is ever split
    clean.encode()
    ElementTree.fromstring(f"<a>{clean.replace('&', '').replace('<', '')}</a>")
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in clean)
    assert not set(clean) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.text(st.characters(categories=("L", "M", "N", "P", "S", "Zs", "Co"))))
def test_an_ordinary_name_stays_as_it_is(name: str) -> None:
    assert clean_text(name) == name


def test_what_is_put_in_place_of_what_is_no_text() -> None:
    assert clean_text("a\r\nb\nc\td\u2028e") == "a b c d e"
    assert clean_text("x\ud800y\0z\u202ew") == "x\ufffdy\ufffdz\ufffdw"
    assert clean_text("Zürich 日本 🚀 עברית\u200f") == "Zürich 日本 🚀 עברית\u200f"
