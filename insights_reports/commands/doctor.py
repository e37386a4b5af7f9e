"""``doctor``: what this installation consists of, and whether it can do what it is for."""

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from insights_reports import __version__
from insights_reports.assets import ROOT, TEMPLATES
from insights_reports.commands.common import print_json
from insights_reports.config.file import find_config, load_config
from insights_reports.errors import InsightsReportsError
from insights_reports.formats.pdf.libraries import missing_libraries
from insights_reports.pipeline.state import state_of

_LIBRARIES = ("prefect", "pandas", "pyarrow", "numpy", "weasyprint", "openpyxl", "pikepdf")
_ROOM = 1_000_000_000  # bytes


@dataclass(frozen=True)
class Sign:
    """One thing looked at. ``remedy`` is "" when all is well."""

    what: str
    detail: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        return not self.remedy


def main(options: argparse.Namespace) -> int:
    """Print each sign; 0 when all are well, else 1."""
    signs = list(_signs(options.config))
    if options.json:
        print_json(
            {"ok": all(s.ok for s in signs), "signs": [asdict(s) | {"ok": s.ok} for s in signs]}
        )
    else:
        for sign in signs:
            print(f"{'ok   ' if sign.ok else 'FAIL '} {sign.what}: {sign.detail}")
            for line in sign.remedy.splitlines():
                print(f"      {line}")
    return 0 if all(sign.ok for sign in signs) else 1


def _signs(config: str | None) -> Iterator[Sign]:
    yield Sign("insights-reports", f"{__version__} in {ROOT}")
    yield Sign("python", f"{platform.python_version()} ({sys.executable})")
    yield Sign("system", platform.platform())
    yield Sign("libraries", ", ".join(f"{name} {version(name)}" for name in _LIBRARIES))
    yield _extras()
    yield _pdf()
    yield _fonts()
    yield _zones()
    yield _scratch()
    yield from _state(config)


def _extras() -> Sign:
    """Which of the optional parts are installed."""
    wanted: dict[str, list[str]] = {}
    for line in requires("insights-reports") or []:
        package, marker, extra = line.partition("extra == ")
        if marker:
            name = package.partition(";")[0].strip()
            wanted.setdefault(extra.strip("'\" "), []).append(_bare(name))
    there = [extra for extra, names in wanted.items() if all(map(_installed, names))]
    lacking = [extra for extra in wanted if extra not in there]
    return Sign(
        "extras", f"{', '.join(there) or 'none'}; not installed: {', '.join(lacking) or 'none'}"
    )


def _bare(requirement: str) -> str:
    return next((requirement[:i] for i, c in enumerate(requirement) if c in "[<>=!~ "), requirement)


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def _pdf() -> Sign:
    """WeasyPrint's libraries of the system, loaded as it loads them."""
    lacking = missing_libraries()
    if lacking is None:
        return Sign("PDF", "Pango and its companions can be loaded")
    return Sign("PDF", lacking.which, lacking.remedy)


def _fonts() -> Sign:
    faces = len(list((TEMPLATES / "fonts").glob("*.ttf")))
    if not faces:
        return Sign("fonts", f"none in {TEMPLATES / 'fonts'}", "Install insights-reports again.")
    return Sign("fonts", f"{faces} faces of its own in {TEMPLATES / 'fonts'}")


def _zones() -> Sign:
    """The database of time zones, which schedules and reports need."""
    count = len(available_timezones())
    try:
        ZoneInfo("Europe/Vilnius")
    except KeyError:
        return Sign("time zones", f"{count} known", "Install the package tzdata.")
    return Sign("time zones", f"{count} known, tzdata {version('tzdata')}")


def _scratch() -> Sign:
    folder = tempfile.gettempdir()
    return _writable("temporary folder", Path(folder), "Set TMPDIR to a folder with room.")


def _state(given: str | None) -> Iterator[Sign]:
    """The rights of what a configuration names, if there is one."""
    try:
        state = state_of(load_config(find_config(given)))
    except InsightsReportsError as error:
        remedy = "" if given is None and "Looked for" in error.which else error.remedy
        yield Sign("configuration", f"{error.what} {error.which}", remedy)
        return
    place = next(each for each in (state, *state.parents) if each.exists())
    yield _writable("state", place, "Change its owner or mode, or name another by `state:`.")
    if state.is_dir() and state.stat().st_mode & 0o077:
        mode = f"{state} is {state.stat().st_mode & 0o777:o}"
        yield Sign("rights of the state", mode, f"It holds customers' data: chmod 700 {state}")


def _writable(what: str, folder: Path, remedy: str) -> Sign:
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return Sign(what, f"{folder} cannot be written", remedy)
    free = shutil.disk_usage(folder).free
    detail = f"{folder}, {free / 1_000_000_000:.1f} GB free"
    return Sign(what, detail, "" if free >= _ROOM else f"Less than 1 GB is free. {remedy}")
