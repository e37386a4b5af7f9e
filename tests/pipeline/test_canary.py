"""The key is in nothing that a failing run leaves behind: no output, log, database or file."""

import gzip
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from insights_reports.server import RunningServer
from tests.conftest import AS_OF
from tests.delivery.mail_servers import mail_server
from tests.pipeline.conftest import REPORT, Configure
from tests.proxies import proxy

LOUD = (
    "import logging, sys; logging.basicConfig(level=logging.DEBUG, filename=sys.argv.pop(1));"
    "from insights_reports.cli import main; sys.exit(main(sys.argv[1:]))"
)


def run(config: Path, url: str, key: str) -> "subprocess.CompletedProcess[bytes]":
    """``run monthly`` in a process of its own that logs everything, and whose home, state and
    temporary files are all beside the configuration."""
    home = config.parent
    places = {name: str(home) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "PREFECT_HOME")}
    command = [sys.executable, "-c", LOUD, str(home / "debug.log"), "run", "monthly"]
    return subprocess.run(
        [*command, f"--config={config}", f"--as-of={AS_OF.isoformat()}"],
        env=os.environ | places | {"OCTOPUS_URL": url, "OCTOPUS_API_KEY": key},
        capture_output=True,
        timeout=300,
        check=False,
    )


def contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder, as it is and unpacked."""
    for path in (path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        yield path, content
        if content.startswith(b"\x1f\x8b"):
            yield path, gzip.decompress(content)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield path / name, archive.read(name)


@pytest.mark.slow
def test_the_key_is_in_nothing_that_failing_runs_leave(
    configure: Configure, server: RunningServer
) -> None:
    """One run fails in the middle of the pull, with an Octopus that repeats the key; one fails when
    everything is made and the mail is refused."""
    key = server.api_key

    def repeats(path: str, body: bytes) -> bytes:
        return b'{"ErrorMessage": "%s"}' % key.encode() if "/metrics" in path else body

    with mail_server() as postbox, proxy(server, repeats) as url:
        config = configure(mail_port=postbox.port, formats=["html", "xlsx"])
        cut_off = run(config, url, key)
        postbox.faults["rcpt"] = ["550 5.1.1 no such user"] * 2
        refused = run(config, server.url, key)
    assert (cut_off.returncode, refused.returncode) == (3, 5), cut_off.stderr + refused.stderr
    said = [cut_off.stdout, cut_off.stderr, refused.stdout, refused.stderr]
    assert not [text for text in said if key.encode() in text]
    found = list(contents(config.parent))
    assert not [path for path, content in found if key.encode() in content]
    # The search would have found it: what the runs did leave is there.
    holding = {path.suffix for path, content in found if REPORT.encode() in content}
    assert {".html", ".xml", ".json"} <= holding
    log = (config.parent / "debug.log").read_text(encoding="utf-8")
    assert "/insights/reports/InsightsReports-1/metrics" in log
