"""A run: one subscription worked on once. Its folder holds all that its steps hand to each other,
so that a step needs nothing but the folder's path, in whichever process it runs.

``run.json`` says what was asked; the ledger records how long each stage took and how it ended.
"""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import cast

from pydantic import TypeAdapter

from insights_reports.config import Config, Subscription
from insights_reports.config_file import load_config
from insights_reports.delivery import Ledger
from insights_reports.edition.settings import Trigger
from insights_reports.errors import UsageError
from insights_reports.pipeline.state import close_off, make_private, open_ledger, state_of, sweep

WORKBOOK_ROWS = "workbook.parquet"
"""The deployments that the edition's workbook lists; `edition.rows`."""


@dataclass(frozen=True)
class Run:
    """What was asked for. ``period`` is a period's name or ``last``; ``out`` replaces the
    destinations by a folder; ``test_send`` replaces them by one address."""

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

    @property
    def id(self) -> str:
        return self.folder.name

    @cached_property
    def config(self) -> Config:
        return load_config(self.config_path)

    @property
    def subscription(self) -> Subscription:
        return self.config.subscriptions[self.subscription_name]

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
        try:
            yield
        finally:
            with open_ledger(self.config) as ledger:
                ledger.runs.stage(self.id, name, time.perf_counter() - begun)

    def end(self, outcome: str, exit_status: int) -> None:
        """Enter how the run ended; what it leaves is for its owner's eyes alone."""
        close_off(self.folder)
        if self.pull_folder.is_relative_to(self.state) and self.pull_folder.exists():
            close_off(self.pull_folder)
        with open_ledger(self.config) as ledger:
            ledger.runs.end(self.id, outcome, exit_status, datetime.now(UTC))

    def write(self, name: str, content: dict[str, object]) -> None:
        """Write a small JSON file into the run's folder."""
        text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
        (self.folder / name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> dict[str, object]:
        """Read what `write` wrote."""
        text = (self.folder / name).read_text(encoding="utf-8")
        return cast(dict[str, object], json.loads(text))


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
) -> Run:
    """Make the folder of a new run, and clear away what dead runs left. ``as_of`` defaults to now.

    Raises:
        ConfigError: when the configuration has problems.
        UsageError: when it has no such subscription, or the state cannot be written.
    """
    config = load_config(config_path)
    if subscription not in config.subscriptions:
        raise UsageError(
            "There is no such subscription.",
            f"{config_path}: {subscription!r}",
            f"There are: {', '.join(config.subscriptions)}.",
        )
    now = datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    state = state_of(config)
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
    )
    (folder / "run.json").write_bytes(_adapter().dump_json(run, indent=1))
    with open_ledger(config) as ledger:
        sweep(config, ledger, now)
        ledger.runs.start(run.id, subscription, period, trigger, now)
    return run


def open_run(folder: Path) -> Run:
    """The run whose folder this is."""
    return _adapter().validate_json((folder / "run.json").read_bytes())


@cache
def _adapter() -> TypeAdapter[Run]:
    return TypeAdapter(Run)
