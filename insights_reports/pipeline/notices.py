"""When the operators are told, and what: how a run ended that somebody should know about."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from insights_reports.config.model import Config
from insights_reports.delivery import Receipt, failure, said
from insights_reports.delivery.ledger.runs import RunRecord as Record
from insights_reports.delivery.notices import Notice, NoticeKind, by_apprise, by_mail, read_targets
from insights_reports.errors import ConfigError, InsightsReportsError
from insights_reports.pipeline.destinations import transport
from insights_reports.pipeline.runs import Run
from insights_reports.pipeline.state import open_ledger

ELSEWHERE = "done, without an edition"
"""How a run of slices ends that was dry, a test, or into a folder of its own."""

_MOST_SLICES = 20  # that a notice names


def tell_failed(run: Run, error: BaseException) -> None:
    """Tell that the run failed before its delivery."""
    text = str(error) if isinstance(error, InsightsReportsError) else f"{type(error).__name__}"
    _tell(run, NoticeKind.FAILED, text.splitlines())


def tell_outcome(run: Run, receipts: Sequence[Receipt], why_held: str) -> None:
    """Tell what of the edition was not delivered, or that it is held; and after a failure that all
    is well again."""
    if why_held:
        period = run.about.period
        command = f"insights-reports release {run.subscription_name}/{period} --by NAME"
        _tell(run, NoticeKind.HELD, [f"{why_held}.", f"To release it: {command}"])
    elif failure(receipts):
        open_ones = [r for r in receipts if r.owed and not r.in_hand]
        kind = NoticeKind.FAILED if len(open_ones) == len(receipts) else NoticeKind.PARTIAL
        _tell(run, kind, [f"{r.key}: {said(r)}" for r in open_ones])
    elif _failed_before(_records(run)):
        _tell(run, NoticeKind.RECOVERED, ["Everything was delivered."])


def tell_slices(
    run: Run, wrong: Sequence[str], unknown: Sequence[str], unmapped: Sequence[str]
) -> None:
    """Tell once of all slices what went ``wrong`` with some, which are ``unknown``, and which are
    mapped to nobody; and after a failure that all is well again."""
    lines = [*_first(wrong, ""), *_first(unknown, "Unknown: "), *_first(unmapped, "Unmapped: ")]
    if wrong or unknown:
        _tell(run, NoticeKind.PARTIAL, lines)
    elif _failed_before(_records(run)):
        _tell(run, NoticeKind.RECOVERED, ["Every slice was made and delivered.", *lines])


def _first(lines: Sequence[str], label: str) -> list[str]:
    more = len(lines) - _MOST_SLICES
    shown = [f"{label}{line}" for line in lines[:_MOST_SLICES]]
    return [*shown, *([f"{label}and {more} more."] if more > 0 else [])]


def _tell(run: Run, kind: NoticeKind, lines: Sequence[str]) -> None:
    notify = run.config.notify
    if notify is None or kind not in notify.on or run.leaves_no_edition or run.out:
        return
    notice = Notice(
        kind, run.subscription_name, run.period, run.id, (*lines, "", *_about(_records(run)))
    )
    send_notice(run.config, notice)


def send_notice(config: Config, notice: Notice) -> None:
    """Tell the operators by every channel; what fails is said on standard error."""
    for problem in _send(config, notice):
        print(f"insights-reports: the operators could not be told: {problem}", file=sys.stderr)


def _send(config: Config, notice: Notice) -> list[str]:
    """Send by every channel; what failed, in words."""
    notify, problems = config.notify, []
    if notify is None:
        return []
    if notify.mail and config.mail:
        try:
            server = transport(config, config.mail)
            problems += by_mail(notice, server, notify.mail, datetime.now(UTC))
        except ConfigError as error:
            problems.append(str(error))
    if notify.apprise_file:
        path = config.resolve(notify.apprise_file)
        try:
            targets = read_targets(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            problems.append(f"{path}: {getattr(error, 'strerror', None) or error}")
        else:
            problems += by_apprise(notice, targets)
    return problems


def _records(run: Run) -> list[Record]:
    """This run and those before it, newest first."""
    with open_ledger(run.config) as ledger:
        return ledger.runs.latest(run.subscription_name)


def _failed_before(records: Sequence[Record]) -> bool:
    neither = ("running", "interrupted")
    return len(records) > 1 and not _is_good(records[1]) and records[1].outcome not in neither


def _is_good(record: Record) -> bool:
    """Done, whatever it says beside, or held."""
    return record.outcome == "held" or record.outcome.startswith("done")


def _about(records: Sequence[Record]) -> list[str]:
    """The step, how long it took, and the last run that was good."""
    this = records[0]
    took = ((this.ended_at or datetime.now(UTC)) - this.started_at).total_seconds()
    step = this.stages[-1][0] if this.stages else "start"
    good = next((each for each in records[1:] if _is_good(each)), None)
    last = f"{good.started_at:%Y-%m-%d %H:%M} UTC, {good.run_id}" if good else "none yet"
    return [
        f"Run {this.run_id} ({this.trigger}), {took:.0f} s, last step: {step}.",
        f"Last good run: {last}.",
        "What is owed: insights-reports deliveries; the next run carries it out.",
    ]
