"""What `written` cannot promise: a server that is killed loses what lies in its kernel's buffer, and nothing else."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

import acctship
from acctship.testing import events
from tests.cli.service import until
from tests.outputs.syslog.conftest import StartRsyslog
from tests.outputs.syslog.sending import ids, opened
from tests.servers.certificates import Authority
from tests.servers.rsyslog import Listening

AT_ONCE = 100  # events: no more than the window of a kernel that has hardly begun
MANY = 200_000
"""More events than fit into the buffers of both kernels."""


@pytest.mark.parametrize("way", ["tcp", "tls"])
def test_server_that_dies_loses_what_it_had_not_read(
    way: Listening, rsyslog: StartRsyslog, authority: Authority
) -> None:
    server, batch = rsyslog(way), events(MANY)
    keys: dict[str, Any] = {"ca": authority.ca} if way == "tls" else {}
    with opened(way, server.address(way), timeout=2.0, **keys) as output:
        output.send(batch[:AT_ONCE])
        until(lambda: len(server.messages()) == AT_ONCE, "the first batch is read")
        server.signal(signal.SIGSTOP)
        at = first_that_fails(output, batch)
        unread = unread_bytes(server.port(way))
        server.kill()
        server.start()
        output.send(batch[at : at + AT_ONCE])
    until(lambda: len(server.messages()) == 2 * AT_ONCE, "the batch that failed is there")
    assert ids(server.messages()) == [*batch.ids[:AT_ONCE], *batch.ids[at : at + AT_ONCE]]
    assert 0 < sum(map(len, batch.json()[AT_ONCE:at])) <= unread, "what was written is what its kernel had"


def unread_bytes(port: int) -> int:
    """What the kernel holds for whoever reads from connections to a port: rx_queue, proc(5)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].rpartition(":")[2], 16) for row in rows if int(row[1].rpartition(":")[2], 16) == port)


def first_that_fails(output: acctship.Output, batch: acctship.EventBatch) -> int:
    """Send on, and give the position of the events that were the first not to be written."""
    for at in range(AT_ONCE, MANY, AT_ONCE):
        try:
            output.send(batch[at : at + AT_ONCE])
        except (acctship.RetryableError, OSError):
            return at
    pytest.fail("a server that reads nothing took everything")
