"""Making an edition: all steps of a run, one after the other. The Prefect flow takes the same
steps as tasks."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insights_reports.config.model import Config, Subscription
from insights_reports.delivery import Made, Receipt, failure
from insights_reports.edition.about import About
from insights_reports.errors import DeliveryError, InsightsReportsError
from insights_reports.history.pulls import Pull
from insights_reports.octopus import Client, Connection
from insights_reports.pipeline.compute import Whole, compute, prepare
from insights_reports.pipeline.deliver import deliver_edition, edition_of, why_not_mailed
from insights_reports.pipeline.leaks import Watch
from insights_reports.pipeline.notices import tell_failed, tell_outcome
from insights_reports.pipeline.progress import Progress
from insights_reports.pipeline.pull import Wanted, pull
from insights_reports.pipeline.render import Render, render_by, renderers
from insights_reports.pipeline.runs import Run
from insights_reports.pipeline.seal import seal
from insights_reports.pipeline.slice_targets import refuse_unknown_slices
from insights_reports.pipeline.slicing import BY as SLICED_BY
from insights_reports.pipeline.sources import define
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
    not_mailed: str = ""

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
        freezes=run.subscription.calendar is not None,
        **_splits(run.subscription),
        at_once=run.config.octopus.at_once,
        **_scope(run.subscription),
        **source_of(run.config, run.subscription),
    )
    with run.stage("pull"):
        connected = connect(run)
        if run.subscription.targets.slices:
            with Client(connected) as client:
                report = define(client, wanted.report, wanted.definition)
                refuse_unknown_slices(client, report, run.subscription)
        pull(
            connected,
            wanted,
            run.pull_folder,
            as_of=run.as_of,
            progress=progress,
            keep=run.state / "octopus",
        )
    asked = Pull(run.pull_folder).metadata["asked"]
    run.log("asked of Octopus: {requests} requests, {bytes} bytes, {seconds:.1f} s".format(**asked))


def _splits(subscription: Subscription) -> dict[str, Any]:
    """By what ``/metrics`` is split: by what an edition is, by the group that its page one may
    speak of, and by what it is cut into slices."""
    splits, tag_sets = {"None", *subscription.splits}, subscription.tag_sets
    if subscription.headline != "all":
        splits.add("EnvironmentGroup")
    if slices := subscription.slices:
        splits.add(slices.by if slices.by in SLICED_BY else "TenantTagSet")
        if tag_sets and slices.by not in (*SLICED_BY, *tag_sets):
            tag_sets = (*tag_sets, slices.by)
    return {"splits": tuple(each for each in SPLITS if each in splits), "tag_sets": tag_sets}


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
        maker = Maker(run)
        with renderers(run.config) as render_for:
            return maker.make(run, render_for(run), progress)


class Maker:
    """Makes editions from a pull that is loaded once: that of a subscription, or those of its
    slices, which pass the leak test before anything is sent.

    ``whole`` is what was prepared from it before.

    Raises: as `prepare`, and `Watch`.
    """

    def __init__(self, run: Run, whole: Whole | None = None) -> None:
        self.whole = whole or prepare(run)
        self._watch = Watch(self.whole, run.subscription.formats) if self.whole.slicing else None

    def make(self, run: Run, render: Render, progress: Progress) -> Outcome:
        """Compute, render and deliver the edition of ``run``.

        Raises: as `make_edition`.
        """
        files, leaks = self.files(run, render, progress)
        return finish(run, files, progress, leaks=leaks)

    def files(
        self, run: Run, render: Render, progress: Progress
    ) -> tuple[list[Path], tuple[str, ...]]:
        """Compute and render the edition of ``run``; its files, and what the leak test found in
        them.

        Raises: as `make_edition`.
        """
        compute(run, self.whole)
        progress("rendering")
        with run.stage("render"):
            files = render_by(render, run)
        if self._watch is None:
            return files, ()
        progress("leak test")
        with run.stage("leak test"):
            return files, tuple(str(leak) for leak in self._watch.leaks(run, files))


def finish(
    run: Run,
    files: Sequence[Path],
    progress: Progress,
    *,
    leaks: Sequence[str] = (),
    tell: bool = True,
) -> Outcome:
    """Seal what was rendered, and deliver it unless the run is dry or the edition is held: by its
    cross-check, or because names of other slices stand in it (``leaks``)."""
    edition = run.about
    seal(run, files)
    differs = edition.differs > run.subscription.cross_check.limit
    why = _why_held(run, edition.differs, leaks)
    held = bool(why) and (bool(leaks) or not run.dry_run) and not _was_released(run)
    receipts: list[Receipt] = []
    if held:
        _hold(run, why)
    elif not run.dry_run:
        progress("delivering")
        receipts = deliver_edition(run)
    failed = failure(receipts)
    status = failed.exit_status if failed else 1 if differs or edition.no_access else 0
    if held and leaks:
        status = DeliveryError.exit_status
    not_mailed = "" if held else why_not_mailed(run)
    done = f"done, {not_mailed}" if not_mailed else "done"
    run.end("held" if held else "failed" if failed else done, status)
    if tell:
        tell_outcome(run, receipts, why if held else "")
    why = why if held else ""
    return Outcome(edition, tuple(files), tuple(receipts), why, status, not_mailed)


def _hold(run: Run, why: str) -> None:
    if not run.leaves_no_edition:
        with run.open_ledger() as ledger:
            ledger.hold(edition_of(run), why, run.id)


def _why_held(run: Run, differs: int, leaks: Sequence[str]) -> str:
    """Why the edition waits for somebody's word; "" when it does not."""
    policy = run.subscription.cross_check
    if leaks:
        more = f" (and {len(leaks) - 1} more)" if len(leaks) > 1 else ""
        return f"it would show what is not of its slice: {leaks[0]}{more}"
    if run.test_send:
        return ""
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
def recorded(run: Run, *, tell: bool = True) -> Iterator[None]:
    """Enter in the ledger how a run ends that fails before its delivery; with ``tell`` the
    operators are told."""
    try:
        yield
    except KeyboardInterrupt:
        run.end("interrupted", 130)
        raise
    except Exception as error:
        if isinstance(error, InsightsReportsError):
            run.end(f"failed: {error.what}", error.exit_status)
        else:
            run.end(f"failed: {type(error).__name__}", 1)
        if tell:
            tell_failed(run, error)
        raise
