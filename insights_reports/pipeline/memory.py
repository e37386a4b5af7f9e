"""Memory that a step no longer needs goes back to the system, so that the next step finds it.

Without this a run of a million deployments holds half as much again: the C library keeps what was
freed, in pieces that larger blocks do not fit into. (So does Arrow's own allocator, which
`cli.main` therefore does not use.)
"""

import ctypes
import sys
from contextlib import suppress

_M_MMAP_THRESHOLD = -3  # of mallopt(3)
_LARGE = 8 << 20  # bytes; smaller blocks are asked for so often that it would cost time


def large_blocks_return() -> None:
    """From now on large blocks come from the system one by one, and return to it when freed."""
    _of_glibc("mallopt", _M_MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """Return what is free among the small blocks."""
    _of_glibc("malloc_trim", 0)


def _of_glibc(function: str, *arguments: int) -> None:
    """Call a function that only this C library has."""
    if sys.platform == "linux":
        with suppress(AttributeError):
            getattr(ctypes.CDLL(None), function)(*arguments)
