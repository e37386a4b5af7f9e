"""Making an edition: all steps of a run, one after the other. The Prefect flow takes the same
steps as tasks."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insights_reports.config import Config, Subscription
from insights_reports.delivery import Made, Receipt, failure
from insights_reports.edition.about import About
from insights_reports.errors import InsightsReportsError
from insights_reports.history.pulls import Pull
from insights_reports.octopus import Connection
from insights_reports.pipeline.compute import compute
from insights_reports.pipeline.deliver import deliver_edition, edition_of
from insights_reports.pipeline.notices import tell_failed, tell_outcome
from insights_reports.pipeline.progress import Progress
from insights_reports.pipeline.pull import Wanted, pull
from insights_reports.pipeline.render import render_all
from insights_reports.pipeline.runs import Run
from insights_reports.pipeline.seal import seal
from insights_reports.spelling.terms import SPLITS

_CREDENTIALS = {"OCTOPUS_API_KEY", "OCTOPUS_API_KEY_FILE", "OCTOPUS_ACCESS_TOKEN"}


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its edition, the files, the receipts, the exit status."""

    edition: About
    files: tuple[Path, ...]
    receipts: tuple[Receipt, ...]
    why_held: str
    exit_status: int

    @property
    def held(self) -> bool:
        return bool(self.why_held)


def connect(run: Run) -> Connection:
    """The connection to Octopus of a run: options first, then environment, then configuration."""
    return connection(run.config, url=run.url, space=run.space)


def connection(config: Config, *, url: str | None = None, space: str | None = None) -> Connection:
    """The connection that ``config`` describes, unless an option or the environment says otherwise.

    Raises:
        UsageError: when no server or no credential is given anywhere.
    """
    octopus, environ = config.octopus, dict(os.environ)
    if octopus.api_key_file and not _CREDENTIALS & environ.keys():
        environ["OCTOPUS_API_KEY_FILE"] = str(config.resolve(octopus.api_key_file))
    return Connection.from_environment(
        url=url or environ.get("OCTOPUS_URL") or octopus.url,
        space=space or environ.get("OCTOPUS_SPACE") or octopus.space,
        environ=environ,
        ca_bundle=config.resolve(octopus.ca_bundle) if octopus.ca_bundle else None,
        proxy=octopus.proxy,
    )


def pull_for(run: Run, progress: Progress) -> None:
    """Pull what ``run`` needs into its pull's folder, unless an earlier run of a backfill did."""
    if run.pull_folder.exists():
        return
    wanted = Wanted(
        report=run.subscription.report,
        splits=tuple(s for s in SPLITS if s == "None" or s in run.subscription.splits),
        tag_sets=run.subscription.tag_sets,
        at_once=run.config.octopus.at_once,
        **_scope(run.subscription),
        **source_of(run.config, run.subscription),
    )
    with run.stage("pull"):
        pull(
            connect(run),
            wanted,
            run.pull_folder,
            as_of=run.as_of,
            progress=progress,
            keep=run.state / "octopus",
        )
    asked = Pull(run.pull_folder).metadata["asked"]
    run.log("asked of Octopus: {requests} requests, {bytes} bytes, {seconds:.1f} s".format(**asked))


def _scope(subscription: Subscription) -> dict[str, Any]:
    """Which ranges and granularities ``/metrics`` is asked for. What an edition shows are months
    and weeks of the last twelve months, so these are what an edition's cross-check can prove."""
    if subscription.cross_check.scope == "everything":
        return {}
    return {"ranges": ("LastYear",), "granularities": ("Weekly", "Monthly")}


def source_of(config: Config, subscription: Subscription) -> dict[str, Any]:
    """Where the deployments come from, as `Wanted` has it."""
    definition = subscription.definition
    return {
        "source": subscription.source,
        "file": str(config.resolve(subscription.file)) if subscription.file else None,
        "definition": definition.model_dump(mode="json") if definition else None,
    }


def make_edition(run: Run, *, progress: Progress) -> Outcome:
    """Pull, compute, render and deliver; the ledger records how it ended.

    Raises:
        InsightsReportsError: when a step before the delivery fails; nothing is delivered then.
    """
    with recorded(run):
        pull_for(run, progress)
        progress("figures and cross-check")
        compute(run)
        progress("rendering")
        with run.stage("render"):
            files = render_all(run)
        return finish(run, files, progress)


def finish(run: Run, files: Sequence[Path], progress: Progress) -> Outcome:
    """Seal what was rendered, and deliver it unless the run is dry or the cross-check holds it."""
    edition = run.about
    seal(run, files)
    differs = edition.differs > run.subscription.cross_check.limit
    why = _why_held(run, edition.differs) if not run.test_send else ""
    held = bool(why) and not run.dry_run and not _was_released(run)
    receipts: list[Receipt] = []
    if held:
        with run.open_ledger() as ledger:
            ledger.hold(edition_of(run), why)
    elif not run.dry_run:
        progress("delivering")
        receipts = deliver_edition(run)
    failed = failure(receipts)
    status = failed.exit_status if failed else 1 if differs or edition.no_access else 0
    run.end("held" if held else "failed" if failed else "done", status)
    tell_outcome(run, receipts, why if held else "")
    return Outcome(edition, tuple(files), tuple(receipts), why if held else "", status)


def _why_held(run: Run, differs: int) -> str:
    """Why the edition waits for somebody's word; "" when it does not."""
    policy = run.subscription.cross_check
    if differs > policy.limit and policy.beyond == "hold":
        return f"{differs} of its figures differ from Octopus's, {policy.limit} are tolerated"
    if run.subscription.release == "by_hand":
        return "every edition of this subscription is released by hand"
    return ""


def _was_released(run: Run) -> bool:
    """Whether this very edition was held and then released, or delivered before."""
    about = run.about
    with run.open_ledger() as ledger:
        known = ledger.editions(run.subscription_name, about.period)
    return any(
        (row.revision, row.digest, row.state) == (about.revision, about.digest, Made.MADE)
        for row in known
    )


@contextmanager
def recorded(run: Run) -> Iterator[None]:
    """Enter in the ledger how a run ends that fails before its delivery."""
    try:
        yield
    except InsightsReportsError as error:
        run.end(f"failed: {error.what}", error.exit_status)
        tell_failed(run, error)
        raise
    except KeyboardInterrupt:
        run.end("interrupted", 130)
        raise
    except Exception as error:
        run.end(f"failed: {type(error).__name__}", 1)
        tell_failed(run, error)
        raise
