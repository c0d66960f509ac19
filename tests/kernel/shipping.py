"""`acctship run` as a service that follows the rotated file of a ground truth, and what has come out of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from acctship.events.escape import unescape
from acctship.events.schema import Event, Health
from tests.cli.command import ACCTSHIP
from tests.kernel.nested import NONCE, until
from tests.paths import ROOT

SETTLES_SOON = (sys.executable, "-m", "tests.kernel.settled")


class Copy:
    """The events in a growing file of JSON lines, as far as it has been read.

    Attributes:
        times: how often each `event.id` of a process is there.
        ids: the ids that each nonce has.
        nonces: the nonce of each id that has one.
        segments: the ids of each segment.
        health: all health events.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._read = path, 0
        self.times: Counter[str] = Counter()
        self.ids: dict[bytes, set[str]] = defaultdict(set)
        self.nonces: dict[str, bytes] = {}
        self.segments: dict[str, set[str]] = defaultdict(set)
        self.health: list[Event] = []

    def read_on(self) -> None:
        """Read the whole lines that have been written since."""
        with suppress(FileNotFoundError), self._path.open("rb") as lines:
            lines.seek(self._read)
            for line in lines:
                if not line.endswith(b"\n"):
                    break  # or what is appended to it meanwhile would pass for the next one
                self._read += len(line)
                self._take(msgspec.json.decode(line, type=Event))

    def reports(self, action: str) -> list[Health]:
        """The details of all distinct health events of one action."""
        found = {event.event.id: event.acct.health for event in self.health if event.acct}
        wanted = {event.event.id for event in self.health if event.event.action == action}
        return [details for name, details in found.items() if name in wanted and details]

    def started(self) -> int:
        """How often the service has started, as it says."""
        return sum(event.event.action == "shipper-started" for event in self.health)

    def _take(self, event: Event) -> None:
        if event.event.dataset == "acct.health":
            self.health.append(event)
            return
        assert event.process
        assert event.acct
        assert event.acct.segment
        name = event.event.id
        self.times[name] += 1
        self.segments[event.acct.segment].add(name)
        nonce = unescape(event.process.name)
        if NONCE.fullmatch(nonce):
            self.ids[nonce].add(name)
            self.nonces[name] = nonce


class Service:
    """`acctship run` with one output, a file of JSON lines.

    Args:
        folder: for its configuration, its state and its output.
        accounting: the file to follow.
        canary: interval of its canaries; none, if it does not run where it is accounted itself.
        enter: gives the command line that runs a command where the service shall run.
        more: of the configuration.
        program: what is run.

    Attributes:
        copy: what it has shipped.
    """

    def __init__(
        self,
        folder: Path,
        accounting: Path,
        *,
        canary: str = "0s",
        enter: Callable[..., list[str]] | None = None,
        more: str = "",
        program: Sequence[str | Path] = (ACCTSHIP,),
    ) -> None:
        self._config, self._said, self._enter = folder / "acctship.toml", folder / "stderr", enter
        self._program = program
        (folder / "state").mkdir()
        self._config.write_text(
            f'[source]\npath = "{accounting}"\n[state]\ndirectory = "{folder}/state"\n[canary]\ninterval = "{canary}"\n'
            f'[outputs.copy]\ntype = "jsonl"\npath = "{folder}/events.jsonl"\n{more}'
        )
        self.copy = Copy(folder / "events.jsonl")
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; `started` waits until it has."""
        self.copy.read_on()
        self._starts = self.copy.started()
        command: list[str | Path] = [*self._program, "run", "-c", self._config]
        with self._said.open("ab") as said:
            self._process = subprocess.Popen(
                self._enter(*command) if self._enter else command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        return self._process

    def start_over(self) -> subprocess.Popen[bytes]:
        """Kill it, and start it again on the state that it has left."""
        self.kill()
        return self.start()

    def started(self) -> None:
        """Wait until it says that it has started once more."""
        self.until_copy(lambda copy: copy.started() > self._starts, "its start was reported")

    def until_copy(self, condition: Callable[[Copy], bool], what: str) -> None:
        """Wait until what has been shipped is so; the service has to live that long."""

        def met() -> bool:
            self.copy.read_on()
            if condition(self.copy):
                return True
            assert self._process
            assert self._process.poll() is None, f"it ended: {self.said()}"
            return False

        until(met, what)

    def stop(self) -> None:
        """Stop it as systemd does, and see that it stops in good order."""
        assert self._process
        os.kill(self.pid, signal.SIGTERM)
        assert self._process.wait(timeout=30) == 0, self.said()
        assert "Traceback" not in self.said()
        self.copy.read_on()

    def kill(self) -> None:
        """Kill it as a crash does, if it is there."""
        if self._process and self._process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self._process.wait()

    @property
    def pid(self) -> int:
        """Of the service itself: where it is entered, nsenter(1) is its parent."""
        assert self._process
        pid = self._process.pid
        if self._enter is None:
            return pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        until(lambda: bool(children.read_text()), "nsenter has started it")
        return int(children.read_text())

    def said(self) -> str:
        """What it has said on standard error and standard output."""
        return self._said.read_text()


@contextmanager
def running(service: Service) -> Iterator[Service]:
    """A service, from when it says that it has started to the end of the block."""
    try:
        service.start()
        service.started()
        yield service
    finally:
        service.kill()
