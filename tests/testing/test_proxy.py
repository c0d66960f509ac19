"""The proxy between a client and a real server: it passes everything on, or shows the fault that it is told to show."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from acctship.testing import FaultProxy

TIME_LIMIT = 10.0


class Echo(socketserver.BaseRequestHandler):
    """Says back what it hears, and remembers it."""

    def handle(self) -> None:
        while data := self.request.recv(65536):
            heard.append(data)
            self.request.sendall(data)


heard: list[bytes] = []


@pytest.fixture
def server() -> Iterator[int]:
    """Port of a server."""
    heard.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as made:
        made.daemon_threads = True
        made.handle_error = lambda *_: None  # type: ignore[method-assign]  # resets are what is tested
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made.server_address[1]
        made.shutdown()


@pytest.fixture
def proxy(server: int) -> Iterator[FaultProxy]:
    with FaultProxy("127.0.0.1", server) as made:
        yield made


def connect(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=TIME_LIMIT)


def ask(client: socket.socket, data: bytes) -> bytes:
    """Say something, and wait for an answer of the same length."""
    client.sendall(data)
    answer = b""
    while len(answer) < len(data) and (part := client.recv(65536)):
        answer += part
    return answer


def works(proxy: FaultProxy) -> bool:
    with connect(proxy) as client:
        return ask(client, b"well") == b"well"


def test_everything_passes_in_both_directions(proxy: FaultProxy) -> None:
    data = bytes(range(256)) * 4096
    with connect(proxy) as client:
        threading.Thread(target=client.sendall, args=(data,), daemon=True).start()
        answer = b""
        while len(answer) < len(data):
            answer += client.recv(65536)
    assert answer == data


def test_end_of_what_a_client_says_passes_and_answers_still_come(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        client.sendall(b"last")
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while part := client.recv(100):
            answer += part
    assert answer == b"last"


def test_down_refuses_and_cuts_off_and_the_port_comes_back(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        assert ask(client, b"before") == b"before"
        with proxy.fault("down"):
            with pytest.raises(ConnectionRefusedError):
                connect(proxy)
            with pytest.raises(ConnectionError):
                client.recv(1)
    assert works(proxy)


def test_hang_answers_nothing_until_it_is_over(proxy: FaultProxy) -> None:
    with connect(proxy) as old:
        assert ask(old, b"before") == b"before"
        with proxy.fault("hang"), connect(proxy) as new:
            for client in (old, new):
                client.settimeout(0.1)
                with pytest.raises(TimeoutError):
                    ask(client, b"during")
            assert heard == [b"before"]
        old.settimeout(TIME_LIMIT)
        assert old.recv(100) == b"during"
    assert works(proxy)


def test_reset_lets_a_client_connect_and_cuts_it_off_when_it_speaks(proxy: FaultProxy) -> None:
    with connect(proxy) as old:
        assert ask(old, b"before") == b"before"
        with proxy.fault("reset"), connect(proxy) as new:
            for client in (old, new):
                with pytest.raises(ConnectionResetError):
                    ask(client, b"during")
    assert heard == [b"before"]
    assert works(proxy)


def test_lost_ack_lets_the_server_hear_and_resets_the_client(proxy: FaultProxy) -> None:
    with proxy.fault("lost-ack"), connect(proxy) as client, pytest.raises(ConnectionResetError):
        ask(client, b"during")
    assert heard == [b"during"]
    assert works(proxy)


def test_lost_ack_shows_the_beginning_of_every_second_answer(proxy: FaultProxy) -> None:
    with proxy.fault("lost-ack"):
        with connect(proxy) as first, pytest.raises(ConnectionResetError):
            ask(first, b"first")
        with connect(proxy) as second:
            assert ask(second, b"second") == b"sec"
    assert heard == [b"first", b"second"]


def test_greeting_is_answered_while_answers_are_lost(server: int) -> None:
    with FaultProxy("127.0.0.1", server, greeting=5) as proxy, proxy.fault("lost-ack"), connect(proxy) as client:
        assert ask(client, b"hello") == b"hello"
        with pytest.raises(ConnectionResetError):
            ask(client, b"request")
    assert heard == [b"hello", b"request"]


def test_client_of_a_server_that_is_gone_is_reset() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
        with (
            FaultProxy("127.0.0.1", unused.getsockname()[1]) as proxy,
            pytest.raises(ConnectionResetError),
            connect(proxy) as client,
        ):
            client.recv(1)


def test_close_cuts_off_and_refuses(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        assert ask(client, b"before") == b"before"
        proxy.close()
        with pytest.raises(ConnectionError):
            client.recv(1)
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)


def test_no_thread_is_left(server: int) -> None:
    with FaultProxy("127.0.0.1", server) as proxy:
        assert works(proxy)
    mine = [thread for thread in threading.enumerate() if thread.name.startswith("fault-proxy")]
    for thread in mine:
        thread.join(TIME_LIMIT)
    assert not any(thread.is_alive() for thread in mine)
