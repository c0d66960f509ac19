"""TCP and Unix streams: framing, and peers that are deaf, dead, or no syslog servers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from acctship import HaltError, RetryableError
from acctship.testing import events, hostile_events
from tests.cli.service import until
from tests.outputs.syslog.conftest import StartRsyslog
from tests.outputs.syslog.sending import BRIEF, built, ids, opened, until_dead
from tests.outputs.syslog.standin import StandIn
from tests.servers.rsyslog import Listening


@pytest.mark.parametrize("framing", ["octet-counting", "newline"])
@pytest.mark.parametrize("way", ["tcp", "unix-stream"])
def test_both_framings_arrive(way: Listening, framing: str, rsyslog: StartRsyslog) -> None:
    server, batch = rsyslog(way), hostile_events()
    with opened(way.partition("-")[0], server.address(way), framing=framing) as output:
        output.send(batch)
    until(lambda: ids(server.messages()) == list(batch.ids), "all have arrived, in order, cut where they end")


def test_send_returns_only_when_the_kernel_of_the_peer_has_all() -> None:
    with StandIn() as server, opened("tcp", f"127.0.0.1:{server.port}", timeout=BRIEF) as output:
        with server.fault("hang"), pytest.raises(RetryableError, match=r"127\.0\.0\.1:[0-9]+: no answer in 0\.8 s"):
            output.send(events(90))
        output.send(events(2, first_pid=91))
        until(lambda: set(events(2, first_pid=91).ids) <= set(server.ids()), "the next send has a new connection")


def test_nobody_there_is_a_matter_of_time() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # not listening
        output = built("tcp", f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(RetryableError, match=r"127\.0\.0\.1:[0-9]+: Connection refused"):
            output.open()
        output.close()


@contextmanager
def peer(*says: bytes) -> Iterator[str]:
    """The address of one that reads each connection's first bytes, says something, and closes it; at once for none."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            for what in says:
                sock, _ = listener.accept()
                with sock:
                    if what:
                        sock.recv(65536)
                        sock.sendall(what)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_peer_that_closes_what_it_has_just_accepted_gets_no_events() -> None:
    with peer(b"") as address:
        output = built("tcp", address)
        with pytest.raises(RetryableError, match="closed the connection at once: may this machine send there"):
            output.open()
        output.close()


def test_peer_that_answers_is_no_syslog_server() -> None:
    with (
        peer(b"HTTP/1.1 400 Bad Request\r\n\x1b[31m") as address,
        opened("tcp", address) as output,
        pytest.raises(HaltError, match=r"is no syslog server, for it says HTTP/1\.1 400 Bad Request\\x0d\\x0a\\x1b"),
    ):
        output.send(events(1))


def test_dead_peer_is_noticed_before_a_write() -> None:
    with StandIn() as server, opened("tcp", f"127.0.0.1:{server.port}") as output:
        output.send(events(1))
        with server.fault("down"):
            until_dead(output)
        output.send(events(2, first_pid=2))
        until(lambda: set(events(2, first_pid=2).ids) <= set(server.ids()), "they went over a new connection")


def test_check_reaches_and_sends_nothing() -> None:
    with StandIn() as server:
        output = built("tcp", [f"127.0.0.1:{server.port}", "127.0.0.1:1"])
        line = output.check()  # type: ignore[attr-defined]  # optional in the contract
        assert line == f"127.0.0.1:{server.port} can be reached; but 127.0.0.1:1: Connection refused"
        output.close()
    assert server.ids() == []
