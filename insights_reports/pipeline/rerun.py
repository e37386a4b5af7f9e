"""Making an edition again from its seal: the same bytes, without Octopus, on any day."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from insights_reports.config.model import Config
from insights_reports.delivery import EditionRow
from insights_reports.edition import compose_edition, edition_digest
from insights_reports.edition.about import About
from insights_reports.edition.document import load as load_document
from insights_reports.errors import RenderError, UsageError
from insights_reports.pipeline.compute import (
    check_pulled,
    material_of,
    whole_of,
    write,
)
from insights_reports.pipeline.data import data_paths
from insights_reports.pipeline.earlier import read_earlier
from insights_reports.pipeline.load import load
from insights_reports.pipeline.remember import known_of
from insights_reports.pipeline.render import render_all
from insights_reports.pipeline.revision import numbered
from insights_reports.pipeline.runs import Run
from insights_reports.pipeline.seal import CONFIGURATION, FOLDER, sealed_at, unseal, versions
from insights_reports.pipeline.settings import appearance_of, conventions_of
from insights_reports.pipeline.state import open_ledger
from insights_reports.pipeline.subject import subject_of
from insights_reports.scratch import scratch_folder
from insights_reports.spelling.nearest import nearest

_NEWEST = 5  # editions in a message
_MOST_NAMED = 4  # differences in a message


def _there_are(config: Config, name: str) -> str:
    """The edition that was probably meant, and the newest."""
    with open_ledger(config) as ledger:
        known = list(dict.fromkeys(f"{e.subscription}/{e.period}" for e in ledger.editions()))
    if not known:
        return "None was made yet; `insights-reports run` makes them."
    found = nearest(name, known)
    meant = f"Did you mean {found}? " if found else ""
    return f"{meant}Newest: {', '.join(known[-_NEWEST:])}; `insights-reports editions` lists all."


def find_edition(config: Config, name: str) -> EditionRow:
    """The edition called ``monthly/2026-09/r1``; without a revision the last one.

    Raises:
        UsageError: when it was never made.
    """
    subscription, _, rest = name.partition("/")
    period, _, revision = rest.partition("/")
    with open_ledger(config) as ledger:
        made = [e for e in ledger.editions(subscription) if e.period.lower() == period.lower()]
    found = [e for e in made if revision in ("", f"r{e.revision}")]
    if not found:
        known = ", ".join(f"r{e.revision}" for e in made)
        remedy = f"Of this period there are {known}." if known else _there_are(config, name)
        raise UsageError("There is no such edition.", f"Edition: {name}", remedy)
    return found[-1]


def rerun_as_sealed(state: Path, edition: EditionRow, out: Path) -> list[Path]:
    """Make the files of ``edition`` again, into the new folder ``out``; their paths.

    Raises:
        PullError: when there is no seal, or it was altered.
        RenderError: when this installation makes other bytes; says what differs from the one that
            made them. Nothing is written then.
        UsageError: when ``out`` exists.
    """
    if out.exists():
        raise UsageError("The folder exists already.", f"--out {out}", "Name a new one.")
    folder = state / "runs" / edition.run_id / FOLDER
    said = unseal(folder)
    _refuse_other_formulas(said)
    with scratch_folder() as scratch:
        made = _made(folder, said, scratch)
        _compare(said, made)
        out.parent.mkdir(parents=True, exist_ok=True)
        part = out.with_name(f".{out.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        for path in made:
            shutil.copyfile(path, part / path.name)
        part.rename(out)
    return [out / path.name for path in made]


def _made(folder: Path, said: dict[str, Any], scratch: Path) -> list[Path]:
    """The files of the edition, made below ``scratch`` from the seal alone."""
    about = About.model_validate(said["edition"])
    run = Run(
        folder=scratch / about.run,
        config_path=folder / CONFIGURATION,
        subscription_name=about.subscription,
        period=about.period,
        as_of=sealed_at(said, "asOf"),
        generated=sealed_at(said, "generatedByRun"),
        trigger=said["trigger"],
        pull_folder=folder / "pull",
    )
    run.folder.mkdir()
    pulled = load(run.pull_folder)
    known = known_of(pulled, pd.read_parquet(folder / "older.parquet"), about.known_from)
    whole = whole_of(run, pulled, known)
    pulled, known = whole.part_of(run)
    period, check = whole.period, check_pulled(pulled, conventions_of(run.subscription))
    earlier = read_earlier(folder)
    material = material_of(run, pulled, known, earlier, period, check)
    documents = compose_edition(material.inputs, material.settings).documents
    digest = edition_digest(documents, appearance_of(run.config, run.subscription))
    sealed = load_document((folder / "documents" / f"{documents[0].name}.json").read_bytes())
    identity = sealed.identity
    documents = tuple(
        numbered(each, identity.revision, identity.generated.at, identity.status, sealed.changes)
        for each in documents
    )
    write(run, material, subject_of(pulled, known, period), documents, digest)
    return [*render_all(run), *data_paths(run)]


def _refuse_other_formulas(said: dict[str, Any]) -> None:
    then, now = said["versions"]["formulas"], versions()["formulas"]
    if then != now:
        raise _refused(f"formulas: version {then} then, {now} now", said)


def _compare(said: dict[str, Any], made: Sequence[Path]) -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made}
    wrong = [name for name, sha256 in said["files"].items() if found.get(name) != sha256]
    if not wrong and found.keys() == said["files"].keys():
        return
    now = versions()
    differing = [f"{k} {_short(v)} (now {_short(now.get(k, 'none'))})"
                 for k, v in said["versions"].items() if now.get(k) != v]  # fmt: skip
    several = differing[:_MOST_NAMED] + [f"{len(differing) - _MOST_NAMED} more"] * (
        len(differing) > _MOST_NAMED
    )
    cause = f"made by {', '.join(several)}" if differing else "fonts of this machine?"
    raise _refused(f"{', '.join(wrong[:2]) or 'other files'} would differ: {cause}", said)


def _short(text: str) -> str:
    return text[:12] if len(text) == 64 else text


def _refused(which: str, said: dict[str, Any]) -> RenderError:
    made_by = said["versions"]["insights-reports"]
    return RenderError(
        "This installation does not make the bytes that were sealed.",
        which,
        f"Use insights-reports {made_by} as it was then; `--restate` makes today's view.",
    )
