"""The web page in headless Chromium: its script, its policy, a phone's width, the dark."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from pypdf import PdfReader

from insights_reports.edition.document import Chart, Column, ColumnKind
from insights_reports.edition.files import File
from insights_reports.edition.values import Change, ChangeVerdict, Name, Phrase
from insights_reports.formats.html import render as html
from insights_reports.formats.mail import render as mail
from insights_reports.formats.words.words import words
from tests import documents, october

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
USUAL = ChangeVerdict.USUAL
FLAGS = ["--disable-quic", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *FLAGS]
        )
        yield browser
        browser.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    table = documents.project_table(7)
    section = documents.split_document().sections[0]
    rows = (*table.rows, table.rows[0], table.rows[1])
    document = documents.split_document(
        sections=(
            type(section)(
                "project",
                section.title,
                section.lead,
                (
                    type(table)(
                        **{name: getattr(table, name) for name in table.__slots__} | {"rows": rows}
                    ),
                ),
            ),
        )
    )
    path = tmp_path / "page.html"
    path.write_bytes(html.render(document))
    return path


def opened(browser: Browser, path: Path, **context: object) -> tuple[Page, list[str]]:
    """The page, and what it complained about or asked the network for."""
    page = browser.new_context(**context).new_page()  # type: ignore[arg-type]
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("request", lambda request: seen.append(request.url))
    page.goto(path.as_uri())
    return page, [s for s in seen if not s.startswith(("data:", path.as_uri()))]


def names(page: Page) -> list[str]:
    rows = page.locator("#project-table tbody").first.locator("tr:visible th")
    return [text.strip() for text in rows.all_text_contents()]


def test_nothing_is_asked_of_the_network_and_the_policy_holds(browser: Browser, file: Path) -> None:
    page, seen = opened(browser, file)
    assert seen == []
    assert page.evaluate("document.fonts.size") == 3
    assert page.evaluate("[...document.fonts].every(f => f.status !== 'error')")


def test_a_column_sorts_up_and_down_with_absent_values_last(browser: Browser, file: Path) -> None:
    page, _ = opened(browser, file)
    head = page.locator("#project-table th", has_text="Lead time, median").last
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert names(page)[0] == "N" * 160  # the negative one
    assert names(page)[-1] == "Restricted (Projects-6)"  # has none
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert names(page)[0].startswith("<script>")
    assert names(page)[-1] == "Restricted (Projects-6)"


def test_rows_can_be_filtered_and_the_total_stays(browser: Browser, file: Path) -> None:
    page, _ = opened(browser, file)
    page.get_by_role("searchbox").fill("track")
    assert names(page) == ["Tracking API", "Tracking API"]
    assert page.locator("#project-table tr.total").is_visible()


def test_a_filter_says_how_many_rows_it_left_and_escape_clears_it(
    browser: Browser, file: Path
) -> None:
    page, _ = opened(browser, file)
    search, left = page.get_by_role("searchbox"), page.get_by_role("status")
    search.fill("track")
    assert left.inner_text() == "2 of 9 rows"
    search.press("Escape")
    assert search.input_value() == ""
    assert left.inner_text() == "9 of 9 rows"
    assert len(names(page)) == 9


def test_a_link_to_a_row_that_a_filter_hides_shows_it_and_says_so(
    browser: Browser, told: Path
) -> None:
    page, seen = opened(browser, told, viewport={"width": 1280, "height": 800})
    row = page.locator("#row-project-4")
    block = page.locator(".block", has=row)
    search, left = block.get_by_role("searchbox"), block.get_by_role("status")
    all_rows = block.locator("tbody").first.locator("tr").count()
    follow = (
        page.get_by_role("link", name="Tracking API").click,
        lambda: page.evaluate("location.hash = ''; location.hash = 'row-project-4'"),  # as Back
    )
    for followed in follow:
        search.fill("no such row")
        assert not row.is_visible()
        assert left.inner_text() == f"0 of {all_rows} rows"
        followed()
        expect(row).to_be_in_viewport()
        assert search.input_value() == ""
        assert left.inner_text() == f"{all_rows} of {all_rows} rows"
    search.fill("tracking")
    page.get_by_role("link", name="Tracking API").click()
    assert left.inner_text() == f"1 of {all_rows} rows"  # what is shown needs no change
    assert seen == []


@pytest.fixture
def told(tmp_path: Path) -> Path:
    path = tmp_path / "october.html"
    path.write_bytes(html.render(october.october_document()))
    return path


def test_a_finding_leads_to_its_row_and_a_screen_holds_them_all(
    browser: Browser, told: Path
) -> None:
    page, seen = opened(browser, told, viewport={"width": 1280, "height": 800})
    for what in (".tiles", ".findings li:last-child", ".drivers .wide svg", ".path svg"):
        expect(page.locator(what)).to_be_in_viewport(ratio=0.9)
    page.get_by_role("link", name="Tracking API").click()
    expect(page.locator("#row-project-4")).to_be_in_viewport()
    assert seen == []


def test_a_filter_finds_what_a_row_shows(browser: Browser, told: Path) -> None:
    """A unit stands behind its number with a space that does not break."""
    page, _ = opened(browser, told)
    block = page.locator("#where-to-look")
    shown = block.locator("tbody").first.locator("tr:visible th")
    for text in ("1.8 days", "checkout", "28.2 %", "4 oct"):
        block.get_by_role("searchbox").fill(text)
        assert "Checkout" in " ".join(shown.all_text_contents()), text
    block.get_by_role("searchbox").fill("1.9 days")
    assert shown.count() == 0


def test_on_a_phone_the_findings_come_before_bars_and_tiles_that_scroll(
    browser: Browser, told: Path
) -> None:
    page, _ = opened(browser, told, viewport={"width": 390, "height": 844})
    expect(page.locator(".findings li:last-child")).to_be_in_viewport(ratio=1)
    assert page.locator(".drivers .narrow").is_visible()
    assert not page.locator(".drivers .wide").is_visible()
    order = [page.locator(each).bounding_box() for each in (".findings", ".drivers", ".tiles")]
    tops = [box["y"] for box in order if box]
    assert tops == sorted(tops)
    assert len(tops) == 3
    assert page.locator(".tiles").evaluate("e => e.scrollWidth > e.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_wide_table_keeps_its_names_and_heads_and_says_that_it_scrolls(
    browser: Browser, told: Path
) -> None:
    page, _ = opened(browser, told, viewport={"width": 390, "height": 844})
    place = page.locator("#where-to-look .scroll")
    assert page.locator("#where-to-look .more").is_visible()
    name, before = page.locator("#row-project-1 th"), place.bounding_box()
    place.evaluate("e => e.scrollLeft = 200")
    assert before
    assert name.bounding_box()["x"] == before["x"]  # type: ignore[index]
    wide, _ = opened(browser, told, viewport={"width": 1280, "height": 800})
    assert not wide.locator("#where-to-look .more").is_visible()


def test_a_copied_table_is_numbers(browser: Browser, told: Path) -> None:
    page, _ = opened(browser, told)
    lines = copied(page, "#where-to-look table")
    assert lines[0] == [
        *("Project", "Deployments", "Lead time (h)", "Failed (%)", "Recovery (h)", "Since")
    ]
    assert lines[1] == ["Checkout", "110", "43", "28.1818", "6.4", "4 Oct"]
    assert lines[-1][:2] == ["All", "342"]


def copied(page: Page, table: str) -> list[list[str]]:
    """The cells that a reader pastes who copied a whole table."""
    text = page.evaluate(
        """(table) => {
            const range = document.createRange();
            range.selectNode(document.querySelector(table));
            getSelection().removeAllRanges();
            getSelection().addRange(range);
            const clipboardData = new DataTransfer();
            const event = new ClipboardEvent("copy", {clipboardData, bubbles: true});
            document.dispatchEvent(event);
            return event.clipboardData.getData("text/plain");
        }""",
        table,
    )
    return [line.split("\t") for line in text.split("\n")]


def test_copied_changes_are_in_the_units_of_their_measures(
    browser: Browser, tmp_path: Path
) -> None:
    """A change of 1.5 h, of 2 points and of 3 deployments."""
    changes = (
        Change(
            documents.median(2), documents.median(3.5), round(1.5 * documents.HOUR), None, USUAL
        ),
        Change(documents.rate(5, 100), documents.rate(7, 100), 0.02, None, USUAL),
        Change(documents.count(5), documents.count(8), 3, None, USUAL),
    )
    title = Phrase("metric.lead_time")
    table = replace(
        documents.project_table(1),
        id="only",
        columns=(Column(title, ColumnKind.NAME), Column(title, ColumnKind.CHANGE)),
        rows=tuple((Name(f"Row {n}"), change) for n, change in enumerate(changes)),
        all_rows=(),
        total=None,
    )
    made = documents.splits_document()
    path = tmp_path / "page.html"
    section = replace(made.sections[0], blocks=(table,))
    path.write_bytes(html.render(replace(made, sections=(section,))))
    page, _ = opened(browser, path)
    assert [row[1] for row in copied(page, "#only table")[1:]] == ["1.5", "2", "3"]


def test_the_page_prints_without_half_empty_pages(browser: Browser, told: Path) -> None:
    page, _ = opened(browser, told)
    printed = PdfReader(BytesIO(page.pdf(format="A4")))
    assert len(printed.pages) <= 6


def test_the_value_under_the_pointer_is_shown(browser: Browser, file: Path) -> None:
    page, _ = opened(browser, file)
    page.locator(".panels svg [data-tip]").nth(5).hover()
    tip = page.locator(".tip")
    assert tip.is_visible()
    assert "Checkout" in tip.inner_text()


def test_marks_and_sparklines_say_their_values_under_the_pointer(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(html.render(documents.sample_document()))
    page, _ = opened(browser, path)
    for picture in (".spark svg", "td.k-mark svg >> nth=1"):
        said = str(page.locator(picture).first.get_attribute("aria-label"))
        page.locator(picture).first.hover()
        assert page.locator(".tip").inner_text() == said
    for silent in (".axis svg", "h1"):  # a chart's own words stand below it
        page.locator(silent).first.hover()
        assert not page.locator(".tip").is_visible()
    assert page.locator(".picture > svg[data-tip]").count() == 0


def test_on_a_phone_a_tap_on_a_chart_shows_the_value(browser: Browser, file: Path) -> None:
    phone = {"width": 360, "height": 800}
    page, _ = opened(browser, file, viewport=phone, has_touch=True, is_mobile=True)
    shapes, tip = page.locator(".narrow svg [data-tip]:visible"), page.locator(".tip")
    for shape in (shapes.first, shapes.last):
        shape.tap()
        assert tip.inner_text() == shape.get_attribute("data-tip")
        box = tip.bounding_box()
        assert box
        assert 0 <= box["x"] <= box["x"] + box["width"] <= phone["width"]
    page.locator("h1").tap()
    assert not tip.is_visible()


def test_dark_follows_the_system_until_the_button_is_used(browser: Browser, file: Path) -> None:
    page, _ = opened(browser, file, color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(16, 24, 29)"
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(background) == "rgb(255, 255, 255)"


def test_a_phone_scrolls_tables_but_not_the_page(browser: Browser, file: Path) -> None:
    page, _ = opened(browser, file, viewport={"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_on_a_phone_every_name_of_a_row_keeps_room_for_its_words(
    browser: Browser, tmp_path: Path
) -> None:
    made = documents.splits_document()
    title = documents.project_table(1).columns[0].title
    kinds = (ColumnKind.ID, *[ColumnKind.NAME] * 3)
    table = replace(
        documents.project_table(1),
        id="only",
        columns=tuple(Column(title, kind) for kind in kinds),
        all_rows=(),
        rows=((Name("Deployments-1"), *[Name("Underwriting and claims settlement")] * 3),),
        total=None,
    )
    path = tmp_path / "page.html"
    section = replace(made.sections[0], blocks=(table,))
    path.write_bytes(html.render(replace(made, sections=(section,))))
    page, _ = opened(browser, path, viewport={"width": 390, "height": 800})
    cells = page.locator("#only tbody td").all()
    assert len(cells) == 3
    assert max(each.bounding_box()["height"] for each in cells) < 100  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("width", [390, 700])
def test_a_mail_is_as_wide_as_a_phone_and_no_wider_than_its_letter(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    path = tmp_path / "mail.html"
    path.write_text(mail.render(documents.sample_document()).html, encoding="utf-8")
    page, _ = opened(browser, path, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator(".sheet").bounding_box()["width"] == min(width, 600)  # type: ignore[index]


def test_a_mail_tells_its_findings_in_the_first_600_pixels(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "mail.html"
    path.write_text(mail.render(october.october_document()).html, encoding="utf-8")
    page, _ = opened(browser, path, viewport={"width": 700, "height": 800})
    last = page.get_by_text("Lead time 4.5 days").bounding_box()
    assert last
    assert last["y"] + last["height"] <= 600


@pytest.mark.parametrize("width", [320, 360, 700])
def test_a_mail_breaks_the_names_of_files_at_their_dashes(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    names = ("board-monthly-2026-09-environment-group.xlsx", "N" * 160)
    files = [File(name, "summary", b"") for name in names]
    path = tmp_path / "mail.html"
    made = mail.render(documents.sample_document(), attached=files, folders=("/srv/" + "n" * 160,))
    path.write_text(made.html, encoding="utf-8")
    page, _ = opened(browser, path, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    parts = [part for part in names[0].split("-") if len(part) > 4]
    assert [part for part in parts if not whole(page.get_by_text(names[0]), part)] == []


def whole(element: Locator, part: str) -> bool:
    """Whether ``part`` of an element's text stands on one line."""
    lines = element.evaluate(
        """(element, part) => {
            const text = [...element.childNodes].find((node) => node.data?.includes(part));
            const range = document.createRange(), start = text.data.indexOf(part);
            range.setStart(text, start);
            range.setEnd(text, start + part.length);
            return new Set([...range.getClientRects()].map((box) => box.top)).size;
        }""",
        part,
    )
    return bool(lines == 1)


def test_without_script_everything_is_there(browser: Browser, file: Path) -> None:
    page, _ = opened(browser, file, java_script_enabled=False)
    assert len(names(page)) == 9
    assert page.locator("input, .theme").count() == 0
    page.locator("summary").first.click()
    assert page.locator("details table").first.is_visible()


@pytest.fixture
def splits(tmp_path: Path) -> Path:
    path = tmp_path / "splits.html"
    path.write_bytes(html.render(documents.splits_document()))
    return path


def shown(page: Page) -> list[str]:
    """The sections that can be seen."""
    sections = page.locator("main > section:visible").all()
    return [str(section.get_attribute("id")) for section in sections]


EVERYTHING = [
    *("summary", "project", "environment", "trends"),
    *("incidents", "method", "discrepancies", "exclusions", "identity"),
]


def test_one_split_is_shown_at_a_time_or_all(browser: Browser, splits: Path) -> None:
    page, seen = opened(browser, splits)
    group = page.get_by_role("group", name="Split to show")
    buttons = group.get_by_role("button")
    assert buttons.all_text_contents() == ["All", "By project", "By environment"]
    assert shown(page) == EVERYTHING
    group.get_by_role("button", name="By environment").focus()
    page.keyboard.press("Enter")
    assert shown(page) == [each for each in EVERYTHING if each != "project"]
    assert [each.get_attribute("aria-pressed") for each in buttons.all()] == [
        *("false", "false", "true")
    ]
    group.get_by_role("button", name="All").press("Space")
    assert shown(page) == EVERYTHING
    assert seen == []


def test_a_link_to_a_hidden_split_shows_it(browser: Browser, splits: Path) -> None:
    page, _ = opened(browser, splits)
    page.get_by_role("button", name="By environment").click()
    page.locator(".findings a").first.click()  # its rows are in the split by project
    assert "project" in shown(page)
    assert "environment" not in shown(page)
    assert page.get_by_role("button", name="By project").get_attribute("aria-pressed") == "true"
    expect(page.locator("#project h2")).to_be_in_viewport()


def test_all_splits_are_printed(browser: Browser, splits: Path) -> None:
    page, _ = opened(browser, splits)
    page.get_by_role("button", name="By environment").click()
    page.emulate_media(media="print")
    assert shown(page) == EVERYTHING
    assert not page.locator(".splits").is_visible()


def test_no_heading_is_left_alone_at_the_end_of_a_printed_page(
    browser: Browser, tmp_path: Path
) -> None:
    document = documents.sample_document()
    path = tmp_path / "page.html"
    path.write_bytes(html.render(document))
    page, _ = opened(browser, path)
    heads = [words("en").text("web.identity")]
    for section in document.sections:
        heads += [words("en").phrase(each) for each in (section.title, section.lead) if each]
    for height in range(600, 1240, 80):
        printed = PdfReader(BytesIO(page.pdf(width="800px", height=f"{height}px")))
        assert len(printed.pages) > 3
        for sheet in printed.pages:
            text = " ".join(sheet.extract_text().split())
            assert not text.endswith(tuple(" ".join(head.split()) for head in heads)), height


def test_pictures_on_page_one_go_with_their_split(browser: Browser, tmp_path: Path) -> None:
    made = documents.splits_document()
    charts = [block for section in made.sections[:2] for block in section.blocks[:1]]
    path = tmp_path / "tags.html"
    path.write_bytes(html.render(documents.splits_document(overview=tuple(charts))))
    page, _ = opened(browser, path)
    page.get_by_role("button", name="By environment").click()
    visible = page.locator("#summary figure:visible")
    assert [each.get_attribute("id") for each in visible.all()] == ["environment-panels"]


MEASURES = {
    "Deployments": "environment-panels",
    "Lead time": "environment-panels-lead_time",
    "Failure rate": "environment-panels-failure_rate",
}


@pytest.fixture
def measures(tmp_path: Path) -> Path:
    """A page with the panels of two splits, each by three measures."""

    project, environment = (documents.panels(split) for split in ("project", "environment"))
    apart = replace(project, id="project-panels-apart", alternatives=_alternatives(project))
    other = replace(environment, alternatives=_alternatives(environment))
    overview = (apart, project, other)
    path = tmp_path / "measures.html"
    path.write_bytes(html.render(documents.splits_document(overview=overview)))
    return path


def _alternatives(chart: Chart) -> tuple[Chart, ...]:
    """The same panels by lead time and by failure rate."""
    figures = {"lead_time": documents.median(20), "failure_rate": documents.rate(1, 20)}
    return tuple(
        replace(
            chart,
            id=f"{chart.id}-{name}",
            title=Phrase(f"metric.{name}"),
            unit=figure.unit,
            series=tuple(replace(s, figures=(figure,) * len(chart.x)) for s in chart.series),
        )
        for name, figure in figures.items()
    )


def figures_seen(page: Page) -> list[str | None]:
    return [each.get_attribute("id") for each in page.locator("#summary figure:visible").all()]


def test_the_panels_of_a_split_are_shown_by_one_measure_at_a_time(
    browser: Browser, measures: Path
) -> None:
    page, seen = opened(browser, measures)
    group = page.get_by_role("group", name="Measure to show").nth(1)
    project = ["project-panels-apart", "project-panels"]  # which no button of the other changes
    assert figures_seen(page) == [*project, "environment-panels"]
    for name, shown in MEASURES.items():
        button = group.get_by_role("button", name=name)
        button.focus()
        page.keyboard.press("Enter")
        assert figures_seen(page) == [*project, shown]
        pressed = group.locator("[aria-pressed=true]").all_inner_texts()
        assert pressed == [name]
    page.get_by_role("group", name="Measure to show").first.get_by_text("Lead time").click()
    assert figures_seen(page)[0] == "project-panels-lead_time"
    page.get_by_role("button", name="By environment").click()
    assert figures_seen(page) == ["environment-panels-failure_rate"]
    assert seen == []


def test_printed_and_without_script_the_panels_are_of_deployments(
    browser: Browser, measures: Path
) -> None:
    everything = ["project-panels-apart", "project-panels", "environment-panels"]
    page, _ = opened(browser, measures, java_script_enabled=False)
    assert figures_seen(page) == everything
    assert not page.locator(".measures").first.is_visible()
    page, _ = opened(browser, measures)
    page.get_by_role("button", name="Lead time").first.click()
    page.get_by_role("button", name="By environment").click()
    page.emulate_media(media="print")
    assert figures_seen(page) == everything
    assert not page.locator(".measures").first.is_visible()


def test_without_script_every_split_is_shown_and_no_switch(browser: Browser, splits: Path) -> None:
    page, _ = opened(browser, splits, java_script_enabled=False)
    assert shown(page) == EVERYTHING
    assert not page.locator(".splits").is_visible()


def test_a_page_of_one_split_has_no_switch(browser: Browser, file: Path) -> None:
    page, _ = opened(browser, file)
    assert page.locator(".splits").count() == 0


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("rows", [5, 7])  # the last two have names of 160 letters
def test_at_a_desk_the_whole_table_of_a_split_is_seen(
    browser: Browser, tmp_path: Path, language: str, rows: int
) -> None:
    made = documents.splits_document(language=language)
    table = replace(documents.project_table(rows), id="only")
    section = replace(made.sections[0], blocks=(table,))
    path = tmp_path / "page.html"
    path.write_bytes(html.render(replace(made, sections=(section,))))
    page, _ = opened(browser, path, viewport={"width": 1280, "height": 900})
    seen, whole = page.locator("#only .scroll").evaluate("e => [e.clientWidth, e.scrollWidth]")
    assert whole <= seen
    names = page.locator("#only tbody th").all()
    assert max(each.bounding_box()["height"] for each in names) < 240  # type: ignore[index]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width", [1280, 1920])
def test_at_a_desk_every_column_of_single_deployments_is_seen(
    browser: Browser, tmp_path: Path, language: str, width: int
) -> None:
    columns = {
        "deployment": (ColumnKind.ID, Name("Deployments-1234567")),
        "slice.project": (ColumnKind.NAME, Name("Underwriting and claims settlement")),
        "slice.environment": (ColumnKind.NAME, Name("Production Netherlands")),
        "slice.tenant": (ColumnKind.NAME, Name("Notifications-and-billing")),
        "release": (ColumnKind.TEXT, Name("2026.10.194-hotfix.1")),
        "state": (ColumnKind.TEXT, Name("Canceled")),
        "completed": (ColumnKind.INSTANT, documents.AS_OF),
        "lead_time": (ColumnKind.DURATION, documents.median(-2.5)),
    }
    kinds, row = zip(*columns.values(), strict=True)
    table = replace(
        documents.project_table(1),
        id="only",
        columns=tuple(
            Column(Phrase(f"column.{name}"), kind)
            for name, kind in zip(columns, kinds, strict=True)
        ),
        all_rows=(),
        rows=(row, (Name("Deployments-2"), *[Name("N" * 160)] * 5, *row[6:])),
        total=None,
    )
    made = documents.splits_document(language=language)
    path = tmp_path / "page.html"
    section = replace(made.sections[0], blocks=(table,))
    path.write_bytes(html.render(replace(made, sections=(section,))))
    page, _ = opened(browser, path, viewport={"width": width, "height": 900})
    seen, needed = page.locator("#only .scroll").evaluate("e => [e.clientWidth, e.scrollWidth]")
    assert needed <= seen
    cells = page.locator("#only tbody tr").first.locator("th, td")
    for cell in cells.all():
        parts = re.split(r"[\s/-]+", cell.inner_text().strip())
        assert [part for part in parts if part and not whole(cell, part)] == []
