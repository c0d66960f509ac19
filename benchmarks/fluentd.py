"""Compare `acctship run` to the output `fluentd` with fluent-logger's own sender, both into the same receivers.

    python benchmarks/fluentd.py [--quick]

The receivers are on the same two cores. One is real: an OpenTelemetry Collector that writes to /dev/null, so that no
disk decides; it acknowledges what it has taken. The other discards (`fluentd_discarding.py`): it shows the most that a
sender can do. The same real records go to both. Of acctship: a whole run of the daemon with its state, from the first
second in which its own status counts acknowledged events to the last such second. Of fluent-logger: a program that has
the events ready as objects and their times as EventTime, and hands one after the other to
`FluentSender.emit_with_time`: no file is read, no record made an event, and nothing is acknowledged, so its rate is
what it wrote. CPU time an event (user and system; acctship's with its start, fluent-logger's alone, without making the
events) and peak memory (fluent-logger's with the events) are the sender's.

Aim: 100,000 acknowledged events/s where the receiver can.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.daemon import Site
from benchmarks.measure import make_records
from benchmarks.sending import Sent, begin, compare, discarding, end, new_folder
from tests.programs import UnavailableError
from tests.servers.otelcol import Collector

RECORDS = 500_000
_PEERS = 100_000
"""Records that fluent-logger sends: it is slower, and has all events in memory."""
_LOOK = 0.02
_AS_PEER = "--be-fluent-logger"


class ToNull(Collector):
    """A collector that takes everything and keeps nothing."""

    def _config(self) -> dict[str, Any]:
        config = super()._config()
        config["exporters"]["file"] = {"path": "/dev/null"}
        return config


def acctship(address: str, records: Path, keys: str = "") -> Callable[[], Sent]:
    """A run of acctship, with new state."""

    def run() -> Sent:
        with new_folder() as folder:
            table = f'[outputs.siem]\ntype = "fluentd"\nstart = "oldest"\naddress = "{address}"\n{keys}'
            site = Site(folder, table)
            os.link(records, site.path)
            with site.run() as daemon:
                samples = [(0.0, 0)]
                while samples[-1][1] < RECORDS:
                    time.sleep(_LOOK)
                    if (sample := _delivered(site.state / "status.json")) != samples[-1]:
                        samples.append(sample)
                # The status is written once a second: the last time, some of that second was rest.
                (began, first), (ended, last) = samples[1], samples[-2]
                rate = (last - first) / (ended - began)
                return Sent(rate, daemon.cpu_seconds() / samples[-1][1] * 1e6, daemon.peak_mb())

    return run


def _delivered(status: Path) -> tuple[float, int]:
    """When the daemon wrote how many events were acknowledged."""
    try:
        return status.stat().st_mtime, int(json.loads(status.read_bytes())["outputs"]["siem"]["delivered"])
    except FileNotFoundError:
        return 0.0, 0


def fluent_logger(address: str, records: Path) -> Callable[[], Sent]:
    """A run of fluent-logger's sender, in a process of its own."""

    def run() -> Sent:
        command: list[str | Path] = [sys.executable, __file__, _AS_PEER, address, records]
        return Sent(*json.loads(subprocess.run(command, check=True, capture_output=True).stdout))

    return run


def peer(address: str, records: Path) -> None:
    """Be fluent-logger; prints a `Sent`."""
    from fluent.sender import (  # type: ignore[import-untyped]  # noqa: PLC0415 - no types; the parent stays small
        EventTime,
        FluentSender,
    )

    from acctship.testing import events_of  # noqa: PLC0415

    with records.open("rb") as file:
        batch = events_of([file.read(64) for _ in range(_PEERS)])
    ready = [
        (EventTime.from_unix_nano(ns), json.loads(line)) for ns, line in zip(batch.times_ns, batch.json(), strict=True)
    ]
    host, _, port = address.partition(":")
    sender = FluentSender("acct", host, int(port), nanosecond_precision=True, forward_packet_error=False)
    began, used = time.monotonic(), time.process_time()
    for when, event in ready:
        if not sender.emit_with_time("process", when, event):
            sys.exit(f"fluent-logger failed: {sender.last_error}")
    elapsed, used = time.monotonic() - began, time.process_time() - used
    sender.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([len(ready) / elapsed, used / len(ready) * 1e6, peak]))


def main() -> None:
    """Measure and print; or be the peer."""
    if sys.argv[1:2] == [_AS_PEER]:
        peer(sys.argv[2], Path(sys.argv[3]))
        return
    rounds = begin(__doc__)
    try:
        with (
            new_folder() as folder,
            ToNull(folder / "collector", "forward") as collector,
            discarding("fluentd_discarding.py") as nowhere,
        ):
            records = folder / "pacct"
            make_records("real", RECORDS, records)
            _compare("the collector", collector.address("forward"), records, rounds)
            _compare("the receiver that discards", nowhere, records, rounds)
    except UnavailableError as error:
        sys.exit(str(error))
    end()


def _compare(receiver: str, address: str, records: Path, rounds: int) -> None:
    first = "fluent-logger, nothing acknowledged"
    programs = {
        first: fluent_logger(address, records),
        "acctship": acctship(address, records),
        "acctship, 2 connections": acctship(address, records, "connections = 2\n"),
        "acctship, gzip": acctship(address, records, 'compress = "gzip"\n'),
        "acctship, flat": acctship(address, records, "flat = true\n"),
    }
    compare(f"{RECORDS:,} real records into {receiver}", programs, rounds, first)


if __name__ == "__main__":
    main()
