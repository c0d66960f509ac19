"""A daemon in the foreground, over a configuration that somebody has written."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

Way = TypeVar("Way", bound=str)

PATIENCE = 30.0
"""Seconds that it may take to start or to end."""


class Daemon(ABC):
    """Started, stopped, killed, and started again.

    Args:
        config: the configuration.
        libraries: folder of libraries that it needs and this machine may lack.
        ports: of TCP and UDP on which it listens when it has started.
        sockets: Unix sockets that are there when it has started.
    """

    def __init__(
        self, config: Path, libraries: Sequence[Path], ports: Collection[int] = (), sockets: Collection[Path] = ()
    ) -> None:
        self.config, self._ports, self._sockets = config, ports, sockets
        self._environment = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries))}
        self._said = config.with_suffix(".said")
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str | Path]:
        """What runs it in the foreground."""

    @abstractmethod
    def check(self) -> str:
        """Have it look at the configuration alone; gives what it says against it, and nothing where all is well."""

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a program of the daemon's package to its end."""
        return subprocess.run(
            command, env=self._environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def start(self) -> None:
        """Start it, and wait until it listens."""
        with self._said.open("ab") as said:
            self._process = subprocess.Popen(
                self.command(), env=self._environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
        end = time.monotonic() + PATIENCE
        while not self._listens():
            assert self._process.poll() is None, f"it does not start: {self.said()}"
            assert time.monotonic() < end, f"it does not listen: {self.said()}"
            time.sleep(0.02)  # between two looks

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it, if it runs, and wait for its end."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE)
            self._process = None
        for path in self._sockets:
            path.unlink(missing_ok=True)  # or a killed one's would look like the next one's

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.stop(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, such as SIGSTOP."""
        self.process.send_signal(number)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process that runs."""
        assert self._process is not None
        return self._process

    def runs(self) -> bool:
        """Tell whether it was started, and not ended by `stop` or `kill`."""
        return self._process is not None

    def said(self) -> str:
        """What it has said about itself."""
        return self._said.read_text("utf-8", "replace")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _listens(self) -> bool:
        bound = {
            int(line.split()[1].rpartition(":")[2], 16)
            for table in ("tcp", "tcp6", "udp", "udp6")
            for line in Path("/proc/net", table).read_text().splitlines()[1:]
            if line.split()[3] in ("0A", "07")  # TCP_LISTEN; unconnected UDP
        }
        return bound.issuperset(self._ports) and all(path.exists() for path in self._sockets)


def free_port() -> int:
    """A port of TCP on which nobody listens, and that nobody gets who connects, also while its server is killed."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = _RANDOM.randrange(10_000, lowest)
        if port not in _given:
            _given.add(port)
            with socket.socket() as sock, suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind(("127.0.0.1", port))
                return port


_RANDOM = random.SystemRandom()  # Hypothesis seeds the other one: two runs at once would ask for the same ports
_given = set[int]()


class Received(Generic[Way]):
    """What a receiver writes to a file, a line of JSON for each message, and where it listens.

    Args:
        folder: made for all of its files.
        listening: in which ways; Unix sockets have `unix` in their name.

    Attributes:
        received: the file.
    """

    def __init__(self, folder: Path, listening: Sequence[Way]) -> None:
        folder.mkdir()
        self.received = folder / "received.jsonl"
        self.received.touch()
        self._where = {way: str(folder / way) if "unix" in way else str(free_port()) for way in listening}
        self._read, self._lines = 0, list[dict[str, Any]]()

    @property
    def ports(self) -> list[int]:
        """Of TCP and UDP."""
        return [int(where) for way, where in self._where.items() if "unix" not in way]

    @property
    def sockets(self) -> list[Path]:
        """Unix sockets."""
        return [Path(where) for way, where in self._where.items() if "unix" in way]

    def address(self, way: Way) -> str:
        """What `address` of an output has to be."""
        return self._where[way] if "unix" in way else f"127.0.0.1:{self._where[way]}"

    def messages(self) -> list[dict[str, Any]]:
        """The parts of each message that has arrived by now."""
        with self.received.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # its end may come while this loop runs, and would look like a line of its own
                self._lines.extend(self.read(line))
                self._read += len(line)
        return list(self._lines)

    def read(self, line: bytes) -> Iterable[dict[str, Any]]:
        """The messages in a line of the file."""
        return [json.loads(line)]

    def cut_unfinished(self) -> None:
        """Cut off a line in the middle of which the receiver was killed: nobody had acknowledged it."""
        if self.received.is_file():  # it may be /dev/full, to show a fault
            os.truncate(self.received, self.received.read_bytes().rfind(b"\n") + 1)
