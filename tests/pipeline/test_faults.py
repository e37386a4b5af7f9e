"""What goes wrong at night: the right exit status, three lines, and no half-written file."""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from insights_reports.delivery import read_manifests
from insights_reports.octopus.wire import transport
from insights_reports.server import RunningServer
from tests.conftest import AS_OF, Command, Done
from tests.delivery.mail_servers import mail_server
from tests.pipeline.conftest import Configure
from tests.proxies import proxy

Run = Callable[..., Done]


def assert_clean_failure(done: Done, status: int, folder: Path, *words: str) -> None:
    assert done.status == status, done.err
    lines = done.err.strip().splitlines()
    assert len(lines) <= 3, done.err
    for word in words:
        assert word in done.err
    reports = folder / "reports"
    assert not reports.exists() or read_manifests(reports) == []
    assert list(folder.rglob("*.part")) == []
    assert "Traceback" not in done.err


class LoginPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = b"<!doctype html><title>Sign in</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client asks again at once instead of after 1, 2, 4 and 8 seconds."""
    hurried = SimpleNamespace(**vars(time))
    hurried.sleep = lambda seconds: None
    monkeypatch.setattr(transport, "time", hurried)


def test_a_wrong_key(configure: Configure, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configure()
    monkeypatch.setenv("OCTOPUS_API_KEY", "API-CANARYCANARYCANARY")
    done = run(config)
    assert_clean_failure(done, 3, config.parent, "not valid", "API key")
    assert "CANARY" not in done.err


@pytest.mark.usefixtures("without_waits")
def test_an_unreachable_server(configure: Configure, run: Run) -> None:
    config = configure()
    done = run(config, "--url", "http://127.0.0.1:9")
    assert_clean_failure(done, 3, config.parent, "127.0.0.1:9")


def test_a_login_page_instead_of_json(configure: Configure, run: Run) -> None:
    config = configure()
    with ThreadingHTTPServer(("127.0.0.1", 0), LoginPage) as page:
        threading.Thread(target=page.serve_forever, daemon=True).start()
        done = run(config, "--url", f"http://127.0.0.1:{page.server_port}")
        page.shutdown()
    assert_clean_failure(done, 3, config.parent, "login page")


@pytest.mark.usefixtures("without_waits")
def test_a_reply_cut_short(configure: Configure, run: Run, server: RunningServer) -> None:
    config = configure()

    def cut(path: str, body: bytes) -> bytes:
        return body[: len(body) // 2] if path.endswith("/deployments") else body

    with proxy(server, cut, state_length=False) as url:
        done = run(config, "--url", url)
    assert_clean_failure(done, 3, config.parent, "/deployments")


@pytest.mark.slow
def test_a_refused_mail(configure: Configure, run: Run, command: Command) -> None:
    """The folder has the edition, the refused recipient is named, the other got the mail. The
    refusal stands until the mail is owed again; then the next run sends it, and it alone."""
    with mail_server() as postbox:
        postbox.faults["rcpt"] = ["550 5.1.1 no such user"]
        config = configure(mail_port=postbox.port)
        done = run(config)
        assert done.status == 5
        assert "refused" in done.out
        assert "550 5.1.1" in done.out
        assert len(postbox.received) == 1
        assert run(config).status == 5
        again = command("deliveries", "--config", config, "--again", "a@example.com")
        assert (again.status, again.out.count("planned")) == (0, 1)
        assert "monthly 2026-09 r1 -> board a@example.com: owed again" in again.err
        assert run(config).status == 0
        assert [to for to, _ in postbox.received] == ["b@example.com", "a@example.com"]
        for who in ("a@example.com", "board", "nobody@example.com"):
            none = command("deliveries", "--config", config, "--again", who)
            assert none.status == 2
            assert f"--again {who}" in none.err
    assert len(read_manifests(config.parent / "reports")) == 1


@pytest.mark.slow
def test_no_mail_server(configure: Configure, run: Run) -> None:
    """Nothing listens: the mails stay owed, and the next run sends them."""
    with mail_server() as postbox:
        free = postbox.port
    config = configure(mail_port=free)
    assert run(config).status == 5
    with mail_server() as postbox:
        assert run(configure(mail_port=postbox.port)).status == 0
        assert len(postbox.received) == 2


@pytest.mark.slow
def test_a_mail_template_that_eats_memory(configure: Configure, run: Run, tmp_path: Path) -> None:
    """It costs no more than it may, once for all recipients; the template is named, and no mail
    goes out. Once mended, the next run sends what is owed."""
    eater = tmp_path / "own" / "mail.html.j2"
    eater.parent.mkdir()
    eater.write_text("<p>\n{% for a in range(9999) %}{{ 'x' * 9999999 }}{% endfor %}")
    with mail_server() as postbox:
        config = configure(mail_port=postbox.port, more={"templates": "own"})
        done = run(config)
        assert (done.status, postbox.received) == (5, [])
        assert done.out.count("mail.html.j2") == 2  # once for each recipient
        assert "not enough memory" in done.out or "more than 2048 MB of memory" in done.out
        eater.unlink()
        assert run(config).status == 0
        assert len(postbox.received) == 2


@pytest.mark.parametrize("kilobytes", [40, 330])
def test_a_full_disk(configure: Configure, server: RunningServer, kilobytes: int) -> None:
    """A limit on the size of files breaks off writing wherever the run has got to."""
    config = configure(formats=["html", "xlsx"])
    limit = kilobytes * 1000

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    environment = {**os.environ, "OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key}
    command = [sys.executable, "-m", "insights_reports", "run", "monthly", "--config", str(config)]
    ended = subprocess.run(
        [*command, "--as-of", AS_OF.isoformat()],
        env=environment,
        preexec_fn=bound,
        capture_output=True,
        text=True,
    )
    done = Done(ended.returncode, ended.stdout, ended.stderr)
    assert_clean_failure(done, 3, config.parent, "File too large", "free space")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder for temporary files that takes 64 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no mounting")
    yield folder
    subprocess.run(["umount", str(folder)], check=True, timeout=30)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("format", "what"),
    [
        ("xlsx", "The workbook cannot be written."),
        ("pdf", "The PDF could not be rendered."),
    ],
)
def test_a_full_folder_for_temporary_files(
    configure: Configure, server: RunningServer, small: Path, format: str, what: str
) -> None:
    """Nothing but rendering needs it: what was read from Octopus waits beside its pull."""
    config = configure(formats=[format])
    environment = {**os.environ, "OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key}
    command = [sys.executable, "-m", "insights_reports", "run", "monthly", "--config", str(config)]
    ended = subprocess.run(
        [*command, "--as-of", AS_OF.isoformat()],
        env={**environment, "TMPDIR": str(small)},
        capture_output=True,
        text=True,
    )
    done = Done(ended.returncode, ended.stdout, ended.stderr)
    said = (what, f"{small}: No space left on device", "set TMPDIR to another folder")
    assert_clean_failure(done, 4, config.parent, *said)
    assert list(small.iterdir()) == []


@pytest.mark.slow
def test_a_state_that_may_only_be_read(configure: Configure, run: Run, command: Command) -> None:
    """Every command that would write says so and ends with 2; what only reads the history reads."""
    config = configure()
    assert run(config).status == 0
    state = str(config.parent / "state")
    bind = ["mount", "--bind", state, state]
    if os.geteuid() or subprocess.run(bind, capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no mounting")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", state], check=True, timeout=30)
        edition = "monthly/2026-09"
        for words in (
            ("run", "monthly", f"--as-of={AS_OF.isoformat()}"),
            ("status",),
            ("editions",),
            ("deliveries", "--again", "archive"),
            ("prune", "--keep", "1d"),
            ("history", "repair"),
            ("ledger", "rebuild"),
            ("rerun", edition, "--as-sealed"),
            ("release", edition, "--by", "me"),
        ):
            done = command(*words, "--config", config)
            assert (done.status, len(done.err.splitlines())) == (2, 3), (words, done.err)
            assert f"{state}" in done.err
            assert "Read-only file system" in done.err
        assert command("history", "verify", "--config", config).status == 0
    finally:
        subprocess.run(["umount", state], check=True, timeout=30)
    assert run(config).status == 0
