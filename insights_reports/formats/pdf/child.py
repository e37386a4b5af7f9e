"""A child process that lays out PDFs and fills in own templates, seen from its parent."""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import to_json

from insights_reports.formats.html.templates import SHIPPED, TemplateFault, Templates
from insights_reports.formats.pdf.worker import receive, send
from insights_reports.scratch import Scratch

# What the child needs of the environment: neither credentials nor proxies.
_ENVIRONMENT = (
    *("PATH", "HOME", "LANG", "LC_ALL", "XDG_CACHE_HOME", "SYSTEMROOT"),
    *("FONTCONFIG_FILE", "FONTCONFIG_PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
)
# How libraries put it that no memory, or no room for a thread's stack, was left.
_NO_MEMORY = re.compile(r"memory|creating thread|allocat|failed to map", re.IGNORECASE)
_KILLED, _TOO_LONG = -9, -24  # by SIGKILL, by SIGXCPU; not every system has names for them
_CRASHED = (-6, -11)  # by SIGABRT, by SIGSEGV


Kind = Literal["pdf", "web", "mail", "index"]
"""What is made: a document's PDF, web page or mail (its HTML), or the index of a folder."""
_LETTERS: dict[Kind, bytes] = {"pdf": b"P", "web": b"W", "mail": b"M", "index": b"I"}


@dataclass(frozen=True)
class ProcessLimits:
    """What one document may cost: bytes of address space, seconds of processor and of wall time."""

    memory: int = 2 * 1024**3
    cpu: int = 120
    wall: float = 300.0


OF_A_PAGE = ProcessLimits(memory=1024**3, cpu=20, wall=120.0)
"""What a page may cost while somebody waits for it; the machine may have more to do."""


class Failed(Exception):
    """The child could not do it. ``limit`` tells whether it ran into one, ``alive`` whether it can
    go on with another document, ``killed`` whether somebody else ended it."""

    def __init__(
        self,
        problem: str = "",
        *,
        limit: bool = False,
        alive: bool = False,
        killed: bool = False,
    ) -> None:
        super().__init__(problem)
        self.limit = limit
        self.alive = alive
        self.killed = killed


class Child:
    """A running child; it waits for documents until it is stopped."""

    def __init__(self, limits: ProcessLimits, templates: Templates = SHIPPED) -> None:
        self._limits = limits
        # WeasyPrint unpacks fonts into a folder that it leaves behind when it is killed.
        self._scratch = Scratch()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child lives
        self._late = threading.Event()
        command = [sys.executable, "-m", "insights_reports.formats.pdf.worker"]
        own = [str(templates.own)] if templates.own else []
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter and our own module
            [*command, str(limits.memory), str(limits.cpu), *own],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_environment() | {"TMPDIR": self._scratch.name},
        )

    def render(self, shown: bytes, kind: Kind = "pdf", **given: Any) -> bytes:
        """The file of a document, or of the entries of an index, given as JSON.

        Raises:
            Failed: when there is none.
            TemplateFault: when one of the company's own templates is at fault.
        """
        letter, content = self._ask(_LETTERS[kind], to_json(given) + b"\n" + shown)
        if letter == b"F":
            return content
        if letter == b"T":
            raise TemplateFault(*json.loads(content))
        if letter == b"E" and content == b"memory":
            raise self._exceeded("memory")
        if letter == b"E":
            raise Failed(content.decode(errors="replace"), alive=True)
        raise self._ended()

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._log.close()
        self._scratch.cleanup()

    def _ask(self, kind: bytes, request: bytes) -> tuple[bytes, bytes]:
        """The letter and the content of the reply; no letter when the child ended without one."""
        requests, replies = self._process.stdin, self._process.stdout
        if requests is None or replies is None:
            return b"", b""
        timer = threading.Timer(self._limits.wall, self._give_up)
        timer.start()
        try:
            send(requests, kind, request)
            letter = replies.read(1)
            content = receive(replies)
        except OSError:  # the child is gone
            return b"", b""
        finally:
            timer.cancel()
        return (letter, content) if content is not None else (b"", b"")

    def _give_up(self) -> None:
        self._late.set()
        self._process.kill()

    def _ended(self) -> Failed:
        status = self._process.wait()
        if self._late.is_set():
            return self._exceeded("time")
        if status == _TOO_LONG:
            return self._exceeded("cpu")
        if status == _KILLED:
            words = "the system ended the renderer, perhaps for want of memory"
            return Failed(words, limit=True, killed=True)
        self._log.seek(0)
        words = self._log.read().decode(errors="replace").strip()
        if _NO_MEMORY.search(words):
            return self._exceeded("memory")
        if status in _CRASHED:  # what a library of C does when it is refused memory
            most = self._limits.memory // 1024**2
            problem = f"the renderer crashed, perhaps for want of more than {most} MB of memory"
            return Failed(problem, limit=True)
        return Failed(_last(words) or f"it ended with status {status}")

    def _exceeded(self, limit: str) -> Failed:
        words = {
            "memory": f"more than {self._limits.memory // 1024**2} MB of memory",
            "cpu": f"more than {self._limits.cpu} s of processor time",
            "time": f"more than {self._limits.wall:g} s",
        }
        return Failed(words[limit], limit=True)


def _last(words: str) -> str:
    """The line that says what ended it: an error's, also where a library printed more after it."""
    lines = [line for line in words.splitlines() if line.strip("- ")]
    errors = [line for line in lines if re.match(r"[A-Za-z_.]*(Error|Exception)\b", line)]
    return [*lines, *errors][-1] if lines else ""


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    path = os.pathsep.join(path for path in sys.path if path)
    # OpenBLAS, of which a layout has no use, would start threads, and interrupt the child where it
    # has no memory for them.
    kept["OPENBLAS_NUM_THREADS"] = "1"
    # fontTools dates the fonts that it writes (emoji, variable ones) by it, else by the clock.
    return kept | {"PYTHONPATH": path, "SOURCE_DATE_EPOCH": "0"}
