"""Editions of many kinds in a folder with an index, to be judged in a browser.

    python scripts/gallery.py [DIR] [--only KIND ...]         DIR: demo/gallery

The kinds are those of gallery.yaml: what stands before the first hyphen of a subscription's name
says whose deployments it shows, the made-up company's of the embedded server ("company", and
"wrong" where the server states a wrong figure) or a history of gallery_histories.py.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import gallery_histories as histories
from ruamel.yaml import YAML

from insights_reports.server import import_file, running_server

_CONFIG = Path(__file__).with_name("gallery.yaml")
_ZONE = "Europe/Berlin"
_WRONG = "wrong"


def main() -> int:
    """Make every edition; the exit status of the first that could not be made."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", nargs="?", default="demo/gallery", metavar="DIR", type=Path)
    parser.add_argument("--only", nargs="+", metavar="KIND", help="these kinds alone")
    options = parser.parse_args()
    out = options.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        for kind, names in _kinds().items():
            if not options.only or kind in options.only:
                status = _make(kind, names, Path(scratch), out)
                if status:
                    return status
    print(f"Open {out / 'index.html'}")
    return 0


def _kinds() -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for name in YAML(typ="safe").load(_CONFIG.read_text(encoding="utf-8"))["subscriptions"]:
        kinds.setdefault(name.partition("-")[0], []).append(name)
    return kinds


def _make(kind: str, names: list[str], scratch: Path, out: Path) -> int:
    data = scratch / f"{kind}.sqlite"
    if kind in histories.KINDS:
        table = scratch / f"{kind}.csv"
        histories.write(histories.draw(histories.KINDS[kind]), table)
        import_file(table, data, time_zone=_ZONE)
    config = scratch / "gallery.yaml"
    text = _CONFIG.read_text(encoding="utf-8").replace("GALLERY", json.dumps(str(out)))
    config.write_text(text, encoding="utf-8")
    faults = ["wrong-metric"] if kind == _WRONG else []
    with running_server(as_of=histories.AS_OF, data=data, data_faults=faults) as server:
        environment = os.environ | {"OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key}
        for name in names:
            status = _run(name, config, environment)
            if status > 1:  # 1: Octopus's figures differ, which is one of the kinds
                return status
    return 0


def _run(name: str, config: Path, environment: dict[str, str]) -> int:
    options = ["--config", str(config), "--as-of", histories.AS_OF.isoformat()]
    if name.endswith("-now"):  # the month that has just begun
        options += ["--period", f"{histories.AS_OF:%Y-%m}"]
    command = [sys.executable, "-m", "insights_reports", "run", name, *options]
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
    print(name, flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
