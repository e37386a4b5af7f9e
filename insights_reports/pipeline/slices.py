"""The editions of all slices of a subscription: one pull, and for each slice a run of its own.

A slice that fails does not stop the others. When the run dies, the next one of the same period goes
on with its pull, and leaves out the slices that were made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from insights_reports.delivery import Ledger, Made, Receipt, failure
from insights_reports.delivery import RunRecord as Record
from insights_reports.errors import InsightsReportsError, UsageError
from insights_reports.history.pulls import Pull
from insights_reports.pipeline.make import Maker, Outcome, finish, pull_for, recorded
from insights_reports.pipeline.notices import ELSEWHERE, tell_slices
from insights_reports.pipeline.progress import Progress
from insights_reports.pipeline.ready import MakeReady, NotMade, Ready, attempt, ready_here
from insights_reports.pipeline.runs import Run, open_run, start_slice, with_pull
from insights_reports.pipeline.slicing import Slicing

_STALE = timedelta(days=1)  # an older pull is not gone on with


@dataclass(frozen=True)
class SliceOutcome:
    """How the edition of a slice ended. ``name`` is teams@web-shop, ``slice`` as configured,
    ``run`` the id of its run ("" where there was none), ``why`` what is wrong ("" when nothing is).
    ``earlier``: an earlier run made it from the same pull."""

    name: str
    slice: str
    exit_status: int = 0
    why: str = ""
    run: str = ""
    revision: int = 0
    sent: int = 0
    of: int = 0
    held: bool = False
    earlier: bool = False


@dataclass(frozen=True)
class Sliced:
    """The editions of all slices. ``unknown`` are configured and have no deployments under this
    name; ``unmapped`` have some, and nobody receives them."""

    period: str
    slices: tuple[SliceOutcome, ...]
    unknown: tuple[str, ...]
    unmapped: tuple[str, ...]

    @property
    def failed(self) -> list[SliceOutcome]:
        return [each for each in self.slices if each.exit_status]

    @property
    def said(self) -> str:
        """How many were made and delivered, in words."""
        made = [each for each in self.slices if each.revision]
        sent, of = sum(each.sent for each in made), sum(each.of for each in made)
        earlier = sum(each.earlier for each in made)
        before = f", {earlier} of them by an earlier run" if earlier else ""
        count = f"{len(made)} of {len(self.slices)} slices made{before}"
        rest = f"; {len(self.unmapped)} are mapped to nobody" if self.unmapped else ""
        return f"{count}; {sent} of {of} deliveries made{rest}"

    def failure(self) -> InsightsReportsError | None:
        """The error that says what somebody must look at; None when there is nothing."""
        wrong = [f"{each.slice}: {each.why}" for each in self.failed]
        wrong += [f"unknown: {each}" for each in self.unknown]
        if not wrong:
            return None
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        remedy = "The next run makes what is missing; `insights-reports deliveries` has the rest."
        return InsightsReportsError(f"Not all is well: {self.said}.", f"{wrong[0]}{more}", remedy)

    @property
    def exit_status(self) -> int:
        """The gravest of all slices; 1 when one is unknown."""
        return max((each.exit_status for each in self.slices), default=0) or int(bool(self.unknown))


def make_slices(run: Run, *, progress: Progress, ready: MakeReady = ready_here) -> Sliced:
    """Pull once, then make and deliver the edition of every slice of the run's subscription;
    ``ready`` makes what this process delivers.

    Raises:
        InsightsReportsError: when the pull, or what all slices share, cannot be used.
    """
    with recorded(run):
        if earlier := _to_go_on_with(run):
            run = with_pull(run, earlier)
        pull_for(run, progress)
        progress("loading")
        maker = Maker(run)
        slicing = maker.whole.slicing
        assert slicing is not None  # noqa: S101  (the subscription has slices)
        unknown, unmapped = judged(slicing, run.config.slices_of(run.subscription_name))
        done = _made(run, maker, ready, unknown, progress)
    result = Sliced(maker.whole.period.name, done, tuple(unknown.values()), unmapped)
    _end(run, result)
    return result


def judged(slicing: Slicing, wanted: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Of the slices ``wanted`` (as they are configured, by the names of their editions) those that
    are not there, with the reason; and those that are there and not wanted."""
    unknown, keys = {}, set()
    for name, slice in wanted.items():
        try:
            keys.add(slicing.key_of(slice))
        except UsageError as error:
            unknown[name] = " ".join(str(error).split())
    others = (name or key for key, name in slicing.names.items() if key not in keys)
    return unknown, tuple(others)


def _made(
    run: Run, maker: Maker, ready: MakeReady, unknown: Mapping[str, str], progress: Progress
) -> tuple[SliceOutcome, ...]:
    wanted = [name for name in run.config.slices_of(run.subscription_name) if name not in unknown]
    with run.open_ledger() as ledger:
        done = _finished(run, ledger, maker.whole.period.name)
    slices = (start_slice(run, name, run.pull_folder) for name in wanted if name not in done)

    def told(slice: Run) -> Progress:
        number = wanted.index(slice.subscription_name) + 1
        return lambda step: progress(f"slice {number} of {len(wanted)}, {slice.slice}: {step}")

    for slice, made in ready(run, maker, slices, told):
        done[slice.subscription_name] = _delivered(slice, made, told(slice))
    return tuple(done[name] for name in wanted)


def _delivered(run: Run, made: Ready | NotMade, progress: Progress) -> SliceOutcome:
    named = SliceOutcome(run.subscription_name, run.slice or "", run=run.id)
    if isinstance(made, Ready):
        found = attempt(
            run, lambda: finish(run, made.files, progress, leaks=made.leaks, tell=False)
        )
    else:
        found = made
    if isinstance(found, NotMade):
        return replace(named, exit_status=found.exit_status, why=found.why)
    return replace(
        named,
        exit_status=found.exit_status,
        why=_why(found),
        revision=found.edition.revision,
        held=found.held,
        sent=_sent(found.receipts),
        of=len(found.receipts),
    )


def _why(outcome: Outcome) -> str:
    error = failure(outcome.receipts)
    if outcome.held:
        return f"held: {outcome.why_held}"
    if error is not None:
        return f"{error.what} {error.which}"
    if outcome.exit_status:
        differs, missing = outcome.edition.differs, outcome.edition.no_access
        return f"no access for {', '.join(missing)}" if missing else f"{differs} figures differ"
    return ""


def _sent(receipts: tuple[Receipt, ...]) -> int:
    return sum(receipt.done for receipt in receipts)


def _end(run: Run, result: Sliced) -> None:
    """Done, when every slice was made; what is owed of their deliveries the ledger knows."""
    not_made = [each for each in result.slices if not each.revision]
    outcome = "done"
    if not_made:
        first = f"{not_made[0].slice}: {not_made[0].why}"[:200]
        outcome = f"failed: {len(not_made)} of {len(result.slices)} slices, first {first}"
    elif run.leaves_no_edition or run.out:
        outcome = ELSEWHERE  # the period is no nearer to being done
    run.end(outcome, result.exit_status)
    lines = [f"{each.slice}: {each.why}" for each in result.failed]
    tell_slices(run, lines, [*result.unknown], result.unmapped)


def _finished(run: Run, ledger: Ledger, period: str) -> dict[str, SliceOutcome]:
    """The slices whose newest edition was made from this very pull."""
    if run.leaves_no_edition or run.out:
        return {}
    slices = run.config.slices_of(run.subscription_name)
    rows = ledger.editions(run.subscription_name, period, slices=True)
    newest = {row.subscription: row for row in rows if row.subscription in slices}
    receipts = ledger.deliveries(run.subscription_name, period, slices=True)
    found = {}
    for name, row in newest.items():
        if _pull_of(run.folder.parent / row.run_id) == run.pull_folder:
            of = (name, row.revision)
            mine = tuple(r for r in receipts if (r.key.subscription, r.key.revision) == of)
            held = row.state is Made.HELD
            found[name] = SliceOutcome(
                name,
                slices[name],
                why=f"held: {row.note}" if held else "",
                run=row.run_id,
                revision=row.revision,
                held=held,
                earlier=True,
                sent=_sent(mine),
                of=len(mine),
            )
    return found


def _pull_of(folder: Path) -> Path | None:
    return open_run(folder).pull_folder if (folder / "run.json").is_file() else None


def _to_go_on_with(run: Run) -> Path | None:
    """The pull of an earlier run of the period that did not come to its end, at most a day old."""
    if run.leaves_no_edition or run.out or run.period == "last":
        return None
    with run.open_ledger() as ledger:
        earlier = ledger.runs.latest(run.subscription_name)
    for record in earlier:
        if record.period == run.period and record.run_id != run.id:
            if record.outcome == "done":
                return None
            if (found := _sealed(run, record)) is not None:
                return found
    return None


def _sealed(run: Run, record: Record) -> Path | None:
    folder = run.state / "pulls" / record.run_id
    if not (folder / "manifest.json").is_file():
        return None
    as_of = datetime.fromisoformat(Pull(folder).metadata["asOf"])
    return folder if abs(run.as_of - as_of) < _STALE else None
