"""One record of an edition, read as this version and as version 0.1 wrote it."""

import json
import tarfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from insights_reports.delivery.storage.manifest import parse_manifest
from insights_reports.edition.about import About, PageOne
from insights_reports.edition.document import load as load_document
from insights_reports.history.pulls import Pull
from insights_reports.pipeline.load import load
from insights_reports.pipeline.runs import open_run

FIXTURE = Path(__file__).parent.parent / "fixtures" / "version-0.1.tar.gz"
ABOUT = About(
    subscription="board",
    report="Delivery performance",
    period="2026-09",
    start=date(2026, 9, 1),
    end=date(2026, 10, 1),
    revision=2,
    status="revised",
    digest="ab",
    made_at=datetime(2026, 10, 1, 6, 15, tzinfo=UTC),
    run="20261001T061500-0a1b2c3d",
    verdict="not comparable",
    figures=3,
    not_comparable=3,
    known_from=date(2025, 9, 1),
    page_one=(PageOne(measure="failure_rate", statistic="rate", value=0.031, verdict="usual"),),
)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder of version 0.1, where it lay then."""
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(folder, filter="data")
    run = next((folder / "state" / "runs").iterdir()) / "run.json"
    run.write_text(run.read_text(encoding="utf-8").replace("/tmp/fx", str(folder)))
    return folder


def test_it_is_written_in_camel_case_and_read_again() -> None:
    said = ABOUT.to_json()
    assert said["madeAt"] == "2026-10-01T06:15:00Z"
    assert (said["notComparable"], said["knownFrom"]) == (3, "2025-09-01")
    assert not [name for name in said if "_" in name]
    assert About.model_validate(json.loads(json.dumps(said))) == ABOUT


def test_what_is_no_edition_is_refused() -> None:
    with pytest.raises(ValidationError, match="revision"):
        About.model_validate(ABOUT.to_json() | {"revision": 0})


def test_a_run_of_version_0_1_is_read(state: Path) -> None:
    run = open_run(next((state / "state" / "runs").iterdir()))
    assert (run.subscription_name, run.period, run.trigger) == ("monthly", "last", "manual")
    about = run.about
    assert (about.period, about.revision, about.status, about.run) == (
        "2026-10",
        1,
        "final",
        run.id,
    )
    assert (about.verdict, about.figures, about.agrees) == ("agrees", 192_417, 192_417)
    assert about.documents == ("summary", "project")
    documents = [load_document(p.read_bytes()) for p in sorted(run.documents.iterdir())]
    assert [document.name for document in documents] == ["project", "summary"]


def test_a_pull_of_version_0_1_is_read_and_every_stated_figure_with_it(state: Path) -> None:
    (folder,) = (state / "state" / "pulls").iterdir()
    pulled = load(folder)
    assert len(pulled.deployments.table) == 147
    assert pulled.as_of == datetime(2026, 11, 20, tzinfo=UTC)
    assert sum(len(table.start) for table in pulled.stated) * 31 == 192_417
    Pull(folder).verify()


def test_a_manifest_of_version_0_1_is_read(state: Path) -> None:
    folder = "monthly/2026-10/r1"
    manifest = parse_manifest((state / "archive" / folder / "manifest.json").read_bytes(), folder)
    about = manifest.about
    assert (about.subscription, about.period, about.verdict) == ("monthly", "2026-10", "agrees")
    assert about.made_at == datetime(2026, 11, 20, tzinfo=UTC)
    assert [file.document for file in manifest.files] == ["summary", "project"]
