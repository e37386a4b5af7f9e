"""The pages under axe-core in headless Chromium: at a desk and on a phone, light and dark."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition.values import Figure, Metric, Statistic, Status
from insights_reports.formats.html import index
from insights_reports.formats.html import render as html
from insights_reports.formats.html.index_figures import IndexFigure
from tests import documents

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
FLAGS = ["--disable-quic", "--disable-background-networking", "--disable-component-update"]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 800}
VIEWS = {
    "desk-light": (DESK, "light"),
    "phone-dark": (PHONE, "dark"),
    "desk-dark": (DESK, "dark"),
    "phone-light": (PHONE, "light"),
}
USUAL = list(VIEWS) if "THOROUGH" in os.environ else ["desk-light", "phone-dark"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *FLAGS]
        )
        yield browser
        browser.close()


def _index() -> bytes:
    file = index.IndexFile("a.pdf", "platform/2026-09/r1/a.pdf", "summary", 12_000, "0" * 64)
    rate = Figure(Metric.FAILURE_RATE, Statistic.RATE, 0.153, 1_217)
    entries = [
        index.IndexEntry(
            subscription="platform",
            report="High Volume Report",
            title="Delivery performance",
            period="2026-09",
            start=date(2026, 9, 1),
            end=date(2026, 10, 1),
            revision=revision,
            status=Status.REVISED if revision > 1 else Status.FINAL,
            verdict=CheckVerdict.AGREES,
            generated=datetime(2026, 10, revision, 6, 0, tzinfo=UTC),
            files=(file,),
            figures=(IndexFigure(rate, "worse"),),
            finding="Checkout: 31 of 110 failed",
            differing=176,
            released_by="Ada",
        )
        for revision in (1, 2)
    ]
    generated = datetime(2026, 10, 2, 6, 0, tzinfo=UTC)
    return index.render(entries, title="Meridian Freight", generated=generated)


PAGES = {
    "summary": lambda: html.render(documents.sample_document()),
    "split": lambda: html.render(documents.split_document()),
    "splits": lambda: html.render(documents.splits_document()),
    "index": _index,
}


@pytest.fixture(params=PAGES)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"{request.param}.html"
    path.write_bytes(PAGES[request.param]())
    return path


def opened(browser: Browser, path: Path, **context: Any) -> Page:
    page = browser.new_context(bypass_csp=True, **context).new_page()
    page.goto(path.as_uri())
    return page


def grave(page: Page) -> list[str]:
    """What axe-core calls serious or critical, with all details open."""
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="needs axe-core").Axe()
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = axe.run(page, options={"resultTypes": ["violations"]})
    assert found["passes"]
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def test_no_two_landmarks_share_a_name(browser: Browser, file: Path) -> None:
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="needs axe-core").Axe()
    page = opened(browser, file, viewport=DESK)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = axe.run(page, options={"runOnly": ["landmark-unique"]})
    assert [node["html"] for rule in found["violations"] for node in rule["nodes"]] == []


@pytest.mark.parametrize("view", USUAL)
def test_axe_finds_nothing_serious(browser: Browser, file: Path, view: str) -> None:
    viewport, scheme = VIEWS[view]
    assert grave(opened(browser, file, viewport=viewport, color_scheme=scheme)) == []


def test_axe_finds_nothing_serious_in_german(browser: Browser, tmp_path: Path) -> None:
    """Its words are longer; the rest is as in English."""
    path = tmp_path / "german.html"
    path.write_bytes(html.render(documents.sample_document(language="de")))
    assert grave(opened(browser, path, viewport=PHONE, color_scheme="light")) == []


def test_no_page_scrolls_sideways_on_a_phone(browser: Browser, file: Path) -> None:
    page = opened(browser, file, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def _focused(page: Page, most: int = 150) -> list[str]:
    """What the tabulator reaches, from the top of the page on."""
    reached = []
    for _ in range(most):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "document.activeElement === document.body ? '' :"
            " document.activeElement.className + '|' + document.activeElement.textContent.trim()"
        )
        if not name:
            break
        reached.append(name)
    return reached


def test_every_button_is_reached_by_keyboard_and_shows_that_it_is(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(html.render(documents.split_document()))
    page = opened(browser, path, viewport=DESK)
    buttons = page.locator("button:visible")
    names = [text.strip() for text in buttons.all_text_contents()]
    assert len(names) >= 5  # the theme and the heads of the columns
    reached = [name.split("|", 1)[1] for name in _focused(page)]
    assert [name for name in names if name not in reached] == []
    buttons.first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_column_is_sorted_and_the_theme_changed_by_keyboard(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(html.render(documents.split_document()))
    page = opened(browser, path, viewport=DESK, color_scheme="light")
    head = page.locator("table.sortable th").nth(1)
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") in ("ascending", "descending")
    page.get_by_role("button", name="Light or dark").focus()
    page.keyboard.press("Space")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
