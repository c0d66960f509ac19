"""Threads share one arena; malloc_info(3) tells how many there are."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import skip

_PROGRAM = """
import ctypes, sys, threading
from acctship.cli import heap
if sys.argv[2] == "shared":
    heap.share_between_threads()
libc = ctypes.CDLL(None)
libc.fopen.restype = libc.malloc.restype = ctypes.c_void_p
threads = [threading.Thread(target=libc.malloc, args=[1000]) for _ in range(4)]
for thread in threads:
    thread.start()
    thread.join()
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.parametrize("how", ["shared", "apart"])
def test_threads_take_memory_from_one_place(how: str, tmp_path: Path) -> None:
    if not hasattr(ctypes.CDLL(None), "mallopt"):
        skip("this C library has no mallopt")
    told = tmp_path / "malloc_info"
    subprocess.run([sys.executable, "-c", _PROGRAM, told, how], check=True, timeout=30)
    arenas = told.read_text().count("<heap nr=")
    assert arenas == 1 if how == "shared" else arenas > 1
