"""SharePoint and OneDrive through Microsoft Graph, beyond the contract of all storage
(test_places.py)."""

import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from insights_reports.delivery import StorageDestination
from insights_reports.delivery.storage import places
from insights_reports.delivery.storage.sharepoint import is_ours
from insights_reports.edition.files import File
from insights_reports.errors import DeliveryError
from tests.delivery.graph_server import BOX, SITE, Fault, Graph, graph_server, promoted
from tests.delivery.material import EDITION, HOLDERS, NOON, altered

publish = partial(places.publish, now=NOON, holders=HOLDERS)


def workbook(text: str) -> bytes:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as parts:
        parts.writestr("xl/worksheets/sheet1.xml", text)
        parts.writestr("docProps/core.xml", "<core/>")
    return book.getvalue()


PAGE = b"<html><head><title>a</title></head><body>b</body></html>"
FILES = (
    File("board.pdf", "summary", os.urandom(9_000_000)),
    File("board.xlsx", "summary", workbook("<v>1</v>")),
    File("board.html", "summary", PAGE),
)
WHOLE = altered(EDITION, FILES)


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Graph]:
    with graph_server(tmp_path) as running:
        yield running


@pytest.fixture
def library(graph: Graph) -> StorageDestination:
    url = f"sharepoint://{SITE}/sites/Reports/Documents"
    return StorageDestination("library", url, graph=graph.account)


def test_large_files_go_by_an_upload_session(graph: Graph, library: StorageDestination) -> None:
    assert publish(WHOLE, library).files == FILES
    assert graph.asked.count("PUT range") == 3
    assert graph.drives["b!library"]["board/2026-09/r1/board.pdf"] == FILES[0].content


def test_the_root_of_a_onedrive_serves_as_well(graph: Graph) -> None:
    place = StorageDestination("mine", f"onedrive://{BOX}/Reports 2026/a%23b", graph=graph.account)
    assert publish(EDITION, place).new
    assert "Reports 2026/a#b/board/2026-09/latest.json" in graph.drives["b!library"]
    assert places.look(place, HOLDERS) == f"{place.url}, 1 entries"


def test_what_sharepoint_adds_to_files_is_no_alteration(
    graph: Graph, library: StorageDestination
) -> None:
    graph.promotes = True
    published = publish(WHOLE, library)
    assert published.files == FILES
    assert graph.drives["b!library"]["board/2026-09/r1/board.html"] != PAGE
    places.write_index(library, PAGE, HOLDERS)
    writes = graph.asked.count("PUT put")
    assert not publish(WHOLE, library).new
    places.write_index(library, PAGE, HOLDERS)
    assert graph.asked.count("PUT put") == writes


@pytest.mark.parametrize(
    ("name", "theirs", "same"),
    [
        ("a.html", promoted("a.html", PAGE), True),
        ("a.html", PAGE.replace(b"b<", b"c<"), False),
        ("a.html", b"", False),
        ("a.xlsx", promoted("a.xlsx", workbook("<v>1</v>")), True),
        ("a.xlsx", workbook("<v>2</v>"), False),
        ("a.xlsx", b"PK broken", False),
        ("a.pdf", b"%PDF and more", False),
    ],
)
def test_what_counts_as_ours(name: str, theirs: bytes, same: bool) -> None:
    ours = {"html": PAGE, "xlsx": workbook("<v>1</v>"), "pdf": b"%PDF"}[name.rpartition(".")[2]]
    assert is_ours(name, ours, theirs) is same
    assert is_ours(name, ours, ours)


@pytest.mark.parametrize(
    "faults",
    [
        {"put": [Fault(503, after=1, done=True)]},
        {"put": [Fault(0, done=True)]},
        {"put": [Fault(429, after=1)]},
        {"range": [Fault(503, after=1)]},
        {"content": [Fault(503, after=1)]},
        {"children": [Fault(504, after=1)]},
    ],
)
def test_doubts_are_settled_by_reading_back(
    graph: Graph, library: StorageDestination, faults: dict[str, list[Fault]]
) -> None:
    graph.faults = faults
    assert publish(WHOLE, library).files == FILES
    assert list(faults.values()) == [[]]
    assert len(places.read_manifests(library, HOLDERS)) == 1


def test_a_pointer_that_another_moved_meanwhile_is_looked_at_again(
    graph: Graph, library: StorageDestination
) -> None:
    publish(EDITION, library)
    graph.faults = {"put": [Fault(200, done=True)] * 4 + [Fault(412)]}
    publish(altered(EDITION, revision=2, digest="b" * 64), library)
    assert b'"revision": 2' in graph.drives["b!library"]["board/2026-09/latest.json"]
    assert graph.faults["put"] == []


@pytest.mark.parametrize(
    ("change", "faults", "words"),
    [
        ({"url": f"sharepoint://{SITE}/sites/Reports/Nope"}, {}, "no library 'Nope', but: Docu"),
        ({"url": f"sharepoint://{SITE}/sites/Else/Documents"}, {}, "404 itemNotFound"),
        ({}, {"put": [Fault(403, code="accessDenied")]}, "403 accessDenied: as planned, Bearer <s"),
        ({}, {"put": [Fault(507, code="quotaLimitReached")]}, "507 quotaLimitReached"),
        ({}, {"site": [Fault(0)]}, "the connection was refused or broke"),
        ({}, {"token": [Fault(400)]}, "Microsoft gives no token"),
    ],
)  # fmt: skip
def test_a_library_that_cannot_be_used_is_said_in_three_lines(
    graph: Graph,
    library: StorageDestination,
    change: dict[str, str],
    faults: dict[str, list[Fault]],
    words: str,
) -> None:
    graph.faults = faults
    with pytest.raises(DeliveryError) as error:
        publish(EDITION, replace(library, **change))  # type: ignore[arg-type]
    assert words in str(error.value)
    assert "T0KEN" not in str(error.value)
    assert len(str(error.value).splitlines()) == 3
    assert places.read_manifests(library, HOLDERS) == []


def test_the_library_of_another_scheme_is_not_followed(graph: Graph) -> None:
    """A page of a listing that lies elsewhere is not asked for: it would get the token."""
    from insights_reports.delivery.graph import GraphClient

    client = GraphClient(graph.account)
    assert client.path_of(f"{graph.endpoint}/v1.0/drives/1") == "/drives/1"
    assert client.path_of("https://evil.example.com/v1.0/drives/1") == ""
