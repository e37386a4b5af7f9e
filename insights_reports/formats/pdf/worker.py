"""The child that lays out PDFs, and fills in what a company's own templates make of a document:
documents on standard input, files on standard output.

A request is one letter (P: as a PDF, W: as a web page, M: as a mail), the length of the JSON (8
bytes, big-endian) and the JSON; a reply is one letter (F: the file, E: an error, T: a fault of a
template, as JSON), the length and the file or the text. The child
ends when its input does. Started as
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
from pathlib import Path
from typing import IO

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
    from insights_reports.edition.document import load
    from insights_reports.formats.html.render import render as web
    from insights_reports.formats.html.templates import TemplateFault, Templates
    from insights_reports.formats.mail.render import page as mail
    from insights_reports.formats.pdf.layout import layout

    templates = Templates(own)
    makes = {b"P": layout, b"W": web, b"M": mail}
    gc.freeze()
    while (letter := requests.read(1)) and (request := receive(requests)) is not None:
        _limit_time(seconds)
        try:
            send(replies, b"F", makes[letter](load(request), templates))
        except MemoryError:
            send(replies, b"E", b"memory")
            return  # what is left of this process cannot be relied on
        except TemplateFault as error:
            parts = (error.what, error.which, error.remedy)
            send(replies, b"T", json.dumps(parts).encode())
        except BaseException as error:
            send(replies, b"E", f"{type(error).__name__}: {error}".encode()[:2000])


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
