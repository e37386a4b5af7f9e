"""``preview``: a real process, real requests, and a page that follows its templates."""

import http.client
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from insights_reports.server import RunningServer
from tests.conftest import AS_OF, Command
from tests.pipeline.conftest import Configure

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Previewed:
    port: int
    own: Path
    root: Path
    process: "subprocess.Popen[str]"

    def get(self, path: str, host: str = "") -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers={"Host": host or f"localhost:{self.port}"})
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()

    @contextmanager
    def asking(self, path: str) -> Iterator[socket.socket]:
        """A request whose answer nobody reads."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            request = f"GET {path} HTTP/1.0\r\nHost: localhost:{self.port}\r\n\r\n"
            connection.sendall(request.encode())
            yield connection

    def ask_and_leave(self, path: str) -> None:
        """As a tab that is closed before its answer comes."""
        with self.asking(path) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.fixture
def previewed(server: RunningServer, configure: Configure, tmp_path: Path) -> Iterator[Previewed]:
    """A running preview, with a logo, and own templates in which there is nothing yet."""
    config = configure(formats=["html"])
    own = tmp_path / "own"
    (own / "report").mkdir(parents=True)
    Image.new("RGB", (60, 30), "#0b5c73").save(tmp_path / "logo.png")
    more = '{"templates": "own", "company": {"logo": "logo.png"}, '
    config.write_text(config.read_text().replace("{", more, 1))
    arguments = ["preview", "monthly", "--config", str(config), "--port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "insights_reports", *arguments, "--as-of", AS_OF.isoformat()],
        env=os.environ | {"OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts the tests in the background has them ignore Ctrl-C, and all below.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(r"Preview of monthly 2026-09: http://127\.0\.0\.1:(\d+)/", line.strip())
    assert found, process.communicate()
    yield Previewed(int(found[1]), own, tmp_path, process)
    process.kill()
    process.communicate()


def test_an_edition_is_shown_and_follows_its_templates(previewed: Previewed) -> None:
    status, headers, frame = previewed.get("/")
    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert b'src="/summary.html"' in frame
    assert b'href="/project.pdf"' in frame

    status, _, page = previewed.get("/summary.html")
    assert status == 200
    assert b"/changed" not in page  # the edition itself has no script of the preview's
    assert previewed.get("/summary.pdf")[2].startswith(b"%PDF-")
    assert b"data:image/png;base64," in previewed.get("/mail.html")[2]
    assert previewed.get("/../config")[0] == 404

    _, _, stamp = previewed.get("/changed")
    previewed.ask_and_leave(f"/changed?since={stamp.decode()}")
    waited: list[bytes] = []
    watcher = threading.Thread(
        target=lambda: waited.append(previewed.get(f"/changed?since={stamp.decode()}")[2])
    )
    watcher.start()
    time.sleep(0.5)
    assert waited == []  # nothing has changed, so there is no answer yet
    (previewed.own / "report" / "web.css").write_text("b{top:7px}", encoding="utf-8")
    watcher.join(60)
    assert waited not in ([], [stamp])
    assert b"b{top:7px}" in previewed.get("/summary.html")[2]

    (previewed.own / "report" / "web.html.j2").write_text("{{ policy }}\n{{ no_such_value }}")
    status, _, said = previewed.get("/summary.html")
    assert status == 500
    assert b"web.html.j2, line 2: UndefinedError" in said

    # A fault of any template is said, whichever page is open; and what `check` refuses.
    (previewed.own / "report" / "web.html.j2").unlink()
    (previewed.own / "mail.html.j2").write_text("{{ no_such_mail }}")
    assert previewed.get("/summary.html")[0] == 200
    assert b"mail.html.j2, line 1: UndefinedError" in previewed.get("/problems")[2]
    (previewed.own / "mail.html.j2").write_text("{% if %}")
    status, _, said = previewed.get("/summary.html")
    assert (status, b"mail.html.j2, line 1: Expected" in said) == (500, True)
    (previewed.own / "mail.html.j2").write_text("{% include 'eater.j2' %}")
    (previewed.own / "eater.j2").write_text(
        "\n{% for a in range(9999) %}{{ 'x' * 9999999 }}{% endfor %}"
    )
    status, _, said = previewed.get("/mail.html")
    assert status == 500
    assert b"mail.html.j2" in said  # which includes it: that it knows when memory is out, too
    assert b"there is not enough memory" in said or b"more than 1024 MB of memory" in said
    (previewed.own / "eater.j2").unlink()
    (previewed.own / "mail.html.j2").unlink()
    (previewed.own / "index.html.j2").write_text("{{ policy }}{{ groups[0][1][0].title }}")
    assert b"index.html.j2, line 1: UndefinedError" in previewed.get("/problems")[2]
    (previewed.own / "index.html.j2").unlink()
    assert b"monthly" in previewed.get("/index.html")[2]
    assert previewed.get("/problems")[2] == b""

    assert not (previewed.root / "reports").exists()  # nothing was delivered
    _, _, stamp = previewed.get("/changed")
    with previewed.asking(f"/changed?since={stamp.decode()}"):  # as an open tab does all the time
        time.sleep(0.5)
        previewed.process.send_signal(signal.SIGINT)
        assert previewed.process.wait(15) == 0
    assert previewed.process.stderr is not None
    assert "Traceback" not in previewed.process.stderr.read()


def test_a_page_of_another_site_gets_nothing(previewed: Previewed) -> None:
    for host in ("evil.example", f"evil.example:{previewed.port}", "localhost"):
        assert previewed.get("/summary.html", host)[0] == 421


def test_a_preview_shows_one_period(command: Command, configure: Configure) -> None:
    done = command("preview", "monthly", "--config", configure(), "--period=2026-07..2026-09")
    assert done.status == 2
    assert "A preview shows one edition." in done.err
