"""A machine with outputs that fail, the records that its kernel writes, and a daemon that is killed and restarted."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.builders import BTIME, SIZE, record
from tests.cli.command import Done
from tests.cli.fakes import distribution
from tests.cli.service import Events, Service, Site
from tests.faults.accounts import Written, pids
from tests.faults.campaign import LARGE
from tests.paths import ROOT

WEBHOOK = ROOT / "examples/acctship-output-webhook/src/acctship_output_webhook.py"
MOODY = Path(__file__).with_name("moody.py")
QUICK = (sys.executable, "-m", "tests.faults.quick")
PATIENCE = 1200.0 if LARGE else 60.0
"""Seconds until a part of the campaign is given up."""
CRON = b"cron"
"""Name of the processes that are filtered where an output filters."""
FILTER = f'where = {{ exclude = [{{ command = "{CRON.decode()}" }}] }}\n'


class Machine(Site):
    """A site with the plugins of the campaign, and what its kernel wrote.

    Attributes:
        written: the files and records.
        said: takes what daemons say.
        inside: command before acctship's, which leads into a namespace.
        root: where files are seen from there.
        environment: of the processes.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.written, self.said = Written(), folder / "said.txt"
        self.inside: list[str] = []
        self.root = Path("/")
        plugins = folder / "plugins"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}{os.pathsep}{plugins}",
            "HOOK_SECRET": "correct horse",
        }
        self._read: dict[str, tuple[int, Events]] = {}
        self._missing: dict[str, set[int]] = {}
        webhook = {"acctship_output_webhook": WEBHOOK.read_text()}
        distribution(plugins, "acctship-output-webhook", webhook, {"webhook": "acctship_output_webhook"})
        distribution(plugins, "acctship-output-moody", {"moody": MOODY.read_text()})

    def webhook(self, url: str, more: str = "", *, name: str = "hook", timeout: str = "500ms") -> str:
        """The table of an output over HTTP."""
        return (
            f'[outputs.{name}]\ntype = "webhook"\nurl = "{url}"\nsecret = {{ env = "HOOK_SECRET" }}\n'
            f'start = "oldest"\n{more}'
            f'[outputs.{name}.delivery]\nbatch_events = 10\nlinger = "50ms"\ntimeout = "{timeout}"\n'
        )

    def moody(self, seed: int, faults: int, more: str = "", *, threads: int = 1) -> str:
        """The table of the output that stands in for faults."""
        return (
            f'[outputs.moody]\ntype = "moody"\npath = "{self.folder}/moody.jsonl"\nstart = "oldest"\n'
            f"seed = {seed}\nfaults = {faults}\n{more}[outputs.moody.delivery]\nin_flight = {threads}\n"
        )

    def write(self, count: int, rng: random.Random) -> None:
        """Some processes end, some of them cron's, and now and then something writes what is no record."""
        made = []
        for _ in range(count):
            pid = self.written.next_pid
            cron = rng.random() < 0.2
            made.append(record(pid=pid, btime=BTIME + pid, mem=7, comm=CRON if cron else b"work"))
            self.written.note(pid, filtered=cron)
        if rng.random() < 0.2 and count > 4:
            torn = made[2][: rng.randrange(1, SIZE)]
            made.insert(2, torn)
            self.written.skipped += len(torn)
        with self.path.open("ab") as file:
            file.write(b"".join(made))

    def rotate(self) -> None:
        """A new file, which the kernel writes to from the next record on; the one before is compressed."""
        before = self.path.with_name(f"pacct.{self.written.files}")
        self.written.files += 1
        self.path.rename(self.path.with_name(f"pacct.{self.written.files}"))
        if before.exists():
            with gzip.open(f"{before}.gz", "wb") as file:
                file.write(before.read_bytes())
            before.unlink()

    def events(self, name: str = "events.jsonl") -> Events:
        """What has arrived, in order, but for a line that is being written; what was read before is not read again."""
        return self._lines(self.folder / name)

    def letters(self, name: str) -> Events:
        """Events that are dead letters of an output."""
        return [line["event"] for line in self._lines(self.state / "deadletter" / f"{name}.jsonl")]

    def forget_what_was_read(self) -> None:
        """Read files anew from their beginning: they may have become shorter."""
        self._read.clear()

    def lines(self, name: str) -> list[str]:
        """Lines of a text that some output has written."""
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def _lines(self, path: Path) -> Events:
        path = self.root / path.relative_to("/")
        offset, lines = self._read.get(str(path), (0, []))
        if path.exists():
            with path.open("rb") as file:
                file.seek(offset)
                whole = file.read().rpartition(b"\n")[0]
            if whole:
                lines += [json.loads(line) for line in whole.splitlines()]
                self._read[str(path)] = offset + len(whole) + 1, lines
        return lines

    def has(self, name: str, wanted: set[int], events: Events | None = None) -> bool:
        """Whether an output has got all of some records, or made dead letters of them."""
        missing = wanted - pids(self.events(f"{name}.jsonl") if events is None else events) - pids(self.letters(name))
        self._missing[name] = missing
        return not missing

    def command(self, *arguments: str) -> Done:
        """What a person runs, in a hurry, too."""
        done = subprocess.run(
            [*QUICK, *arguments, "-c", self.config],
            capture_output=True,
            env=self.environment,
            timeout=PATIENCE,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode())

    def serve(self, done: Callable[[], bool]) -> None:
        """Run until all is done; a daemon that ends because an output hung too often is started anew, as by systemd."""
        end = time.monotonic() + PATIENCE
        while True:
            with self.run() as service:
                while service.process.poll() is None:
                    if done():
                        return
                    assert time.monotonic() < end, f"missing: {self._missing}; {self.said.read_text()[-2000:]}"
                    time.sleep(0.05)  # between two looks; what is waited for is the end
                assert service.process.returncode == 1, self.said.read_text()[-2000:]

    def finish(self) -> None:
        """Ship the rest, now that nothing fails any more, with a last checkpoint of each output."""
        self.said.write_text("")
        with self.run("--drain") as service:
            service.end()  # the code is 1 if an event is rejected on the way
        assert "shipping stops: all is shipped that was there" in self.said.read_text()

    @contextmanager
    def run(self, *arguments: str) -> Iterator[Service]:
        """A daemon in a hurry; it is killed in the end if it still runs."""
        with (
            self.said.open("ab") as said,
            subprocess.Popen(
                [*self.inside, *QUICK, "run", "-c", self.config, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=self.environment,
                text=True,
            ) as process,
        ):
            try:
                yield Service(process)
            finally:
                process.kill()
