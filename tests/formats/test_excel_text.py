"""What a cell and a sheet name can hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from insights_reports.formats.excel.text import LONGEST_TEXT, SheetNames, clean

anything = st.text(st.characters(), max_size=80)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain Ärger – ✓", "plain Ärger – ✓"),
        ("_x0041_", "_x005F_x0041_"),  # Excel would show "A"
        ("_x0041_x0042_", "_x005F_x0041_x005F_x0042_"),  # the middle "_" could begin another
        ("_x41_", "_x41_"),
        ("a\x00b\ud800", "a\ufffdb\ufffd"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("=1+1", "=1+1"),  # a matter of the cell's type, not of its text
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(anything)
def test_clean_text_is_xml_and_stays_as_it_is_but_for_the_escapes(text: str) -> None:
    element = etree.Element("t")
    element.text = clean(text)
    assert etree.fromstring(etree.tostring(element)).text in (clean(text), None)
    if text.isalnum():
        assert clean(text) == text


@pytest.mark.parametrize("char", ["x", "😀", "\n"])
def test_the_longest_text_is_counted_as_excel_counts(char: str) -> None:
    cut = clean(char * 40_000)
    assert LONGEST_TEXT - 1 <= len(cut.encode("utf-16-le")) // 2 <= LONGEST_TEXT
    assert cut.endswith("…")
    units = len(char.encode("utf-16-le")) // 2
    assert clean(char * (LONGEST_TEXT // units)) == char * (LONGEST_TEXT // units)


@given(st.lists(anything, max_size=8))
def test_sheet_names_are_distinct_and_such_as_excel_takes(titles: list[str]) -> None:
    names = SheetNames()
    taken = [names.take(title) for title in titles]
    assert len({name.casefold() for name in taken}) == len(taken)
    for name in taken:
        assert 1 <= len(name.encode("utf-16-le")) // 2 <= 31
        assert not set(name) & set(":\\/?*[]'\n\x00")
        assert name == name.strip()
        assert name.casefold() != "history"


def test_a_second_sheet_of_the_same_name_gets_a_number() -> None:
    names = SheetNames()
    long = "A name that is longer than a sheet name"
    assert [names.take("Report"), names.take("report")] == ["Report", "report 2"]
    assert names.take(long) == "A name that is longer than a"
    assert names.take(long) == "A name that is longer than a 2"
    assert [names.take("History"), names.take("")] == ["History 2", "Sheet"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("7 Not used: in state Canceled, or older", "7 Not used in state Canceled"),
        ("6 Deployments of a weekday – hourly", "6 Deployments of a weekday"),
        ("5 Bereitstellungswiederherstellungszeit", "5 Bereitstellungswiederherstel…"),
        ("Thirty-one characters long: yes", "Thirty-one characters long yes"),
    ],
)
def test_a_sheet_s_name_is_of_whole_words(title: str, name: str) -> None:
    assert SheetNames().take(title) == name
