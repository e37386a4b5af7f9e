"""What an edition takes from earlier ones: the baselines that it is judged by, the decisions on
them, the summary of the period before, and the editor's note.

Kept in the folder of its run, so that the edition can be made again when later ones have changed
all of them.
"""

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from insights_reports.edition.baselines import Decision, Remembered
from insights_reports.edition.document import Document, EditorsNote, dump
from insights_reports.edition.document import load as load_document
from insights_reports.judgement import Baseline
from insights_reports.metrics import Period
from insights_reports.pipeline.baselines import remembered
from insights_reports.pipeline.notes import note_of
from insights_reports.pipeline.runs import Run

EARLIER = "earlier.json"


@dataclass(frozen=True)
class Earlier:
    """``before`` is the summary of the period before, where its run is still at hand."""

    remembered: Remembered
    before: Document | None
    note: EditorsNote | None


def earlier_of(run: Run, period: Period) -> Earlier:
    """What the run's edition takes from earlier ones, as it stands now.

    Raises:
        ConfigError: when the decisions on baselines cannot be read.
        UsageError: when the baselines or the note cannot.
    """
    note = note_of(run, period.name, _summary(run, period))
    return Earlier(remembered(run), _summary(run, period.previous()), note)


def keep_earlier(earlier: Earlier, folder: Path) -> None:
    """Write it into the folder of a run."""
    kept, decisions = earlier.remembered.baselines, earlier.remembered.decisions
    said = {
        "baselines": {key: each.to_dict() for key, each in sorted(kept.items())},
        "decisions": {key: asdict(each) for key, each in sorted(decisions.items())},
        "before": earlier.before and json.loads(dump(earlier.before)),
        "note": _note().dump_python(earlier.note, mode="json"),
    }
    text = json.dumps(said, indent=1, ensure_ascii=False, default=str)
    (folder / EARLIER).write_text(text, encoding="utf-8")


def read_earlier(folder: Path) -> Earlier:
    """What `keep_earlier` wrote."""
    said = json.loads((folder / EARLIER).read_bytes())
    kept = {key: Baseline.from_dict(plain) for key, plain in said["baselines"].items()}
    decisions = TypeAdapter(dict[str, Decision]).validate_python(said["decisions"])
    before = load_document(json.dumps(said["before"]).encode()) if said["before"] else None
    return Earlier(Remembered(kept, decisions), before, _note().validate_python(said["note"]))


def _summary(run: Run, period: Period) -> Document | None:
    """The summary of the last revision of a period, where its run is still at hand."""
    with run.open_ledger() as ledger:
        rows = ledger.editions(run.subscription_name, period.name)
    last = max(rows, key=lambda row: row.revision, default=None)
    if last is None:
        return None
    path = run.folder.parent / last.run_id / run.documents.name / "summary.json"
    return load_document(path.read_bytes()) if path.is_file() else None


@cache
def _note() -> TypeAdapter[EditorsNote | None]:
    return TypeAdapter(EditorsNote | None)
