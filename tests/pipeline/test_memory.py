"""Memory goes back to the system."""

import ctypes
import subprocess
import sys

import pytest

from insights_reports.pipeline import memory

GLIBC = hasattr(ctypes.CDLL(None), "malloc_trim")

HELD = """
import sys
from insights_reports.pipeline.memory import give_back, large_blocks_return

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 >> 20

large_blocks_return()
blocks = [bytearray(200_000) for _ in range(500)]
filled = resident()
kept = blocks[::50]
del blocks[:-1]
freed = resident()
give_back()
print(filled, freed, resident())
"""


@pytest.mark.skipif(not GLIBC, reason="another C library")
def test_small_blocks_go_back_though_some_are_kept() -> None:
    said = subprocess.run([sys.executable, "-c", HELD], check=True, capture_output=True, text=True)
    filled, freed, resident = (int(each) for each in said.stdout.split())
    assert filled - resident > 80  # of 100 MB
    assert freed - resident > 50  # which the C library had kept


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    memory.large_blocks_return()
    memory.give_back()
