"""A small disk that only the daemon under test sees, and the test through /proc (mount_namespaces(7), proc(5))."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import NoReturn

import pytest

from tests.conftest import skip

SIZE = 256 * 1024
_HOLD = f'mount -t tmpfs -o size={SIZE} tmpfs "$0" || exit 99; echo mounted; exec cat'


class Disk:
    """A small disk in a namespace of its own.

    Attributes:
        inside: command before another, which is then run where the disk is.
        root: where the namespace's files are seen from outside.
    """

    def __init__(self, folder: Path, pid: int) -> None:
        self.inside = ["nsenter", f"--mount=/proc/{pid}/ns/mnt", "--"]
        self.root = Path(f"/proc/{pid}/root")
        self._filler = self.root / folder.relative_to("/") / "filler"

    def fill(self) -> None:
        """Leave no byte on it."""
        with self._filler.open("wb", buffering=0) as file:
            for size in (4096, 1):
                with pytest.raises(OSError, match="No space left on device"):
                    _write_for_ever(file, bytes(size))

    def free(self) -> None:
        """Make room again."""
        self._filler.unlink()


def _write_for_ever(file: FileIO, data: bytes) -> NoReturn:
    while True:
        file.write(data)


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Mount it at a folder, which is made."""
    if os.geteuid() != 0:
        skip("only root can mount a small disk")
    folder.mkdir(parents=True)
    with subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", _HOLD, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stderr is not None
        if holder.stdout.readline() != b"mounted\n":
            skip(f"no disk can be mounted here: {holder.stderr.read().decode().strip()}")
        yield Disk(folder, holder.pid)
        holder.stdin.close()
