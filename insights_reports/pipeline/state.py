"""The state's folder: who may read it, its ledger, and what dead runs left in it.

It holds customers' data: its folders are 0700 and its files 0600, whatever the umask is.
"""

import contextlib
import os
import shutil
from datetime import datetime
from pathlib import Path

from insights_reports.config.model import Config
from insights_reports.delivery import Ledger, Secret
from insights_reports.delivery.ledger.postgres import PostgresDatabase, PostgresLedger
from insights_reports.errors import ConfigError, UsageError
from insights_reports.history.pulls import MANIFEST, PART
from insights_reports.scratch import sweep_scratch


def state_of(config: Config) -> Path:
    """The absolute path of the state's folder."""
    return config.resolve(config.state)


def open_ledger(config: Config) -> Ledger:
    """The ledger that ``config`` names.

    Raises:
        ConfigError: when its settings cannot be used.
        DeliveryError: when it cannot be opened.
    """
    state = state_of(config)
    if config.ledger is None:
        return Ledger(state / "ledger.sqlite")
    return Ledger(PostgresDatabase(_postgres(config, config.ledger)), state / "holders")


def _postgres(config: Config, url: str) -> PostgresLedger:
    try:
        given = os.environ.get("LEDGER_PASSWORD", "").strip()
        if config.ledger_password_file:
            path = config.resolve(config.ledger_password_file)
            given = path.read_text(encoding="utf-8").strip()
        return PostgresLedger(url, Secret(given) if given else None)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            "The ledger's database cannot be used.", (f"{config.path}: ledger: {reason}",), ""
        ) from None


LOG = "run.log"
"""What happens in a run, in its folder."""


def make_private(folder: Path) -> None:
    """Make ``folder`` and its parents if they are missing; only its owner may look into it.

    Raises:
        UsageError: when that is impossible.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):  # another's folder that we may write to
            folder.chmod(0o700)
    except OSError as error:
        raise UsageError(
            "The state's folder cannot be written.",
            f"{folder}: {error.strerror or error}",
            "Change its owner or mode, or name another folder by `state:`.",
        ) from None


def close_off(folder: Path) -> None:
    """Let only the owner read what lies in ``folder``."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            with contextlib.suppress(PermissionError, FileNotFoundError):
                path.chmod(0o700 if path.is_dir() else 0o600)


def sweep(config: Config, ledger: Ledger, now: datetime) -> list[str]:
    """Remove what dead runs left: their folders but for the log, the pulls they had not sealed, the
    scratch folders of their children and their proofs of life. The folder of a run that made an
    edition stays.

    Returns the ids of the runs that were found dead.
    """
    state = state_of(config)
    dead = [run.run_id for run in ledger.runs.bury(now)]
    needed = {edition.run_id for edition in ledger.editions()}
    for run_id in dead:
        if run_id not in needed:
            _leave_log(state / "runs" / run_id)
        pulled = state / "pulls" / run_id
        shutil.rmtree(pulled.with_name(f"{run_id}{PART}"), ignore_errors=True)
        if not (pulled / MANIFEST).exists():
            shutil.rmtree(pulled, ignore_errors=True)
    sweep_scratch()
    ledger.sweep()
    return dead


def _leave_log(folder: Path) -> None:
    """Remove all of a run's folder but its log, which says how far the run came."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOG:
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # it stays with its log, and goes without one
        folder.rmdir()
