"""The index page of a folder: all editions, safely."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition.values import Figure, Metric, Missing, Statistic, Status
from insights_reports.formats.html import index
from insights_reports.formats.html.index import IndexEntry, IndexFile
from insights_reports.formats.html.index_figures import IndexFigure
from insights_reports.formats.words.words import words

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
GENERATED = datetime(2026, 10, 2, 6, 0, tzinfo=UTC)


def entry(subscription: str = "board-monthly", month: int = 9, revision: int = 1) -> IndexEntry:
    folder = f"{subscription}/2026-{month:02d}/r{revision}"
    name = f"{subscription}-2026-{month:02d}-summary.pdf"
    return IndexEntry(
        subscription=subscription,
        report="High Volume Report",
        title="Delivery performance",
        period=f"2026-{month:02d}",
        start=date(2026, month, 1),
        end=date(2026, month + 1, 1),
        revision=revision,
        status=str(Status.REVISED if revision > 1 else Status.FINAL),
        verdict=str(CheckVerdict.AGREES),
        generated=datetime(2026, month + 1, 1, 6, 0, tzinfo=UTC),
        files=(IndexFile(name, f"{folder}/{name}", "summary", 123_456, "ab12" * 16),),
    )


class Page(HTMLParser):
    """The elements of a page, and the text of each row of its tables."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[str] = []
        self.struck: list[str] = []
        self._open: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)
        if tag == "tr":
            self.rows.append("")
        if tag == "s":
            self.struck.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "tr" in self._open:
            self.rows[-1] += data
        if "s" in self._open:
            self.struck[-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(*entries: IndexEntry, **changes: Any) -> Page:
    return Page(index.render(entries, title="Meridian Freight", generated=GENERATED, **changes))


def rows(made: Page) -> list[str]:
    """The rows below the heads, in one line each."""
    lines = [" ".join(row.split()) for row in made.rows]
    return [line for line in lines if not line.startswith("Period")]


def test_a_row_says_what_an_edition_is() -> None:
    made = page(entry())
    (row,) = rows(made)
    for said in (
        "September 2026",
        "1 to 30 September 2026",
        "Delivery performance",
        "High Volume Report",
        "1 October 2026, 06:00 UTC",
        "final",
        "agrees",
        "123 KB",
        "ab12" * 16,
    ):
        assert said in row
    (link,) = made.all("a")
    assert link["href"] == ("./board-monthly/2026-09/r1/board-monthly-2026-09-summary.pdf")


def test_the_newest_period_and_revision_stand_first() -> None:
    made = page(entry(month=8), entry(month=9), entry(month=8, revision=2), entry("a", 7))
    found = [re.match(r"\w+ 2026", row)[0] for row in rows(made)]  # type: ignore[index]
    assert found == ["July 2026", "September 2026", "August 2026", "August 2026"]
    assert "revision 2" in rows(made)[2]


def test_a_replaced_revision_is_struck_through_but_kept() -> None:
    made = page(entry(revision=1), entry(revision=2), entry(month=8))
    assert [row.get("class") for row in made.all("tr") if "data-search" in row] == [
        None,
        "replaced",
        None,
    ]
    assert made.struck == ["September 2026", "Delivery performance", "final"]
    assert "replaced by revision 2" in rows(made)[1]
    assert len(made.all("a")) == 3  # its file can still be opened


def test_a_document_has_the_name_of_what_it_shows() -> None:
    names = ("summary", "environment-group", "tenant-tag-set", "something-else")
    files = tuple(replace(entry().files[0], document=name) for name in names)
    for language, shown in (
        ("en", ["Summary", "By environment group", "By tenant tag", "something-else"]),
        ("de", ["Zusammenfassung", "Nach Umgebungsgruppe", "Nach Mandanten-Tag", "something-else"]),
    ):
        (row,) = page(replace(entry(), files=files), language=language).rows[1:]
        assert [said for said in shown if said not in row] == []


@pytest.mark.parametrize("verdict", list(CheckVerdict))
def test_the_verdict_is_a_word(verdict: CheckVerdict) -> None:
    (row,) = rows(page(replace(entry(), verdict=str(verdict))))
    assert words("en").value(verdict) in row


def test_an_unknown_status_or_verdict_is_shown_as_it_is() -> None:
    (row,) = rows(page(replace(entry(), status="withdrawn", verdict="check.new")))
    assert "withdrawn" in row
    assert "check.new" in row


FINDING = "Checkout: 31 of 110 failed; up to 14.2 % would be usual"


def telling(month: int, rate: float | None, verdict: str = "worse", **changes: Any) -> IndexEntry:
    """An edition that says what it found."""
    missing = Missing.NO_DEPLOYMENTS if rate is None else None
    failed = Figure(Metric.FAILURE_RATE, Statistic.RATE, rate, 100, missing)
    figures = (IndexFigure(failed, verdict),)
    return replace(entry(month=month), figures=figures, finding=FINDING, **changes)


def test_a_row_says_what_the_edition_found() -> None:
    made = page(telling(9, 0.153, differing=176, released_by="Ada"))
    (row,) = rows(made)
    for said in (FINDING, "failure rate 15.3 % worse", "176 figures differ", "latest",
                 "held, released by Ada"):  # fmt: skip
        assert said.casefold() in row.casefold()
    (search,) = [str(tr["data-search"]) for tr in made.all("tr") if "data-search" in tr]
    for said in ("checkout: 31", "15.3 %", "worse", "176 figures differ", "latest", "ada",
                 "1 to 30 september 2026", "summary", ".pdf"):  # fmt: skip
        assert said in search


def test_rows_of_an_earlier_version_have_no_column_for_what_they_say() -> None:
    assert "What it says" not in "".join(page(entry()).rows)
    assert "What it says" in "".join(page(entry(), telling(8, 0.1)).rows)


def test_a_line_goes_over_the_editions_up_to_its_own() -> None:
    """Rates of 0, 10 and 5 %: from the bottom to the top of the box and half way back."""
    made = page(
        telling(7, 0.0),
        telling(8, 0.3),
        replace(telling(8, 0.1), revision=2),
        telling(9, 0.05),
    )
    lines = [line["points"] for line in made.all("polyline")]
    assert lines == [
        "3.0,17.0 36.0,3.0 69.0,10.0",  # September
        "3.0,17.0 69.0,3.0",  # August, as it is now
        "3.0,17.0 69.0,3.0",  # and as it was first
    ]
    assert [dot["cy"] for dot in made.all("circle")] == ["10.0", "3.0", "3.0"]


def test_a_line_has_a_gap_where_an_edition_has_no_value() -> None:
    made = page(telling(6, 0.1), telling(7, None), telling(8, 0.1), telling(9, 0.05))
    september = [str(line["points"]) for line in made.all("polyline")][:2]
    assert [len(part.split()) for part in september] == [1, 2]
    assert not page(telling(9, None)).all("polyline")


def test_the_latest_edition_is_named_once_in_each_subscription() -> None:
    made = page(entry(month=8), entry(month=9), replace(entry(month=9), revision=2), entry("b", 7))
    assert ["latest" in row for row in rows(made)] == [True, True, False, False]


def test_a_verdict_of_another_version_is_shown_as_it_is() -> None:
    (row,) = rows(page(telling(9, 0.1, verdict="splendid")))
    assert "splendid" in row


def test_a_folder_without_editions() -> None:
    content = index.render((), title="", generated=GENERATED).decode()
    assert "No edition has been delivered to this folder yet." in content
    assert "<table" not in content


def test_nothing_is_fetched_and_only_our_own_script_may_run() -> None:
    made = page(entry())
    (policy,) = [m["content"] for m in made.all("meta") if m.get("http-equiv")]
    assert "default-src 'none'" in str(policy)
    assert len(re.findall(r"'sha256-[\w+/=]{44}'", str(policy))) == 2
    assert "unsafe" not in str(policy)
    assert not any(e.get("src") for _, e in made.elements)
    assert not any(key.startswith("on") or key == "style" for _, e in made.elements for key in e)


def test_the_filters_are_hidden_until_the_script_shows_them() -> None:
    (filters,) = [e for e in page(entry()).all("div") if e.get("class") == "filters"]
    assert "hidden" in filters


def test_equal_entries_give_equal_bytes_in_whatever_order_they_come() -> None:
    entries = [entry(month=m, revision=r) for m in (7, 8) for r in (1, 2)]
    one = index.render(entries, title="x", generated=GENERATED)
    assert index.render(entries[::-1], title="x", generated=GENERATED) == one


hostile = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "</script><script>",
            "javascript:alert(1)",
            "../../etc/passwd",
            "//evil.example/x",
            "/etc/passwd",
            "a\\..\\b",
            "\x00\ud800",
        ]
    ),
)


@given(hostile, hostile, hostile)
@settings(max_examples=60)
def test_names_stay_text_and_links_stay_below_the_folder(name: str, path: str, sub: str) -> None:
    file = IndexFile(name, path, name, 1, name)
    made = page(replace(entry(), subscription=sub, report=name, title=name, files=(file,)))
    assert len(made.all("script")) == 1
    assert not made.all("img")
    for link in made.all("a"):
        href = str(link["href"])
        assert href.startswith("./")
        assert ".." not in href.split("/")
        assert re.fullmatch(r"[A-Za-z0-9_.~%/-]+", href)


# --- with its script -----------------------------------------------------------------------------


@pytest.fixture
def launched() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("Chromium is missing")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(launched: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    problems: list[str] = []

    def open_page(*entries: IndexEntry, width: int = 1280, language: str = "en") -> Any:
        path = tmp_path / "index.html"
        path.write_bytes(index.render(entries, title="x", generated=GENERATED, language=language))
        view = launched.new_page(viewport={"width": width, "height": 900})
        view.on("console", lambda message: problems.append(message.text))
        view.on("pageerror", lambda error: problems.append(str(error)))
        view.goto(path.as_uri())
        return view

    yield open_page
    assert problems == []


def found(view: Any) -> int:
    return int(view.locator("tr[data-search]:visible").count())


@pytest.mark.browser
def test_search_and_filters_find_editions(opened: Callable[..., Any]) -> None:
    view = opened(*(entry(s, m) for s in ("board-monthly", "platform") for m in (7, 8, 9)))

    assert found(view) == 6
    view.fill("#search", "september BOARD")
    assert found(view) == 1
    assert view.inner_text("#shown") == "Shown: 1 of 6"
    assert view.locator("section:visible").count() == 1
    view.fill("#search", "")
    view.select_option("#subscription", "platform")
    assert found(view) == 3
    view.select_option("#year", "2026")
    assert found(view) == 3
    view.fill("#search", "nothing like it")
    assert found(view) == 0


@pytest.mark.browser
def test_a_search_finds_the_dates_that_a_row_shows_and_escape_clears_it(
    opened: Callable[..., Any],
) -> None:
    """A week goes by its dates, not only by its number."""
    week = replace(entry(), period="2026-W19", start=date(2026, 5, 3), end=date(2026, 5, 10))
    view = opened(week, telling(9, 0.153))
    for text, count in (("may", 1), ("15.3 %", 1), ("summary", 2), ("checkout worse", 1)):
        view.fill("#search", text)
        assert found(view) == count, text
    view.press("#search", "Escape")
    assert view.input_value("#search") == ""
    assert found(view) == 2


WEEK_ONE = replace(
    entry(), period="2026-W01", start=date(2025, 12, 29), end=date(2026, 1, 5), title="Straße"
)


@pytest.mark.browser
def test_a_week_across_new_year_is_found_in_both_years(opened: Callable[..., Any]) -> None:
    view = opened(WEEK_ONE, replace(entry(), period="2024", start=date(2024, 1, 1)))
    assert view.locator("#year option").all_text_contents() == [
        *("All years", "2026", "2025", "2024")
    ]
    for year, count in (("2026", 2), ("2025", 2), ("2024", 1)):
        view.select_option("#year", year)
        assert found(view) == count


@pytest.mark.browser
def test_a_search_finds_letters_that_fold_into_others(opened: Callable[..., Any]) -> None:
    view = opened(WEEK_ONE, entry())
    view.fill("#search", "STRAßE")
    assert found(view) == 1


def many_files(**changes: Any) -> IndexEntry:
    """With every document in three formats."""
    documents = ("summary", "project", "project-group", "environment-group", "tenant-tag-set")
    files = tuple(
        IndexFile(f"{name}.{kind}", f"{name}.{kind}", name, 1_234_567, "ab12" * 16)
        for name in documents
        for kind in ("pdf", "xlsx", "html")
    )
    data = tuple(
        IndexFile(f"board-monthly-2026-09-{name}", f"m/{name}", "data", 1_234_567, "ab12" * 16)
        for name in ("figures.parquet", "figures.csv", "figures-dictionary.json", "edition.json")
    )
    return replace(entry(), files=(*files, *data), **changes)


FIVE = tuple(
    IndexFigure(Figure(metric, statistic, value, 285), verdict)
    for metric, statistic, value, verdict in (
        (Metric.DEPLOYMENT_FREQUENCY, Statistic.TOTAL, 1_031, "fewer"),
        (Metric.LEAD_TIME, Statistic.MEDIAN, 47 * 36_000_000_000, "worse"),
        (Metric.TIME_TO_RECOVERY, Statistic.MEDIAN, 4 * 36_000_000_000, "worse"),
        (Metric.FAILURE_RATE, Statistic.RATE, 0.153, "worse"),
        (Metric.REWORK_RATE, Statistic.RATE, 0.02, "nothing to compare with"),
    )
)
BROKEN_WORDS = """() => {
    const broken = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text; (text = walker.nextNode()); ) {
        if (!text.parentElement.closest("tbody") || text.parentElement.closest("details")) continue;
        for (const { index, 0: word } of text.data.matchAll(/[^\\s-]+/g)) {
            const range = document.createRange();
            range.setStart(text, index);
            range.setEnd(text, index + word.length);
            const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
            if (lines.size > 1) broken.push(word);
        }
    }
    return broken;
}"""


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_name_is_broken_within_a_word(opened: Callable[..., Any], language: str) -> None:
    name = "N" * 160
    long = many_files(report=name, title="Delivery performance of the whole company", revision=2)
    long = replace(long, figures=FIVE, finding=FINDING, differing=176, released_by="Ada")
    view = opened(replace(many_files(), figures=FIVE), long, telling(8, 0.1), language=language)
    for width in (320, 360, 600, 740, 800, 900, 1000, 1280, 1920):
        view.set_viewport_size({"width": width, "height": 900})
        assert view.evaluate("document.documentElement.scrollWidth") == width
        assert view.evaluate(BROKEN_WORDS) == [name], width
        seen, whole = view.locator(".scroll").evaluate("e => [e.clientWidth, e.scrollWidth]")
        assert whole <= seen, width


@pytest.mark.browser
def test_on_a_phone_each_cell_says_what_it_is(opened: Callable[..., Any]) -> None:
    label = "e => getComputedStyle(e, '::before').content"
    cells = "tbody tr:first-child td"
    for width, labels in (
        (360, ["Edition", "Status", "Cross-check with Octopus", "Files"]),
        (1280, []),
    ):
        view = opened(entry(), width=width)
        said = [each.evaluate(label).strip('"') for each in view.locator(cells).all()]
        assert [each for each in said if each != "none"] == labels


def test_links_to_files_of_one_format_say_which_they_lead_to() -> None:
    one = entry()
    names = ("figures.csv", "figures-dictionary.json", "edition.json")
    data = [
        IndexFile(f"m-2026-09-{name}", f"m/r1/m-2026-09-{name}", "data", 1, "a" * 64)
        for name in names
    ]
    content = index.render(
        [replace(one, files=(*one.files, *data))], title="x", generated=GENERATED
    ).decode()
    said = re.findall(r'<a href="[^"]*" title="[^"]*">([^<]*)</a>', content)
    assert said == ["PDF", *names]
