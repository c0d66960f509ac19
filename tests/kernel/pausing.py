"""The kernel pauses accounting for want of room, and goes on once there is some, with a daemon that watches.

It looks for room each 30 s only. So this is a process of its own, which waits for that beside other tests:

    python -m tests.kernel.pausing FOLDER
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import skip
from tests.kernel.inside import UNAVAILABLE
from tests.kernel.nested import LONGEST, nested
from tests.kernel.shipping import Copy
from tests.kernel.watching import of, watched
from tests.paths import ROOT


class Pausing:
    """The process.

    Args:
        folder: on a real file system.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._said = folder, folder / "said"
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.kernel.pausing", folder],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    def copy(self) -> Copy:
        """What the daemon has shipped; this waits for its end."""
        code, said = self._process.wait(timeout=2 * LONGEST), self._said.read_text()
        if code == UNAVAILABLE:
            skip(said.strip())
        assert code == 0, said
        copy = Copy(self._folder / "events.jsonl")
        copy.read_on()
        return copy

    def end(self) -> None:
        """End it early: its namespaces end with it."""
        self._process.kill()
        self._process.wait()


def main() -> None:
    folder = Path(sys.argv[1])
    small = folder / "small"
    small.mkdir()
    with nested(folder) as ground:
        inside = small / "pacct"
        subprocess.run(ground.enter("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small), check=True)
        subprocess.run(ground.enter("touch", inside), check=True)
        ground.account(inside)
        ground.live = inside
        with watched(ground, folder) as service:
            fill = f"head -c 1036288 /dev/zero > {small}/fill"  # 253 of 256 blocks: the file has one
            subprocess.run(ground.enter("sh", "-c", fill), check=True)
            service.until_copy(lambda copy: bool(of(copy, "accounting-paused", "start")), "the pause is told")
            subprocess.run(ground.enter("rm", small / "fill"), check=True)
            service.until_copy(lambda copy: bool(of(copy, "accounting-gap")), "the gap is told")
            service.stop()


if __name__ == "__main__":
    try:
        main()
    except pytest.skip.Exception as skipped:
        print(skipped)
        sys.exit(UNAVAILABLE)
