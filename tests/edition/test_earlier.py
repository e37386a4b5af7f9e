"""Documents of version 0.1 are still read."""

import json
import tarfile
from pathlib import Path

import pytest
from pydantic import ValidationError

from insights_reports.edition.document import Document, dump, load
from insights_reports.edition.values import ChangeVerdict, Metric

ARCHIVE = Path(__file__).parent.parent / "fixtures" / "version-0.1.tar.gz"


@pytest.fixture(scope="module")
def old() -> dict[str, bytes]:
    """The documents of the edition in the archive, by name."""
    with tarfile.open(ARCHIVE) as archive:
        found = [member for member in archive.getmembers() if "/documents/" in member.name]
        texts = [(Path(member.name).stem, archive.extractfile(member)) for member in found]
        return {name: text.read() for name, text in texts if text is not None}


def test_a_document_of_version_0_1_is_read(old: dict[str, bytes]) -> None:
    document = load(old["summary"])
    plain = json.loads(old["summary"])
    assert [tile.figure.metric for tile in document.tiles][:2] == [
        Metric.DEPLOYMENT_FREQUENCY,
        Metric.LEAD_TIME,
    ]
    words = [tile["change"]["verdict"] for tile in plain["tiles"]]
    assert [str(tile.verdict) for tile in document.tiles] == [
        str(ChangeVerdict(word)) for word in words
    ]
    assert document.findings == ()
    assert document.subject == document.headline


def test_what_was_read_comes_back_as_a_document_of_this_version(old: dict[str, bytes]) -> None:
    document = load(old["summary"])
    assert load(dump(document)) == document
    assert isinstance(load(old["project"]), Document)


def test_no_clear_change_is_as_usual() -> None:
    assert ChangeVerdict("no clear change") is ChangeVerdict.USUAL
    assert ChangeVerdict("verdict.no_clear_change") is ChangeVerdict.USUAL
    assert ChangeVerdict("too few") is ChangeVerdict.TOO_FEW


@pytest.mark.parametrize("text", [b"", b"[]", b'{"name": "summary"}', b"{"])
def test_what_is_no_document_is_refused(text: bytes) -> None:
    with pytest.raises(ValidationError):
        load(text)
