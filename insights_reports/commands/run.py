"""``run``: make and deliver the edition of a period, without Prefect."""

import argparse
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from insights_reports.commands.common import (
    as_of,
    camel,
    checked,
    print_json,
    print_table,
    receipt_json,
    receipt_text,
    size,
)
from insights_reports.config.file import find_config, load_usable
from insights_reports.config.model import Config, Subscription
from insights_reports.delivery import address, failure, said
from insights_reports.delivery.interruptions import stoppable
from insights_reports.errors import InsightsReportsError, UsageError, without_secrets
from insights_reports.owed.periods import periods_wanted, range_wanted
from insights_reports.pipeline.make import Outcome, make_edition
from insights_reports.pipeline.owed import deliver_owed
from insights_reports.pipeline.progress import clear_line, terminal_progress
from insights_reports.pipeline.runs import Run, named, start_run
from insights_reports.pipeline.slices import Sliced, make_slices
from insights_reports.pipeline.standing import is_made

_MOST_NAMED = 10  # slices without recipients
_Result = TypeVar("_Result", Outcome, Sliced)


def main(options: argparse.Namespace) -> int:
    """Make every edition asked for; the exit status is the gravest of theirs.

    An edition that fails does not stop the others.
    """
    config_path = find_config(options.config)
    config = load_usable(config_path)
    wanted = {name: _wanted(options, named(config, name)) for name in options.subscriptions}
    _say_unusable(config)
    results = []
    for name in options.subscriptions:
        results += _subscription(options, config_path, name, config, wanted[name])
    if not (options.out or options.dry_run or options.test_send):
        results += _owed(options, config, {run for result, _ in results for run in _runs(result)})
    if options.json:
        print_json([result for result, _ in results])
    return max(status for _, status in results)


def _say_unusable(config: Config) -> None:
    """Mistakes in other subscriptions stop nothing here."""
    for name, problems in config.unusable.items():
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        print(f"insights-reports: {name} cannot be run: {problems[0]}{more}", file=sys.stderr)


def _wanted(options: argparse.Namespace, subscription: Subscription) -> tuple[str, ...]:
    """The names of the periods asked for."""
    now = as_of(options)
    if options.range is not None:
        return (range_wanted(options.range, subscription, now),)
    return periods_wanted(options.period, subscription, now)


def _owed(
    options: argparse.Namespace, config: Config, made: set[str]
) -> list[tuple[dict[str, Any], int]]:
    """Carry out what earlier runs of the subscriptions owe, of whichever period."""
    receipts = deliver_owed(
        config, datetime.now(UTC), subscriptions=options.subscriptions, but_runs=made
    )
    for receipt in receipts:
        line = f"owed: {receipt.key}: {said(receipt)}"
        print(line, file=sys.stderr if options.json else sys.stdout)
    if (error := failure(receipts)) is None:
        return []
    print(f"insights-reports: {error}", file=sys.stderr)
    return [({"owed": str(error)}, error.exit_status)]


def _subscription(
    options: argparse.Namespace,
    config_path: Path,
    name: str,
    config: Config,
    periods: tuple[str, ...],
) -> list[tuple[dict[str, Any], int]]:
    """The editions of one subscription: one, or those of a backfill, which share one pull."""
    results, pull_folder = [], None
    for period in periods:
        if len(periods) > 1 and (made := _is_finished(options, config, name, period)):
            results.append(made)
            continue
        run = start_run(
            config_path,
            name,
            period=period,
            as_of=as_of(options),
            trigger="backfill" if len(periods) > 1 else "manual",
            pull_folder=pull_folder,
            url=options.url,
            space=options.space,
            out=Path(options.out) if options.out else None,
            dry_run=options.dry_run,
            test_send=_address(options.test_send, config),
            note=Path(options.note) if options.note else None,
        )
        results.append(_slices(run, options) if config.slices_of(name) else _one(run, options))
        if (run.pull_folder / "manifest.json").exists():
            pull_folder = run.pull_folder
    return results


def _is_finished(
    options: argparse.Namespace, config: Config, name: str, period: str
) -> tuple[dict[str, Any], int] | None:
    """What is said of an edition that a backfill has made: one that was killed goes on after it."""
    if options.again or options.out or options.dry_run or options.test_send:
        return None
    made = is_made(config, name, period)
    if made is None:
        return None
    if not options.json:
        print(f"{name}: {made}; --again makes it again")
    return {"subscription": name, "period": period, "made": made}, 0


def _address(text: str | None, config: Config) -> str | None:
    """Raises UsageError when it is none, or outside of the allowed domains."""
    if text and config.mail and not config.mail.may_receive(text):
        allowed = ", ".join(config.mail.allowed_domains)
        raise UsageError(
            "The test mail may not go there.", f"--test-send: {text}", f"Allowed are: {allowed}."
        )
    try:
        return address(text) if text else None
    except ValueError as error:
        raise UsageError(
            "The test mail has no address.",
            f"--test-send: {error}",
            "Write it as somebody@example.com.",
        ) from None


def _runs(result: dict[str, Any]) -> list[str]:
    """The ids of the runs that have just tried to deliver."""
    return [result.get("run", ""), *(each["run"] for each in result.get("slices", ()))]


def _one(run: Run, options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    outcome = _made(run, options, make_edition)
    if not isinstance(outcome, Outcome):
        return outcome
    if not options.json:
        print_outcome(run, outcome)
    return as_json(run, outcome), outcome.exit_status


def _slices(run: Run, options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    """All slices of a subscription; what they are, instead of their files one by one."""
    sliced = _made(run, options, make_slices)
    if not isinstance(sliced, Sliced):
        return sliced
    if not options.json:
        print_slices(run.subscription_name, sliced)
    about: dict[str, Any] = {"subscription": run.subscription_name, "run": run.id}
    return {**about, **camel(sliced), "exitStatus": sliced.exit_status}, sliced.exit_status


def _made(
    run: Run, options: argparse.Namespace, make: Callable[..., _Result]
) -> _Result | tuple[dict[str, Any], int]:
    """What ``make`` made of the run, or that it failed."""
    try:
        with stoppable(lambda: run.end("interrupted", 130)):
            made = make(run, progress=terminal_progress(run.subscription_name))
    except InsightsReportsError as error:
        return _failed(run, str(error), error.exit_status)
    except Exception as error:
        if options.verbose:
            traceback.print_exc()
        remedy = "This is a fault of the program; --verbose shows where."
        return _failed(run, f"{type(error).__name__}: {error}\n{remedy}", 1)
    clear_line()
    return made


def _failed(run: Run, words: str, status: int) -> tuple[dict[str, Any], int]:
    clear_line()
    label = f"{run.subscription_name} {run.period}"
    print(f"insights-reports: {label}: {without_secrets(words)}", file=sys.stderr)
    failed = {"subscription": run.subscription_name, "period": run.period, "run": run.id}
    return {**failed, "error": without_secrets(words), "exitStatus": status}, status


def as_json(run: Run, outcome: Outcome) -> dict[str, Any]:
    """What a run made, as JSON's types."""
    return {
        **outcome.edition.to_json(),
        "held": outcome.held,
        "notMailed": outcome.not_mailed,
        "files": [str(path) for path in outcome.files],
        "receipts": [receipt_json(receipt) for receipt in outcome.receipts],
        "exitStatus": outcome.exit_status,
    }


def print_outcome(run: Run, outcome: Outcome) -> None:
    """Say what was made and what became of it."""
    edition = outcome.edition
    print(
        f"{run.subscription_name} {edition.period}, revision {edition.revision} "
        f"({edition.status}): {checked(edition)}"
    )
    print_table(
        ["FILE", "SIZE"], [[p.name, size(p.stat().st_size)] for p in outcome.files], right="lr"
    )
    if edition.no_access:
        print(f"No access to what these splits need: {', '.join(edition.no_access)}.")
    if not any(receipt.done and not receipt.key.recipient for receipt in outcome.receipts):
        print(f"The files are in {run.files}")
    for receipt in outcome.receipts:
        print(receipt_text(receipt))
    if outcome.held:
        name = f"{run.subscription_name}/{edition.period}"
        print(f"Held: {outcome.why_held}.")
        print(f"Release it with: insights-reports release {name} --by NAME")
    elif outcome.not_mailed:
        print(f"{outcome.not_mailed[:1].upper()}{outcome.not_mailed[1:]}.")
    elif run.dry_run:
        print("A dry run: nothing was delivered.")


def print_slices(subscription: str, sliced: Sliced) -> None:
    """Say how the editions of the slices ended: those alone in full that somebody must look at."""
    print(f"{subscription} {sliced.period}: {sliced.said}")
    rows = [[each.name, each.why] for each in sliced.slices if each.why]
    if rows:
        print_table(["SLICE", "WHY"], rows)
    for each in sliced.unknown:
        print(f"Unknown, and made for nobody: {each}")
    if sliced.unmapped:
        names, more = sliced.unmapped[:_MOST_NAMED], len(sliced.unmapped) - _MOST_NAMED
        others = f" and {more} more" if more > 0 else ""
        print(f"Mapped to nobody: {', '.join(names)}{others}")
