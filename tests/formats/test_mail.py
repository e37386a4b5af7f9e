"""The mail: the same numbers in both parts, nothing that a mail program cannot show."""

import base64
import re
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from insights_reports.edition.document import Brand, Document, Exclusion
from insights_reports.edition.files import File
from insights_reports.edition.values import (
    Figure,
    Metric,
    Missing,
    Name,
    Phrase,
    Statistic,
    Status,
)
from insights_reports.formats.html.templates import open_templates
from insights_reports.formats.mail import render as mail
from insights_reports.formats.mail.parts import MailParts
from insights_reports.formats.words.finding import finding_text
from insights_reports.formats.words.tile import tile_text
from insights_reports.formats.words.words import words
from tests.documents import sample_document, split_document
from tests.october import disputed_document, october_document
from tests.typed import the

ENGLISH = words("en")
PDF = File("board-monthly-2026-09-summary.pdf", "summary", b"%" * 123_456)
XLSX = File("board-monthly-2026-09-summary.xlsx", "summary", b"%" * 2_345_678)


class Page(HTMLParser):
    """The visible text of a page and its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._style = tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def plain(text: str) -> str:
    return " ".join(text.split())


def body(**changes: object) -> mail.RenderedMail:
    return mail.render(sample_document(**changes), attached=(PDF, XLSX))


@pytest.fixture(scope="module")
def sample() -> mail.RenderedMail:
    return body()


# --- subject -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "revision", "mark"),
    [
        (Status.FINAL, 1, ""),
        (Status.PROVISIONAL, 1, " [provisional]"),
        (Status.REVISED, 2, " [revised]"),
    ],
)
def test_the_subject_says_report_period_and_status(
    status: Status, revision: int, mark: str
) -> None:
    who = replace(sample_document().identity, status=status, revision=revision)
    subject = body(identity=who).subject
    assert subject == f"High Volume Report, September 2026: Delivery performance{mark}"


def test_the_subject_is_the_finding_and_says_first_that_octopus_states_other_figures() -> None:
    told = october_document()
    finding = (
        "October 2026: 16.7 % of production deployments failed (5.5 % before), mostly Checkout"
    )
    assert (
        mail.render(replace(told, subject=Phrase("about.text", {"text": Name(finding)}))).subject
        == finding
    )
    disputed = replace(disputed_document(), subject=Phrase("about.text", {"text": Name(finding)}))
    assert mail.render(disputed).subject == f"Differs from Octopus: {finding}"


def test_the_subject_says_of_which_split(sample: mail.RenderedMail) -> None:
    split = mail.render(split_document()).subject
    assert split == "High Volume Report, September 2026: Delivery performance by project"
    assert split != sample.subject


@pytest.mark.parametrize("why", [Missing.NO_ACCESS, Missing.NOT_LOADED])
def test_an_edition_that_lacks_a_figure_of_page_one_is_partial(why: Missing) -> None:
    tile = sample_document().tiles[0]
    figure = Figure(Metric.DEPLOYMENT_FREQUENCY, Statistic.PER_WEEK, None, None, why)
    assert body(tiles=(replace(tile, figure=figure),)).subject.endswith("[partial]")


def test_no_deployments_are_no_gap() -> None:
    tile = sample_document().tiles[0]
    figure = replace(tile.figure, value=None, missing=Missing.NO_DEPLOYMENTS)
    assert "[partial]" not in body(tiles=(replace(tile, figure=figure),)).subject


@given(st.one_of(st.text(max_size=40), st.sampled_from(["a\r\nBcc: evil@x", "\x00", "N" * 500])))
@settings(max_examples=60)
def test_no_name_breaks_the_line_of_the_subject(name: str) -> None:
    who = replace(sample_document().identity, report=Name(name, "InsightsReports-1"))
    subject = MailParts(sample_document(identity=who)).subject()
    assert subject.isprintable()
    assert len(subject) <= 150


def test_it_speaks_german() -> None:
    made = mail.render(sample_document(language="de"), attached=(PDF,))
    assert "Angehängt" in made.text
    assert '<html lang="de">' in made.html


# --- the same in both parts -----------------------------------------------------------------------


def numbers(document: Document) -> list[str]:
    """What the tiles say."""
    found = []
    for tile in document.tiles:
        said = tile_text(ENGLISH, tile)
        found += [said.label, said.word, said.now, said.before, said.usual]
    return found


def findings(document: Document) -> list[str]:
    """What the findings say."""
    found = []
    for each in (finding_text(ENGLISH, finding) for finding in document.findings):
        found += [each.name, each.since, each.part]
        found += [part for line in each.lines for part in (line.what, line.usual)]
    return found


def test_both_parts_say_what_a_revision_replaces() -> None:
    change = Phrase("revision.used", {"now": 230, "before": 225})
    body = mail.render(sample_document(changes=(change,)))
    assert "Deployments used: 230, before 225." in body.text
    assert "Deployments used: 230, before 225." in Page(body.html).text


@pytest.mark.parametrize("part", ["text", "html"])
def test_both_parts_have_every_number_of_page_one(sample: mail.RenderedMail, part: str) -> None:
    text = plain(sample.text) if part == "text" else Page(sample.html).text
    document = sample_document()
    for expected in (
        *numbers(document),
        ENGLISH.phrase(document.title),
        ENGLISH.phrase(document.headline),
        ENGLISH.phrase(document.check.sentence),
        ENGLISH.phrase(document.check.gaps[0]),
        *findings(document),
        ENGLISH.instant(document.identity.generated),
        "Deployments read: 2,648; used: 225.",
        "insights-reader",
        "dx@example.com",
    ):
        assert plain(expected) in text, expected


@pytest.mark.parametrize("part", ["text", "html"])
def test_both_parts_list_the_files(part: str) -> None:
    made = mail.render(
        sample_document(),
        attached=(PDF,),
        left_out=(XLSX,),
        folders=("/srv/reports/r1", "https://files.example.com/r1"),
    )
    text = plain(made.text) if part == "text" else Page(made.html).text
    attached, left_out = text.index("Attached"), text.index("Not attached")
    assert attached < text.index(PDF.name) < left_out < text.index(XLSX.name)
    assert "123 KB" in text
    assert "2.3 MB" in text
    assert "/srv/reports/r1" in text
    assert [e["href"] for tag, e in Page(made.html).elements if tag == "a"] == [
        *["https://files.example.com/r1"] * 2  # the button, and the list
    ]


def test_what_there_is_none_of_has_no_heading() -> None:
    made = mail.render(sample_document(findings=()))
    for heading in ("Attached", "Not attached", "All files"):
        assert heading not in made.text
        assert heading not in Page(made.html).text


# --- what mail programs can show -----------------------------------------------------------------


def test_a_mail_draws_with_the_cells_of_tables_and_has_no_picture() -> None:
    made = mail.render(october_document())
    page = Page(made.html)
    assert made.images == ()
    assert not any(tag == "img" for tag, _ in page.elements)
    bars = [e for tag, e in page.elements if tag == "td" and str(e.get("class")).endswith("-bar")]
    assert [each["class"] for each in bars] == ["worse-bar"] * 5 + ["better-bar"]
    assert "+6.9" in page.text
    assert "  +6.9  Checkout" in made.text


def test_a_disputed_mail_says_so_above_its_findings() -> None:
    page = Page(mail.render(disputed_document()).html)
    assert page.text.index("176 figures differ") < page.text.index("31 of 110 failed")
    assert "Octopus states 18.8 %" in page.text


def test_of_many_findings_a_mail_has_four_and_says_how_many_more_there_are() -> None:
    findings = october_document().findings
    text = Page(mail.render(october_document(findings=findings * 2)).html).text
    assert "4 more on the page" in text


def test_the_html_is_small_and_keeps_to_what_outlook_shows(sample: mail.RenderedMail) -> None:
    assert len(sample.html.encode()) < 100_000
    page = Page(sample.html)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"svg", "script", "link", "form", "iframe", "object", "video", "button"}
    inline = " ".join(str(e.get("style", "")) for _, e in page.elements)
    assert not re.search(r"flex|grid|float|position|url\(|var\(|border-radius", inline)
    assert "data:" not in sample.html
    assert all(e.get("role") == "presentation" for tag, e in page.elements if tag == "table")


def branded(logo: bytes, company: str = "Meridian Freight") -> mail.RenderedMail:
    brand = Brand(company=company, logo=base64.b64encode(logo).decode())
    return mail.render(sample_document(brand=brand))


def png(size: tuple[int, int], colour: object) -> bytes:
    target = BytesIO()
    Image.new("RGBA", size, colour).save(target, "PNG")  # type: ignore[arg-type]
    return target.getvalue()


def test_the_logo_is_a_small_picture_on_white_with_the_name_in_its_place() -> None:
    made = branded(png((600, 240), (200, 0, 0, 128)))
    (logo,) = made.images
    shown = [e for tag, e in Page(made.html).elements if tag == "img"]
    assert [e["src"] for e in shown] == [f"cid:{logo.cid}"]
    assert shown[0]["alt"] == "Meridian Freight"
    with Image.open(BytesIO(logo.png)) as picture:
        assert (picture.format, picture.size) == ("PNG", (240 + 24, 96 + 24))
        assert (2 * int(str(shown[0]["width"])), 2 * int(str(shown[0]["height"]))) == picture.size
        colours = [colour for _, colour in the(list, picture.convert("RGB").getcolors())]
        assert (255, 255, 255) in colours  # around it, and half of the red
        assert any(red > 200 and 100 < green < 150 for red, green, _ in colours)
    assert len(logo.png) < 5_000


@pytest.mark.parametrize("logo", [b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_without_a_logo_the_name_stands_there(logo: bytes) -> None:
    made = branded(logo)
    assert made.images == ()
    assert "Meridian Freight" in Page(made.html).text


def test_a_picture_that_the_template_does_not_show_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "mail.html.j2").write_text("<p>{{ p.title() }}</p>", encoding="utf-8")
    ours = partial(mail.html_part, templates=open_templates(tmp_path))
    assert mail.render(sample_document(), make_html=ours).images == ()


def test_the_same_document_makes_the_same_mail(sample: mail.RenderedMail) -> None:
    assert body() == sample


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=http://evil.example/x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "javascript:alert(1)",
    "\x00\ud800",
    "N" * 5000,
    "\u202egnp.exe",
]


def hostile_document(name: str) -> Document:
    document = sample_document()
    who = replace(document.identity, report=Name(name), account=Name(name), server=name)
    finding = replace(document.findings[0], subject=Name(name), anchor=name)
    gap = Phrase("exclusion.state", {"state": Name(name)})
    check = replace(
        document.check,
        gaps=(gap,) * 50,
        ledger=replace(document.check.ledger, excluded=(Exclusion(gap, 3),)),
    )
    brand = replace(document.brand, company=name[:200], contact=name)
    return replace(document, identity=who, findings=(finding,) * 5, check=check, brand=brand)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text_and_the_mail_small(name: str) -> None:
    made = mail.render(hostile_document(name), attached=(PDF,) * 200, folders=(name,))
    page = Page(made.html)
    assert not {tag for tag, _ in page.elements} & {"script", "iframe", "object"}
    assert not any(key.startswith("on") for _, e in page.elements for key in e)
    assert all(str(e["src"]).startswith("cid:") for tag, e in page.elements if tag == "img")
    assert not any(tag == "a" for tag, _ in page.elements)
    assert len(made.html.encode()) < 100_000
    assert made.text.encode()
    if name.startswith(("<", "{{")):
        assert name in page.text


def test_the_last_line_names_the_owner() -> None:
    body = mail.render(sample_document(), owner="owner@example.com")
    said = "Questions, and to be taken off the list: owner@example.com"
    assert body.text.rstrip().endswith(said)
    assert f"<br>{said}</td>" in body.html
    assert "taken off the list" not in mail.render(sample_document()).text
