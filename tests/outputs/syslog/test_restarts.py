"""A real rsyslog is stopped, killed and started again in the middle of 20,000 events, over each transport."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from acctship.deployed import deploy
from acctship.events.batch import EventBatch
from acctship.testing import deliver, events
from tests.cli.service import until
from tests.outputs.syslog.conftest import StartRsyslog
from tests.outputs.syslog.sending import ids
from tests.servers.certificates import Authority
from tests.servers.rsyslog import Listening, Rsyslog

EVENTS = 20_000
AT_ONCE = 1000
SHOTS = (5, 12)
"""Batches before which it goes away."""


def shooting(server: Rsyslog, batch: EventBatch, ending: threading.Lock, *, kill: bool) -> Iterator[EventBatch]:
    """The events in batches, asked for ahead of the sends: the server goes away while one is on its way."""
    for number, at in enumerate(range(0, EVENTS, AT_ONCE)):
        if number in SHOTS:
            with ending:
                server.kill() if kill else server.stop()
        yield batch[at : at + AT_ONCE]


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "stopped"])
@pytest.mark.parametrize("way", ["relp", "relp+tls", "unix-dgram", "unix-stream", "tcp", "tls"])
def test_restarts_in_the_middle(way: Listening, kill: bool, rsyslog: StartRsyslog, authority: Authority) -> None:
    server, batch = rsyslog(way), events(EVENTS)
    table = {"type": "syslog", "transport": way.partition("-")[0], "address": server.address(way)}
    deployed = deploy("tested", table | ({"ca": str(authority.ca)} if "tls" in way else {}))
    starts, ending = 0, threading.Lock()

    def between(_seconds: float) -> None:
        nonlocal starts
        with ending:  # one that is asked to end takes a moment
            if not server.runs():
                starts += 1
                server.start()

    done = deliver(deployed, shooting(server, batch, ending, kill=kill), between)
    assert (done.acknowledged, done.rejected, done.failure) == (EVENTS, {}, None)
    assert starts >= 1, "it was noticed"
    bearable = 0 if deployed.limits.guarantee == "acknowledged" else len(SHOTS) * in_buffers(batch)
    wanted = set(batch.ids)
    until(lambda: len(wanted - set(ids(server.messages()))) <= bearable, f"all but {bearable} have arrived")


def in_buffers(batch: EventBatch) -> int:
    """Messages that a kernel may hold for a server that dies: what `written` cannot promise."""
    _, _, most = map(int, Path("/proc/sys/net/ipv4/tcp_rmem").read_text().split())
    return most // len(batch.json()[0])
