"""UDP and /dev/log: one message a datagram, and what becomes of those that cannot be sent."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from acctship import HaltError, RetryableError
from acctship.network.addresses import Place
from acctship.network.deadline import Deadline
from acctship.outputs.syslog.config import Config
from acctship.outputs.syslog.datagram import Local, Udp
from acctship.testing import events, hostile_events
from tests.cli.service import until
from tests.outputs.syslog.conftest import StartRsyslog
from tests.outputs.syslog.sending import BRIEF, built, ids, opened
from tests.servers.rsyslog import Listening


def deadline(seconds: float = 30) -> Deadline:
    return Deadline(seconds, threading.Event())


@pytest.mark.parametrize("way", ["udp", "unix-dgram"])
def test_each_message_is_a_datagram(way: Listening, rsyslog: StartRsyslog) -> None:
    server, batch = rsyslog(way), hostile_events()
    with opened(way.partition("-")[0], server.address(way)) as output:
        output.send(batch)
    until(lambda: ids(server.messages()) == list(batch.ids), "all have arrived, in order")


def listener() -> tuple[socket.socket, Place]:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock, Place(socket.AF_INET, sock.getsockname(), f"127.0.0.1:{sock.getsockname()[1]}")


def test_what_no_datagram_can_hold_is_rejected_and_the_others_are_sent() -> None:
    sock, place = listener()
    with sock:
        session = Udp([place])
        rejected = session.send([b"first", b"x" * 65_508, b"last"], deadline())
        session.close()
        assert rejected == {1: f"{place.peer}: 65508 bytes are longer than a datagram can be: lower max_message"}
        assert [sock.recv(100), sock.recv(100)] == [b"first", b"last"]


def test_refusal_is_noticed_and_the_next_receiver_gets_the_batch() -> None:
    dead, nobody = listener()
    dead.close()
    sock, place = listener()
    with sock:
        session = Udp([nobody, place])
        session.send([b"first", b"second"], deadline())
        session.send([b"third"], deadline())
        session.close()
        assert [sock.recv(100) for _ in range(3)] == [b"first", b"second", b"third"]


def test_refusal_by_all_is_a_matter_of_time() -> None:
    dead, nobody = listener()
    dead.close()
    with (
        opened("udp", nobody.peer) as output,
        pytest.raises(RetryableError, match=f"{nobody.peer}: Connection refused"),
    ):
        output.send(events(2))


def test_check_says_that_nobody_answers_over_udp() -> None:
    config = Config(transport="udp", address="127.0.0.1:9")
    assert config.output(config.delivery()).check() == (  # type: ignore[attr-defined]  # optional
        "127.0.0.1:9 has an address: whether anybody listens there is not told over UDP"
    )


def test_names_are_resolved_anew_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    sock, place = listener()
    with sock:
        session = Udp([place])
        assert session.alive()
        monkeypatch.setattr("acctship.outputs.syslog.datagram._ANEW", 0.0)
        assert not session.alive()
        session.close()


def test_daemon_that_does_not_run_is_a_matter_of_time(tmp_path: Path) -> None:
    output = built("unix", str(tmp_path / "log"))
    with pytest.raises(RetryableError, match="/log: No such file or directory: is the syslog daemon running"):
        output.open()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left_behind:
        left_behind.bind(str(tmp_path / "log"))
    with pytest.raises(RetryableError, match="/log: Connection refused: is the syslog daemon running"):
        output.send(events(1))
    output.close()


def test_socket_of_neither_kind_is_a_matter_for_a_person(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as odd:
        odd.bind(str(tmp_path / "log"))
        odd.listen()
        output = built("unix", str(tmp_path / "log"))
        with pytest.raises(HaltError, match="/log: is a socket, but of a kind that nothing is sent to"):
            output.open()
        output.close()


def test_daemon_that_reads_nothing_acknowledges_nothing(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(str(tmp_path / "log"))
        with (
            opened("unix", str(tmp_path / "log"), timeout=BRIEF) as output,
            pytest.raises(RetryableError, match=r"/log: no answer in 0\.8 s"),
        ):
            output.send(events(1))


def test_daemon_that_was_replaced_before_it_had_read_all_acknowledges_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log"
    before, after = (socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2))
    with before, after:
        before.bind(str(path))
        session = Local(str(path))
        path.unlink()
        after.bind(str(path))
        assert not session.alive()
        reading = threading.Thread(target=before.recv, args=(100,))
        reading.start()
        with pytest.raises(RetryableError, match="its daemon was replaced before it had read all"):
            session.send([b"message"], deadline())
        reading.join()
        session.close()


def test_restarted_daemon_gets_the_next_batch(rsyslog: StartRsyslog) -> None:
    server = rsyslog("unix-dgram")
    with opened("unix", server.address("unix-dgram")) as output:
        output.send(events(1))
        server.stop()
        server.start()
        output.send(events(1, first_pid=2))
    assert ids(server.messages()) == [*events(1).ids, *events(1, first_pid=2).ids]
