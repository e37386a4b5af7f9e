"""The child that lays out PDFs, and fills in what a company's own templates make of a document:
documents on standard input, files on standard output.

A request is one letter (P: a PDF, W: a web page, M: a mail's HTML, I: an index), the length of what
follows (8 bytes, big-endian), and as JSON what else the template is given, on one line, and what it
shows: a document, or the entries of an index. A reply is one letter (F: the file, E: an error, T: a
fault of a template, as JSON), the length and the file or the text. The child ends when its input
does. Started as
``python -m insights_reports.formats.pdf.worker MEMORY CPU [TEMPLATES]``: bytes of address space in
all, seconds of processor time for each document, the folder of the company's own templates.
"""

import gc
import json
import os
import struct
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO, Any

_LENGTH = struct.Struct(">Q")


def send(stream: IO[bytes], letter: bytes, content: bytes) -> None:
    """Write one message: its letter, its length, its content."""
    stream.write(letter + _LENGTH.pack(len(content)) + content)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """The next message without its letter; None at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    return content if len(content) == length else None


def main() -> None:
    """Lay out documents from standard input until it ends, within the limits of ``argv``: bytes of
    address space and seconds of processor."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not become part of a reply
    _end_with(os.getppid())
    _limit_memory(memory)
    _find_no_libraries()
    own = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    _serve(sys.stdin.buffer, replies, seconds, own)


def _end_with(parent: int) -> None:
    """End soon after the parent did: in the middle of a layout its end is not noticed else."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _find_no_libraries() -> None:
    """WeasyPrint tries the names that its libraries have on other systems first, for which Python
    asks gcc, ld and ldconfig in vain: a third of its start. The right names need no search."""
    if sys.platform == "linux":
        import ctypes.util

        ctypes.util.find_library = lambda name: None


def _serve(requests: IO[bytes], replies: IO[bytes], seconds: int, own: Path | None) -> None:
    from insights_reports.formats.html.templates import TemplateFault, Templates

    templates = Templates(own)
    makers: dict[bytes, Callable[..., bytes]] = {}
    while (letter := requests.read(1)) and (request := receive(requests)) is not None:
        if letter not in makers:
            makers[letter] = _maker(letter)
            gc.freeze()
        _limit_time(seconds)
        try:
            shown, given = _read(letter, request)
            send(replies, b"F", makers[letter](shown, **given, templates=templates))
        except MemoryError:
            send(replies, b"E", b"memory")
            return  # what is left of this process cannot be relied on
        except TemplateFault as error:
            parts = (error.what, error.which, error.remedy)
            send(replies, b"T", json.dumps(parts).encode())
        except BaseException as error:
            send(replies, b"E", f"{type(error).__name__}: {error}".encode()[:2000])


def _maker(letter: bytes) -> Callable[..., bytes]:
    """What makes the file; only a PDF needs what takes most of a second to import."""
    if letter == b"I":
        from insights_reports.formats.html import index

        return index.render
    if letter == b"M":
        from insights_reports.formats.mail import render as mail

        return mail.html_part
    if letter == b"W":
        from insights_reports.formats.html import render as web

        return web.render
    from insights_reports.formats.pdf.layout import layout

    return layout


def _read(letter: bytes, request: bytes) -> tuple[Any, dict[str, Any]]:
    """What is to be shown, and what else is given."""
    from insights_reports.edition.document import load
    from insights_reports.formats.html.index import load_entries

    line, _, shown = request.partition(b"\n")
    given = json.loads(line)
    if letter != b"I":
        return load(shown), given
    return load_entries(shown), given | {"generated": datetime.fromisoformat(given["generated"])}


def _limit_memory(memory: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: int) -> None:
    """Processor time from now on; a process that exceeds it is ended by the system."""
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        end = int(used.ru_utime + used.ru_stime) + seconds + 1
        resource.setrlimit(resource.RLIMIT_CPU, (end, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
