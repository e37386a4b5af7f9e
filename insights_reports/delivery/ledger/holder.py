"""Which process holds a thing, and whether that process still lives."""

import hashlib
import os
import platform
from pathlib import Path


def _machine() -> str:
    """Eight hex digits for this machine and its process-id namespace (a container has its own)."""
    namespace = Path("/proc/self/ns/pid")
    try:
        inode = str(namespace.readlink())
    except OSError:
        inode = ""
    return hashlib.sha256(f"{platform.node()} {inode}".encode()).hexdigest()[:8]


def this_process() -> str:
    """The name of this process as a holder: machine and process id, ``1f0c9a3b-4711``."""
    return f"{_machine()}-{os.getpid()}"


def is_dead(holder: str) -> bool:
    """Whether ``holder`` surely is no more: a process of this machine that does not run.

    Of another machine's processes nothing is known here; their claims end by expiry.
    """
    machine, _, pid = holder.partition("-")
    if machine != _machine() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
