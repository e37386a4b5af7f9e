"""A run: one subscription worked on once. Its folder holds all that its steps hand to each other,
so that a step needs nothing but the folder's path, in whichever process it runs.

``run.json`` says what was asked; the ledger records how long each stage took and how it ended.
"""

import json
import os
import secrets
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, with_config
from pydantic.alias_generators import to_camel

from insights_reports.config.file import load_usable, refuse_unusable
from insights_reports.config.model import Config, Subscription
from insights_reports.config.slices import SEPARATOR
from insights_reports.delivery import Ledger
from insights_reports.edition.about import About
from insights_reports.edition.settings import Trigger
from insights_reports.errors import UsageError, without_secrets
from insights_reports.pipeline.memory import give_back, large_blocks_return
from insights_reports.pipeline.state import (
    LOG,
    close_off,
    make_private,
    open_ledger,
    state_of,
    sweep,
)
from insights_reports.spelling.nearest import meant_or_all

EDITION = "edition.json"

WORKBOOK_ROWS = "workbook.parquet"
"""The deployments that the edition's workbook lists; `edition.rows`."""


@with_config(ConfigDict(alias_generator=to_camel, populate_by_name=True))  # of run.json
@dataclass(frozen=True)
class Run:
    """What was asked for. ``period`` is a period's name or ``last``; ``out`` replaces the
    destinations by a folder; ``test_send`` replaces them by one address; ``note`` is the file of an
    editor's note."""

    folder: Path
    config_path: Path
    subscription_name: str
    period: str
    as_of: datetime
    generated: datetime
    trigger: Trigger
    pull_folder: Path
    url: str | None = None
    space: str | None = None
    out: Path | None = None
    dry_run: bool = False
    test_send: str | None = None
    note: Path | None = None

    @property
    def id(self) -> str:
        return self.folder.name

    @cached_property
    def config(self) -> Config:
        return load_usable(self.config_path)

    @property
    def subscription(self) -> Subscription:
        """The run's subscription; of a slice that which has it."""
        found = self.config.find(self.subscription_name)
        if found is None:
            raise KeyError(self.subscription_name)
        return found

    @property
    def slice(self) -> str | None:
        """The slice that the run is for, as the configuration names it; None: all of it."""
        return self.config.slice_of(self.subscription_name)

    @property
    def documents(self) -> Path:
        return self.folder / "documents"

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def state(self) -> Path:
        return state_of(self.config)

    def open_ledger(self) -> Ledger:
        """The ledger that numbers this run's edition; a run into ``out`` keeps its own there."""
        return Ledger(self.out / ".ledger.sqlite") if self.out else open_ledger(self.config)

    @property
    def leaves_no_edition(self) -> bool:
        """Whether the ledger stays as it is: a dry run and a test mail are no editions."""
        return self.dry_run or self.test_send is not None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Enter how long the block takes, also when it fails."""
        begun = time.perf_counter()
        large_blocks_return()
        self.log(f"{name} begins")
        try:
            yield
            self.log(f"{name} ends after {time.perf_counter() - begun:.1f} s")
        except BaseException:
            self.log(f"{name} fails\n{traceback.format_exc()}")
            raise
        finally:
            give_back()
            with open_ledger(self.config) as ledger:
                ledger.runs.stage(self.id, name, time.perf_counter() - begun)

    def end(self, outcome: str, exit_status: int) -> None:
        """Enter how the run ended; what it leaves is for its owner's eyes alone."""
        self.log(f"ends: {outcome}, exit status {exit_status}")
        close_off(self.folder)
        if self.pull_folder.is_relative_to(self.state) and self.pull_folder.exists():
            close_off(self.pull_folder)
        with open_ledger(self.config) as ledger:
            ledger.runs.end(self.id, outcome, exit_status, datetime.now(UTC))

    def log(self, text: str) -> None:
        """Add what happens, with the time, to ``run.log``, without secrets."""
        line = f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {without_secrets(text)}\n"
        opened = os.open(self.folder / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(opened, "a", encoding="utf-8") as file:
            file.write(line)

    def write(self, name: str, content: dict[str, object]) -> None:
        """Write a small JSON file into the run's folder."""
        text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
        (self.folder / name).write_text(text, encoding="utf-8")

    @property
    def about(self) -> About:
        """What the run's edition is, once it is composed."""
        said = json.loads((self.folder / EDITION).read_bytes())
        return About.model_validate({"subscription": self.subscription_name, "run": self.id} | said)


def start_run(
    config_path: Path,
    subscription: str,
    *,
    period: str = "last",
    as_of: datetime | None = None,
    trigger: Trigger = "manual",
    pull_folder: Path | None = None,
    url: str | None = None,
    space: str | None = None,
    out: Path | None = None,
    dry_run: bool = False,
    test_send: str | None = None,
    note: Path | None = None,
) -> Run:
    """Make the folder of a new run, and clear away what dead runs left. ``as_of`` defaults to now.

    Raises:
        ConfigError: when the configuration has problems.
        UsageError: when it has no such subscription, or the state cannot be written.
    """
    config = load_usable(config_path)
    named(config, subscription)
    if out:
        check_out(out)
    now = datetime.now(UTC)
    run_id, state = _new_id(now), state_of(config)
    folder = state / "runs" / run_id
    for private in (state, state / "runs", state / "pulls", folder):
        make_private(private)
    run = Run(
        folder=folder,
        config_path=config_path.resolve(),
        subscription_name=subscription,
        period=period,
        as_of=as_of or now,
        generated=as_of or now,
        trigger=trigger,
        pull_folder=pull_folder or state / "pulls" / run_id,
        url=url,
        space=space,
        out=out.resolve() if out else None,
        dry_run=dry_run,
        test_send=test_send,
        note=note.resolve() if note else None,
    )
    with open_ledger(config) as ledger:
        sweep(config, ledger, now)
        _enter(run, ledger, now)
    return run


def start_slice(whole: Run, name: str, pull_folder: Path) -> Run:
    """Make the folder of the run of a slice, ``teams@web-shop``, in a run of its subscription."""
    now = datetime.now(UTC)
    run = replace(
        whole,
        folder=whole.folder.parent / _new_id(now),
        subscription_name=name,
        pull_folder=pull_folder,
    )
    vars(run)["config"] = whole.config  # read once for all slices
    make_private(run.folder)
    with open_ledger(run.config) as ledger:
        _enter(run, ledger, now)
    return run


def with_pull(run: Run, folder: Path) -> Run:
    """The run, made from an earlier pull; its folder says so from now on."""
    found = replace(run, pull_folder=folder)
    _save(found)
    return found


def _save(run: Run) -> None:
    (run.folder / "run.json").write_bytes(_adapter().dump_json(run, indent=1, by_alias=True))


def _new_id(now: datetime) -> str:
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def _enter(run: Run, ledger: Ledger, now: datetime) -> None:
    _save(run)
    asked = f"{run.subscription_name} {run.period}, asked for by {run.trigger}"
    run.log(f"{asked}, as of {run.as_of.isoformat()}")
    ledger.runs.start(run.id, run.subscription_name, run.period, run.trigger, now)


def named(config: Config, subscription: str) -> Subscription:
    """The subscription, or the one that has a slice of this name.

    Raises:
        ConfigError: when it was left out because of its mistakes.
        UsageError: when there is none.
    """
    refuse_unusable(config, subscription)
    if found := config.find(subscription):
        return found
    known = [*config.subscriptions, *config.slices_of(subscription.partition(SEPARATOR)[0])]
    raise UsageError(
        "There is no such subscription.",
        f"{config.path}: {subscription!r}",
        meant_or_all(subscription, known),
    )


def check_out(folder: Path) -> None:
    """Make the folder of ``--out``.

    Raises:
        UsageError: when nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            "The folder of --out cannot be written.",
            f"--out {folder}: {error.strerror}",
            "Choose another, or change its owner or mode.",
        ) from None


def open_run(folder: Path) -> Run:
    """The run whose folder this is."""
    return _adapter().validate_json((folder / "run.json").read_bytes())


def open_slice(whole: Run, folder: Path) -> Run:
    """The run of a slice, opened in a run of its subscription."""
    run = open_run(folder)
    vars(run)["config"] = whole.config  # read once for all slices
    return run


@cache
def _adapter() -> TypeAdapter[Run]:
    return TypeAdapter(Run)
