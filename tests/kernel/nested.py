"""A ground truth for what the kernel's accounting file holds: a second one, which nobody touches.

The kernel writes each exit to the file of the process's own pid namespace and to those of all around it. Of two
namespaces, one in the other, the inner has the file that a test rotates, cuts and follows; the outer has the truth. A
process has another pid in each, so it is known by its name: a nonce.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from acctship.records import Reader, command
from tests.builders import SIZE
from tests.conftest import skip
from tests.kernel.inside import UNAVAILABLE
from tests.paths import ROOT

NONCE = re.compile(rb"nonce[0-9]+")
LARGEST = 1_000_000
"""Processes of one storm, at most; each has its own numbers. With the word before, they fit into a name's 15 bytes."""

LONGEST = 120
"""Seconds after which what has not happened will not."""


class Ground:
    """Two nested pid namespaces, both accounted.

    Attributes:
        live: the file that the inner namespace is accounted to at first. All its kind go to the same folder.
        outer: the file of the outer namespace.
        session: the session of all processes in both, as setsid(2) made it.
    """

    def __init__(self, folder: Path, inside: subprocess.Popen[bytes]) -> None:
        self.live, self.outer = folder / "live" / "pacct", folder / "truth"
        self.session = inside.pid
        self._inside, self._storms = inside, 0

    def account(self, path: Path | None) -> None:
        """Account the inner namespace to this file, at once and without a gap; None switches it off."""
        self._tell(f"account {path}" if path else "account")

    def storm(self, count: int = LARGEST, *, rate: int | None = None) -> None:
        """Start a storm of processes with nonces for names; it goes on while other things are done.

        Args:
            count: how many, if it is not stopped before.
            rate: how many a second, at most; without it, as many as there can be.
        """
        self._storms += 1
        first = self._storms * LARGEST
        burst = max(1, rate // 10) if rate else first + LARGEST
        self._tell(f"storm {first} {first + count} {burst}")

    def wait(self) -> None:
        """Wait until the storm is over."""
        self._tell("wait")

    def stop(self) -> None:
        """End the storm now."""
        self._tell("stop")

    def grown(self, records: int = 50) -> None:
        """Wait until the live file has this many records."""
        until(lambda: self.live.stat().st_size >= records * SIZE, f"{records} records in {self.live}")

    def rotated(self) -> list[Path]:
        """What `acctship accounting rotate` has made of live files, the oldest first."""
        return sorted(path for path in self.live.parent.iterdir() if path.name.startswith("pacct-"))

    def truth(self) -> list[bytes]:
        """The nonces of all processes that have ended, in the order in which they did."""
        return nonces(self.outer)

    def order(self) -> dict[bytes, int]:
        """Where each nonce stands in the truth."""
        return {nonce: at for at, nonce in enumerate(self.truth())}

    def enter(self, *command: str | Path) -> list[str]:
        """The command line that runs a command in the inner namespace: what it does is accounted there."""
        return ["nsenter", "--target", str(self._first()), "--pid", "--mount", "--", *map(str, command)]

    def _first(self) -> int:
        """The first process of the inner namespace, by its number out here."""
        pid = self._inside.pid
        while children := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            pid = int(children[0])
            if len(_numbers(pid)) == len(_numbers(os.getpid())) + 2 and _numbers(pid)[-1] == 1:
                return pid
        raise AssertionError("the inner namespace has no first process")

    def _tell(self, line: str) -> None:
        assert self._inside.stdin
        self._inside.stdin.write(line.encode() + b"\n")
        self._inside.stdin.flush()
        self.answer()

    def answer(self) -> None:
        """Wait until the inner namespace has done what it was told."""
        assert self._inside.stdout
        ready, _, _ = select.select([self._inside.stdout], [], [], LONGEST)
        assert ready, f"no answer from the inner namespace in {LONGEST} s"
        if (answer := self._inside.stdout.readline()) == b"ok\n":
            return
        _, said = self._inside.communicate(timeout=LONGEST)
        if self._inside.returncode == UNAVAILABLE or said.startswith(b"unshare: "):
            skip(f"the kernel does no accounting for us: {said.decode().strip()}")
        raise AssertionError(f"the inner namespace said {answer!r}: {said.decode()}")


@contextmanager
def nested(folder: Path) -> Iterator[Ground]:
    """A ground with accounting on and no storm yet. It ends with the block, and all its processes with it.

    Args:
        folder: a folder on a real file system.
    """
    if os.geteuid() != 0:
        skip("switching accounting on takes root")
    if not shutil.which("unshare"):
        skip("unshare is missing: install util-linux")
    (folder / "live").mkdir()
    (folder / "truth").touch()
    # Who is killed takes its namespace along: nothing outlives the first, however the test ends.
    unshare = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    outer = [sys.executable, "-m", "tests.kernel.inside", str(folder / "truth"), "0", "0"]
    inner = [sys.executable, "-m", "tests.kernel.innermost"]
    with subprocess.Popen(
        [*unshare, *outer, *unshare, *inner],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    ) as inside:
        ground = Ground(folder, inside)
        try:
            ground.answer()
            ground.live.touch(0o640)
            ground.account(ground.live)
            yield ground
        finally:
            _end(inside)
    assert ground.outer.stat().st_size, "the kernel wrote nothing: is the disk nearly full? (/proc/sys/kernel/acct)"


def _end(inside: subprocess.Popen[bytes]) -> None:
    """See all processes of both namespaces dead and gone."""
    try:
        inside.communicate(timeout=10)  # the end of its input ends the inner one; each parent waits for its child
    except subprocess.TimeoutExpired:
        inside.kill()
        inside.communicate()


def _numbers(pid: int) -> list[int]:
    """The numbers of a process, from our pid namespace inwards."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("NSpid:")]
    return [int(number) for number in line.split()[1:]]


def nonces(path: Path) -> list[bytes]:
    """The nonces in an accounting file, compressed or not, in file order; other processes are left out."""
    if not path.stat().st_size:
        return []
    with Reader(path) as reader:
        names = (command(name) for records in reader for name in records.comms())
        return [name for name in names if NONCE.fullmatch(name)]


def until(condition: Callable[[], bool], what: str, seconds: float = LONGEST) -> None:
    """Wait for something that will be true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not in {seconds:g} s: {what}"
        time.sleep(0.001)
