"""The seal of an edition: all that its files were made from, in one folder, the manifest last.

It holds the pull (raw replies, definition, look-ups), the older deployments from the history, the
effective configuration of the subscription with logo and templates, and says by which versions the
edition was made, as of when, and what the bytes of its files are (docs/stored-files.md).
"""

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from insights_reports import __version__
from insights_reports.assets import TEMPLATES
from insights_reports.config.model import Config
from insights_reports.config.slices import SEPARATOR
from insights_reports.edition.files import sha256_of
from insights_reports.edition.method import FORMULA_VERSION
from insights_reports.errors import PullError, keeping
from insights_reports.formats.html.templates import REPLACEABLE
from insights_reports.pipeline.data import data_paths
from insights_reports.pipeline.earlier import EARLIER
from insights_reports.pipeline.runs import Run
from insights_reports.whole import whole

FOLDER, MANIFEST, CONFIGURATION = "seal", "manifest.json", "configuration.json"
SCHEMA = 1
_OF_PULLS: dict[tuple[int, int, int, int], str] = {}
_LIBRARIES = (
    *("babel", "fonttools", "jinja2", "lxml", "numpy", "openpyxl", "pandas", "pikepdf", "pillow"),
    *("pyarrow", "pydyf", "resvg-py", "tinycss2", "tzdata", "weasyprint"),
)


def seal(run: Run, files: Sequence[Path]) -> None:
    """Seal the run's edition, whose ``files`` are rendered.

    Raises:
        PullError: when the disk does not take it.
    """
    folder = run.folder / FOLDER
    with keeping(folder):
        shutil.rmtree(folder, ignore_errors=True)  # of an attempt that died
        folder.mkdir()
        for source, name in _sources(run):
            _link(source, folder / name)
        text = json.dumps(_configuration(run), indent=1, ensure_ascii=False)
        (folder / CONFIGURATION).write_text(text + "\n", encoding="utf-8")
        said = {
            **_about(run),
            "inputs": _hashes(folder, _of_pull_once),
            "files": _hashes_of([*files, *data_paths(run)]),
        }
        _write_last(folder / MANIFEST, said)


def unseal(folder: Path) -> dict[str, Any]:
    """What the manifest of the seal in ``folder`` says; every file in it was looked at.

    Raises:
        PullError: when there is none, or a file is missing or was altered.
    """
    try:
        said: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        expected, schema = said["inputs"], said["schema"]
    except FileNotFoundError:
        raise PullError(
            "The edition has no seal.",
            str(folder),
            "It was pruned, or made by an older version: `rerun --restate` makes today's view.",
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _altered(folder / MANIFEST, f"{type(error).__name__}: {error}") from None
    if schema > SCHEMA:
        remedy = "Upgrade Insights Reports."
        raise PullError("The seal is of a newer version.", f"{folder}: schema {schema}", remedy)
    found = _hashes(folder)
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise _altered(folder / name, "missing" if name not in found else "not what was sealed")
    return said


def how_to_make_anew(name: str, run: Path) -> str:
    """What helps when files of the edition ``name`` are gone from the folder of its ``run``."""
    how = "as-sealed" if (run / FOLDER / MANIFEST).is_file() else "restate"
    return (
        f"`insights-reports editions show {name}` says where it was delivered; "
        f"`rerun {name} --{how}` makes it anew."
    )


def versions() -> dict[str, str]:
    """What the bytes of an edition depend on besides its inputs."""
    return {
        "insights-reports": __version__,
        "formulas": FORMULA_VERSION,
        "templates, languages and fonts": _digest_of(TEMPLATES),
        "code": _digest_of(Path(__file__).parent.parent),
        "python": platform.python_version(),
        **{name: _version(name) for name in _LIBRARIES},
    }


def _sources(run: Run) -> Iterator[tuple[Path, str]]:
    """What goes into the seal as it is, and its name there."""
    for path in sorted(run.pull_folder.iterdir()):
        if path.is_file():  # the columns beside the replies can be made again
            yield path, f"pull/{path.name}"
    yield run.folder / "older.parquet", "older.parquet"
    yield run.folder / EARLIER, EARLIER
    for path in sorted(run.documents.iterdir()):
        yield path, f"documents/{path.name}"
    config = run.config
    if config.company.logo:
        yield config.resolve(config.company.logo), _logo(config)
    if config.templates:
        own = config.resolve(config.templates)
        yield from ((own / n, f"templates/{n}") for n in REPLACEABLE if (own / n).is_file())


def _logo(config: Config) -> str:
    return f"logo{config.company.logo.suffix}" if config.company.logo else ""


def _configuration(run: Run) -> dict[str, Any]:
    """The effective configuration, as far as it has a say in the files: no server, no secrets'
    names, no recipients."""
    said = run.config.model_dump(mode="json", include={"company", "custom_bands"})
    subscription = run.subscription.model_dump(mode="json", exclude={"deliver_to"})
    if run.config.company.logo:
        said["company"]["logo"] = _logo(run.config)
    if run.config.templates:
        said["templates"] = "templates"
    if run.slice is not None:  # the others, and who receives it, are not its readers' business
        subscription["slices"]["recipients"] = {run.slice: []}
        del subscription["slices"]["recipients_file"]
    said["subscriptions"] = {run.subscription_name.partition(SEPARATOR)[0]: subscription}
    return said


def _about(run: Run) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "edition": run.about.to_json(),
        "asOf": run.as_of.astimezone(UTC).isoformat(),
        "generatedByRun": run.generated.astimezone(UTC).isoformat(),
        "trigger": run.trigger,
        "versions": versions(),
    }


def _link(source: Path, target: Path) -> None:
    """Pulls and documents never change once they are written: another name for them is enough.
    The user's own files are copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.parts[-2] in ("pull", "documents"):
        try:
            os.link(source, target)
        except OSError:  # another disk, or a file system without hard links
            pass
        else:
            return
    shutil.copyfile(source, target)


def _hashes(folder: Path, digest: Callable[[Path], str] = sha256_of) -> dict[str, str]:
    """The SHA-256 of every file but the manifest, by its path below ``folder``."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / MANIFEST)
    return {path.relative_to(folder).as_posix(): digest(path) for path in paths}


def _of_pull_once(path: Path) -> str:
    """The SHA-256 of a file; of a pull's, which all slices link to, it is reckoned once."""
    if path.parent.name != "pull":
        return sha256_of(path)
    about = path.stat()
    key = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)
    if key not in _OF_PULLS:
        _OF_PULLS[key] = sha256_of(path)
    return _OF_PULLS[key]


def _hashes_of(files: Sequence[Path]) -> dict[str, str]:
    return {path.name: sha256_of(path) for path in files}


def _write_last(path: Path, said: dict[str, Any]) -> None:
    text = json.dumps(said, indent=1, ensure_ascii=False) + "\n"
    with whole(path, durable=True) as part:
        part.write_text(text, encoding="utf-8")


@cache
def _digest_of(folder: Path) -> str:
    """One hash over the files of a folder, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)  # in a wheel the templates themselves lie in ``_shipped``
        if path.is_file() and not {"__pycache__", "_shipped"} & set(name.parts):
            digest.update(f"{name.as_posix()} {sha256_of(path)}\n".encode())
    return digest.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _altered(path: Path, detail: str) -> PullError:
    return PullError(
        "The seal of an edition was altered, or the disk is failing.",
        f"{path}: {detail}",
        "Restore it from a copy; `rerun --restate` makes today's view.",
    )


def sealed_at(said: dict[str, Any], name: str) -> datetime:
    """An instant that a manifest states."""
    return datetime.fromisoformat(said[name])
