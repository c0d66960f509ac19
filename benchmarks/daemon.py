"""A daemon to be measured: its folder, its configuration, its process, and what that takes."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measure import ACCTSHIP
from tests.cli.fakes import distribution
from tests.kernel.nested import Ground

_REPOSITORY = Path(__file__).parents[1]
_PATIENCE = 600.0
_LOOK_EVERY = 0.05

clock_getcpuclockid = ctypes.CDLL(None, use_errno=True).clock_getcpuclockid


class Site:
    """A folder with an accounting file `pacct`, a configuration and a state folder.

    Args:
        folder: an empty one.
        outputs: tables of the configuration; `{folder}` stands for the folder.
        ground: a place where the kernel accounts the daemon, whose file it follows, with canaries; None: nowhere.
    """

    def __init__(self, folder: Path, outputs: str, ground: Ground | None = None) -> None:
        self.folder, self.path, self.config = folder, folder / "log/pacct", folder / "acctship.toml"
        self._ground, canary = ground, "30s" if ground else "0s"
        if ground:
            self.path = ground.live
        else:
            self.path.parent.mkdir()
        self.state = folder / "state"
        self.config.write_text(
            f'[source]\npath = "{self.path}"\n[state]\ndirectory = "{self.state}"\n[canary]\ninterval = "{canary}"\n'
            + outputs.format(folder=folder)
        )

    @contextmanager
    def run(self) -> Iterator[Daemon]:
        """Run a daemon; outputs of `noted.py` and of the example are installed for it."""
        site = self.folder / "site"
        noted = {f"noted_{kind}": "benchmarks.noted" for kind in ("jsonl", "webhook")}
        distribution(site, "noted", {}, {**noted, "webhook": "acctship_output_webhook"})
        path = os.pathsep.join(map(str, (site, _REPOSITORY, _REPOSITORY / "examples/acctship-output-webhook/src")))
        command = [str(ACCTSHIP), "run", "-c", str(self.config)]
        process = subprocess.Popen(
            self._ground.enter(*command) if self._ground else command,
            stdin=subprocess.DEVNULL,
            stderr=(self.folder / "messages").open("w"),
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
        )
        daemon = Daemon(process, child=self._ground is not None)
        try:
            yield daemon
        finally:
            os.kill(daemon.pid, signal.SIGTERM)
            if process.wait(30):
                sys.exit(f"the daemon ended with {process.returncode}:\n{(self.folder / 'messages').read_text()}")


class Daemon:
    """A process that runs.

    Args:
        process: it, or its parent.
        child: its parent.
    """

    def __init__(self, process: subprocess.Popen[bytes], *, child: bool = False) -> None:
        self._process, self.pid = process, process.pid
        if child:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            self.until(lambda: bool(children.read_text("ascii")))
            self.pid = int(children.read_text("ascii"))
        clock = ctypes.c_int()
        if clock_getcpuclockid(self.pid, ctypes.byref(clock)):
            sys.exit("clock_getcpuclockid(3) failed")
        self._clock = clock.value

    def cpu_seconds(self) -> float:
        """CPU time of all its threads so far, to the nanosecond: times(2) counts hundredths of a second."""
        return time.clock_gettime(self._clock)

    def peak_mb(self) -> float:
        """Peak resident memory so far: VmHWM, proc(5)."""
        return self._status("VmHWM") / 1024

    def switches(self) -> int:
        """How often its threads that live have waited for something: what it does at rest, it wakes up for."""
        folders = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(_number(folder / "status", "voluntary_ctxt_switches") for folder in folders)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition, while the daemon runs."""
        end = time.monotonic() + _PATIENCE
        while not condition():
            if self._process.poll() is not None or time.monotonic() > end:
                sys.exit("the daemon has ended, or has not done its work")
            time.sleep(_LOOK_EVERY)

    def _status(self, name: str) -> int:
        return _number(Path(f"/proc/{self.pid}/status"), name)


def _number(path: Path, name: str) -> int:
    found = re.search(rf"^{name}:\s*(\d+)", path.read_text("ascii"), re.MULTILINE)
    return int(found[1]) if found else sys.exit(f"{path}: no {name}")
