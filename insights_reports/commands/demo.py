"""``demo``: the whole pipeline on this machine, with nothing else needed.

The embedded server and a local mail server are real and are spoken to over sockets; the pipeline is
the Prefect flow that production runs.
"""

import argparse
import json
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from insights_reports.commands.common import (
    as_of,
    checked,
    config_text,
    print_json,
    print_table,
    size,
)
from insights_reports.delivery import Ledger
from insights_reports.delivery.mail.local_server import LocalMailServer, local_mail_server
from insights_reports.edition.about import About
from insights_reports.pipeline.progress import Progress, clear_line, terminal_progress
from insights_reports.pipeline.runs import check_out
from insights_reports.scheduling.flows import load_flows, load_prefect
from insights_reports.scheduling.served import Served
from insights_reports.server import RunningServer, running_server
from insights_reports.whole import whole

SUBSCRIPTION = "board-monthly"
REPORT = "Nordlicht delivery performance"
_MADE = ".insights-reports-demo.json"
"""In the demo's folder: the day as of which its company was made up."""
_IDLE_SERVICES = (
    "SCHEDULER",
    "LATE_RUNS",
    "FOREMAN",
    "CANCELLATION_CLEANUP",
    "PAUSE_EXPIRATIONS",
    "TRIGGERS",
    "REPOSSESSOR",
    "DB_VACUUM",
)


def main(options: argparse.Namespace) -> int:
    """Make the last month's edition of a made-up company; 0 only if all was made and agrees.

    The company is another one each day, so that what a demo of another day left is removed first.
    """
    begun = time.perf_counter()
    out = Path(options.out).resolve()
    check_out(out)
    # A whole day, so that a second demo on the same day finds the same data.
    now = as_of(options) if options.as_of else _midnight()
    _begin_anew(out, now)
    progress = terminal_progress("demo")
    with ExitStack() as stack, ThreadPoolExecutor(1) as beside:
        progress("starting the embedded server and Prefect")
        starting = beside.submit(lambda: stack.enter_context(running_server(as_of=now)))
        mail = stack.enter_context(local_mail_server(out / "mail"))
        _load_prefect(out)
        server = starting.result()
        ready = time.perf_counter() - begun
        result = _run(_write_config(out, server, mail), server, now, progress)
    clear_line()
    if options.json:
        print_json(_json(out, result, mail.received))
        return int(result["exit_status"])
    _print(out, result, mail.received)
    stages = _stages(out, str(result["run"]))
    whole = time.perf_counter() - begun
    _print_times(ready, stages, whole)
    _print_next(out)
    return int(result["exit_status"])


def _midnight() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _begin_anew(out: Path, now: datetime) -> None:
    """Otherwise a history of one company would be continued by that of another."""
    mark = out / _MADE
    before = _day_of(mark)
    if before not in (None, now.isoformat()):
        print(f"The demo as of {before[:10]} is removed from {_short(out)}.", file=sys.stderr)
        for name in ("mail", "reports", "state"):
            shutil.rmtree(out / name, ignore_errors=True)
    with whole(mark) as part:
        part.write_text(json.dumps({"asOf": now.isoformat()}) + "\n", encoding="utf-8")


def _day_of(mark: Path) -> str | None:
    """The day that a demo has written there; None where none has."""
    try:
        return str(json.loads(mark.read_text(encoding="utf-8"))["asOf"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _load_prefect(out: Path) -> None:
    """A Prefect of the demo's own that says nothing on the terminal and leaves out the services
    that only schedules need, which takes seconds off its start."""
    services = {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _IDLE_SERVICES}
    load_prefect(
        PREFECT_HOME=str(out / "prefect"),
        PREFECT_LOGGING_LEVEL="CRITICAL",
        PREFECT_SERVER_LOGGING_LEVEL="CRITICAL",
        PREFECT_SERVER_UI_ENABLED="false",
        **services,
    )


def _write_config(out: Path, server: RunningServer, mail: LocalMailServer) -> Path:
    path = out / "insights-reports.yaml"
    values = {"url": server.url, "port": mail.port, "report": REPORT}
    path.write_text(config_text("demo.yaml.j2", values), encoding="utf-8")
    return path


def _run(config: Path, server: RunningServer, now: datetime, progress: Progress) -> dict[str, Any]:
    os.environ |= {"OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key}
    flows = load_flows(Served(config, as_of=now, trigger="demo"))
    progress("the Prefect flow: pull, recompute, cross-check, render, deliver")
    result: dict[str, Any] = flows.make_edition({"subscription": SUBSCRIPTION})
    return result


def _json(out: Path, result: dict[str, Any], mails: list[Path]) -> dict[str, Any]:
    about = About.model_validate(result)
    return {
        "subscription": SUBSCRIPTION,
        "period": about.period,
        "revision": about.revision,
        "status": about.status,
        "verdict": about.verdict,
        "figures": about.figures,
        "agrees": about.agrees,
        "config": str(out / "insights-reports.yaml"),
        "index": str(out / "reports" / "index.html"),
        "files": [str(_published(out, about, Path(name))) for name in result["files"]],
        "mails": [str(path) for path in mails],
        "exitStatus": result["exit_status"],
    }


def _published(out: Path, about: About, file: Path) -> Path:
    folder = out / "reports" / SUBSCRIPTION / about.period.lower() / f"r{about.revision}"
    return folder / file.name


def _print(out: Path, result: dict[str, Any], mails: list[Path]) -> None:
    about = About.model_validate(result)
    print(
        f"{SUBSCRIPTION} {about.period}, revision {about.revision} ({about.status}): "
        f"{checked(about)}."
    )
    files = [(_published(out, about, Path(name)), about.verdict) for name in result["files"]]
    files += [(path, "mail") for path in mails]
    rows = [[str(_short(path)), size(path.stat().st_size), said] for path, said in files]
    rows.append([str(_short(out / "reports" / "index.html")), "", "all editions"])
    print_table(["FILE", "SIZE", "CROSS-CHECK"], rows, right="lrl")
    if not mails:
        print("This edition had been mailed already, so nothing was sent again.")


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _stages(out: Path, run: str) -> dict[str, float]:
    """The seconds per stage as the run's record in the ledger has them."""
    with Ledger(out / "state" / "ledger.sqlite") as ledger:
        (record,) = [found for found in ledger.runs.latest(SUBSCRIPTION) if found.run_id == run]
    return dict(record.stages)


def _print_times(ready: float, stages: dict[str, float], whole: float) -> None:
    rest = whole - ready - sum(stages.values())
    parts = {"start": ready, **stages, "prefect": rest}
    shown = ", ".join(f"{name} {seconds:.1f}" for name, seconds in parts.items())
    print(f"{whole:.1f} s in all: {shown}.")


def _print_next(out: Path) -> None:
    config = _short(out / "insights-reports.yaml")
    print("Try next:")
    for command, purpose in (
        (f"insights-reports deliveries --config {config}", "what was sent to whom"),
        ("insights-reports server", "the embedded server, to explore"),
        ("insights-reports init", "a configuration for your own Octopus"),
    ):
        print(f"  {command:60} {purpose}")
