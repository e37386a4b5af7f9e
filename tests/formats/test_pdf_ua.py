"""The checker of PDF/UA-1 finds what is broken on purpose, and nothing in our files."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from insights_reports.formats.pdf import render as pdf
from tests import documents, october
from tests.formats.pdf_ua import failures

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def split() -> bytes:
    return pdf.render(documents.splits_document())


def test_nothing_is_found_in_a_document_of_all_splits(split: bytes) -> None:
    assert failures(split) == []


def element(file: pikepdf.Pdf, tag: str) -> Any:
    """The first element of the structure with this tag."""
    waiting = [file.Root.StructTreeRoot]
    while waiting:
        here = waiting.pop(0)
        if here.get("/S") == Name(f"/{tag}"):
            return here
        kids: Any = here.get("/K", [])
        waiting += [kid for kid in kids if isinstance(kid, Dictionary) and "/P" in kid]
    raise AssertionError(f"no {tag}")


def drop(thing: Any, key: str) -> None:
    del thing[key]


def add_to_a_page(operators: bytes) -> Callable[[pikepdf.Pdf], None]:
    return lambda file: file.pages[0].contents_add(file.make_stream(operators), prepend=True)


def without_metadata(file: pikepdf.Pdf) -> None:
    with file.open_metadata() as metadata:
        del metadata["pdfuaid:part"]
        del metadata["dc:title"]


def a_narrow_row(file: pikepdf.Pdf) -> None:
    cells = element(file, "TR").K
    del cells[0]


def a_span_in_a_list(file: pikepdf.Pdf) -> None:
    items = element(file, "L")
    items.K.append(file.make_indirect(Dictionary(S=Name.Span, P=items, K=Array())))


def a_row_in_a_section(file: pikepdf.Pdf) -> None:
    section = element(file, "Sect")
    section.K.append(file.make_indirect(Dictionary(S=Name.TR, P=section, K=Array())))


def content_of_nobody(file: pikepdf.Pdf) -> None:
    flat = file.Root.StructTreeRoot.ParentTree.Nums
    owners = flat[list(flat).index(file.pages[0].obj.StructParents) + 1]
    owners[0] = Dictionary()


def fonts(file: pikepdf.Pdf, subtype: str) -> list[Any]:
    things = [thing for thing in file.objects if isinstance(thing, Dictionary)]
    return [font for font in things if font.get("/Subtype") == Name(f"/{subtype}")]


def links(file: pikepdf.Pdf) -> list[Any]:
    return [link for page in file.pages for link in page.obj.get("/Annots", [])]


def a_font(file: pikepdf.Pdf) -> None:
    """No letter is drawn in it before the text that follows."""
    font = next(font for font in fonts(file, "Type0") if font.Encoding == Name("/Identity-H"))
    page = file.pages[0]
    name = page.add_resource(font, Name.Font)
    text = f"/Artifact BMC BT {name} 9 Tf <00000001> Tj ET EMC "
    page.contents_add(file.make_stream(text.encode()), prepend=True)


BREAKS: dict[str, Callable[[pikepdf.Pdf], Any]] = {
    "01-003": add_to_a_page(b"/P <</MCID 0>> BDC /Artifact BMC EMC EMC "),
    "01-004": add_to_a_page(b"/Artifact BMC /P <</MCID 0>> BDC EMC EMC "),
    "01-005 f outside": add_to_a_page(b"0 0 1 1 re f "),
    "01-005 content 0": content_of_nobody,
    "01-005 content 99999": add_to_a_page(b"/P <</MCID 99999>> BDC EMC "),
    "01-005 marked content": add_to_a_page(b"/Artifact BMC "),
    "01-007": lambda file: file.Root.MarkInfo.update({"/Marked": False}),
    "02-001": lambda file: element(file, "P").update({"/S": Name.Paragraph}),
    "05-001": without_metadata,
    "06-003": without_metadata,
    "07-001": lambda file: drop(file.Root, "/ViewerPreferences"),
    "09-004 L has": a_span_in_a_list,
    "09-004 TR in Sect": a_row_in_a_section,
    "09-004 rows of": a_narrow_row,
    "11-001": lambda file: drop(file.Root, "/Lang"),
    "13-004": lambda file: element(file, "Figure").update({"/Alt": " "}),
    "14-003": lambda file: element(file, "H1").update({"/S": Name.H2}),
    "15-003": lambda file: drop(element(file, "TH"), "/A"),
    "28-009": lambda file: drop(file.pages[0].obj, "/Tabs"),
    "28-011": lambda file: links(file)[0].update({"/StructParent": 99999}),
    "28-012": lambda file: drop(links(file)[0], "/Contents"),
    "a link within": lambda file: element(file, "Link").P.update({"/S": Name.Link}),
    "31-009": lambda file: drop(fonts(file, "CIDFontType2")[0].FontDescriptor, "/FontFile2"),
    "31-014": lambda file: drop(fonts(file, "CIDFontType2")[0], "/CIDToGIDMap"),
    "31-027": lambda file: drop(fonts(file, "Type0")[0], "/ToUnicode"),
    "31-028": lambda file: fonts(file, "Type0")[0].ToUnicode.write(
        b"1 beginbfchar\n<0007> <FEFF>\nendbfchar"
    ),
    "31-030": a_font,
}


@pytest.mark.parametrize("condition", BREAKS)
def test_what_is_broken_is_found(split: bytes, condition: str) -> None:
    target = BytesIO()
    with pikepdf.open(BytesIO(split)) as file:
        BREAKS[condition](file)
        file.save(target)
    found = failures(target.getvalue())
    assert any(failure.startswith(condition) for failure in found), found


def test_nothing_is_found_in_an_edition_that_tells() -> None:
    """Its tables have heads of several columns and of several rows."""
    assert failures(pdf.render(october.october_document())) == []
