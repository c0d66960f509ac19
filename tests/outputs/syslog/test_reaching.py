"""Which receiver is reached: IPv4 and IPv6, names at each connection, several in order."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from acctship import ConfigError, RetryableError
from acctship.testing import events
from tests.cli.service import until
from tests.outputs.syslog.relp_standin import RelpStandIn
from tests.outputs.syslog.sending import BRIEF, built, opened, until_dead
from tests.outputs.syslog.standin import StandIn


@pytest.mark.parametrize(
    "text",
    ["siem", ":514", "siem:", "siem:0", "siem:65536", "siem:-1", "siem:٣", "2001:db8::7:514", "[siem]:514", "[]:1"],
)
@pytest.mark.parametrize("transport", ["tcp", "udp", "relp"])
def test_what_is_no_address_is_said_before_anything_is_touched(text: str, transport: str) -> None:
    with pytest.raises(ConfigError, match=r"^address: .*: expected "):
        built(transport, text)


def test_ipv6() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6, not even for itself")
    with listener, opened("tcp", f"[::1]:{listener.getsockname()[1]}") as output:
        output.send(events(1))
        sock, _ = listener.accept()
        with sock:
            assert b'"process-ended"' in sock.recv(65536)


def resolving(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> None:
    """Have names lead where the test says: the machine's resolver cannot be told."""
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, **kinds: Any) -> list[Any]:
        if host in names and not names[host]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [found for one in names.get(host, [host]) for found in real(one, port, **kinds)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_name_is_resolved_anew_at_each_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, list[str]] = {"siem.example": []}
    resolving(monkeypatch, names)
    with StandIn() as server:
        output = built("tcp", f"siem.example:{server.port}")
        with pytest.raises(RetryableError, match=r"siem\.example:[0-9]+: Name or service not known"):
            output.open()
        names["siem.example"] = ["127.0.0.1"]
        output.send(events(1))
        output.close()
        until(lambda: len(server.ids()) == 1, "it has arrived")


def test_all_addresses_of_a_name_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, {"siem.example": ["127.0.0.99", "127.0.0.1"]})  # nobody listens at the first
    with StandIn() as server, opened("tcp", f"siem.example:{server.port}") as output:
        output.send(events(1))
        until(lambda: len(server.ids()) == 1, "it has arrived")


def test_several_receivers_are_tried_in_order_and_each_connection_begins_with_the_first() -> None:
    with StandIn() as first, StandIn() as second:
        both = [f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"]
        with opened("tcp", both) as output:
            output.send(events(1))
            with first.fault("down"):
                until_dead(output)
                output.send(events(2, first_pid=2))
                until(lambda: len(second.ids()) == 2, "the second has what the first could not take")
            with second.fault("down"):
                until_dead(output)
            output.send(events(3, first_pid=4))
            until(lambda: len(first.ids()) == 4, "the first is there again, and has what follows")


def test_receiver_that_hangs_leaves_time_for_the_next() -> None:
    with RelpStandIn(opening=b"") as deaf, RelpStandIn() as server:
        deaf._answer = lambda *_: b""  # type: ignore[method-assign]  # it takes connections and is silent
        with opened("relp", [f"127.0.0.1:{deaf.port}", f"127.0.0.1:{server.port}"], timeout=BRIEF) as output:
            output.send(events(2))
    assert len(server.taken()) == 2
