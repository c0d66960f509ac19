"""Machines on which this release was stopped, and what it had done by then."""

from __future__ import annotations

import gzip
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from acctship.accounting.canary import canary_name
from acctship.accounting.forced import tell_forced
from acctship.accounting.retain import Forced
from acctship.delivery.keeping import canary_file
from tests.builders import BTIME, record
from tests.cli.service import Events, Service, until
from tests.faults.machine import Machine
from tests.faults.receiver import Receiver

FOLDER = Path("/tmp/acctship-kept")
"""The same at each release: it stands in the state."""
KEY = bytes(range(32))
CANARY, IMITATION, TORN, CALLER = 120, 121, 130, 140
"""Pids of a canary's record, of another process that bears its name, of the record before a torn one, and of the caller
of acct(2), which has no memory, for it has not ended."""
RNG = random.Random(1)


class Site(Machine):
    """The machine `web1`."""

    def __init__(self) -> None:
        FOLDER.mkdir()
        super().__init__(FOLDER)

    @contextmanager
    def run(self, *arguments: str) -> Iterator[Service]:
        command: list[str | Path] = [sys.executable, "-m", "tests.releases.web1", "run", "-c", self.config, *arguments]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=self.environment, text=True) as process:
            try:
                yield Service(process)
            finally:
                process.kill()

    def write_records(self, pids: Collection[int]) -> None:
        """What the kernel would write."""
        data = b""
        for pid in pids:
            name = canary_name(KEY, BTIME + CANARY) if pid in (CANARY, IMITATION) else b"work"
            data += record(pid=pid, btime=BTIME + min(pid, CANARY), mem=7 if pid != CALLER else 0, comm=name)
            data += record(pid=pid, mem=7)[:20] if pid == TORN else b""
        with self.path.open("ab") as file:
            file.write(data)

    def turn(self, name: str) -> None:
        """Rotate the file by renaming it."""
        self.path.rename(self.path.with_name(name))

    def pack(self, name: str, packed: str) -> None:
        """Compress a rotated file."""
        old = self.path.with_name(name)
        self.path.with_name(packed).write_bytes(gzip.compress(old.read_bytes(), mtime=0))
        old.unlink()

    def remove(self) -> None:
        """It has been copied."""
        shutil.rmtree(self.folder)


class Away(Receiver):
    """Takes so many events, and is gone."""

    most = 61

    def take(self, body: bytes) -> bool:
        taken = super().take(body)
        if sum("process" in one for one in self.events) >= self.most:
            self.close()
        return taken


class Left(NamedTuple):
    """A machine whose acctship has ended.

    Attributes:
        site: the machine.
        pids: of all records that are to be shipped.
        outputs: events that each output had, and its dead letters, by name.
        orphaned: outputs that have left the configuration.
        killed: it had no time to write how far it was.
    """

    site: Site
    pids: set[int]
    outputs: dict[str, tuple[Events, Events]]
    orphaned: Collection[str]
    killed: bool


def stopped() -> Left:
    """Stopped in order: an output has all, one has dead letters, one lost its receiver in the middle of a file, one is
    halted, and one has left the configuration. A file is compressed, one is rotated, and one was removed by force."""
    site = Site()
    site.state.mkdir()
    canary_file.save(site.state, canary_file.CanaryFile(key=KEY.hex(), gap=None))
    hook, away = Receiver(RNG, refuses=frozenset({5, 107})), Away(RNG)
    barred = Receiver(RNG, 1 << 30, ("token revoked",), takes=0.0)
    with hook, away, barred:
        both = site.webhook(hook.url) + site.webhook(away.url, name="away")
        site.configure(both + f'[outputs.old]\ntype = "jsonl"\npath = "{FOLDER}/old.jsonl"\nstart = "oldest"\n')
        site.write_records(range(1, 42))
        with site.run() as service:
            first = set(range(1, 42))
            until(lambda: all(site.has(name, first) for name in ("events", "old")), "the first records")
            until(lambda: all(site.has("hook", first, one.events) for one in (hook, away)), "the same, by the hooks")
            assert service.stop()[0] == 0
        site.turn("pacct.1")
        site.pack("pacct.1", "pacct.2.gz")
        site.configure(both + site.webhook(barred.url, name="barred"))
        site.write_records(range(101, 141))
        with site.run() as service:
            until(lambda: site.has("events", set(range(101, 141)) - {CANARY}), "the second file")
            until(lambda: bool(site.health("output-unreachable") and site.health("output-halted")), "the outages")
            site.turn("pacct.1")
            site.write_records(range(201, 231))
            until(lambda: site.has("events", set(range(201, 231))), "the third file")
            until(lambda: site.has("hook", set(range(201, 231)), hook.events), "the same, by the hook")
            assert service.stop()[0] == 0
    site.write_records(range(231, 241))
    tell_forced(site.state, Forced(1, float(BTIME), f"{site.path}.9", 6400, "hard_limit = 1MB"))
    had = {
        "copy": site.events(),
        "hook": hook.events,
        "away": away.events,
        "barred": [],
        "old": site.events("old.jsonl"),
    }
    pids = {*range(1, 42), *range(101, 141), *range(201, 241)} - {CANARY}
    return Left(site, pids, {name: (events, site.letters(name)) for name, events in had.items()}, ["old"], killed=False)


def killed() -> Left:
    """Killed while it worked off a backlog in a rotated file, and the kernel wrote on."""
    site = Site()
    with Receiver(RNG) as hook:
        site.configure(site.webhook(hook.url))
        site.write_records(range(1, 101))
        with site.run():
            until(lambda: site.has("events", set(range(1, 101))) and len(hook.events) >= 100, "the first records")
            site.turn("pacct.1")
            pid = 301
            while len(hook.events) < 150:
                site.write_records(range(pid, pid + 10))
                pid += 10
                time.sleep(0.03)  # as processes end, one after the other
    site.write_records(range(9001, 9011))
    pids = {*range(1, 101), *range(301, pid), *range(9001, 9011)}
    outputs: dict[str, tuple[Events, Events]] = {"copy": (site.events(), []), "hook": (hook.events, [])}
    return Left(site, pids, outputs, [], killed=True)


SCENES: dict[str, Callable[[], Left]] = {"stopped": stopped, "killed": killed}
