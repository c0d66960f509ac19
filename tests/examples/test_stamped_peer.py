"""examples/*/stamped.conf, loaded by the real daemons: whoever speaks for another host is known by its certificate."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import acctship
from acctship.deployed import deploy
from acctship.testing import deliver
from tests.builders import record
from tests.cli.service import until
from tests.conftest import skip
from tests.examples.syslog_daemons import load, processes, send
from tests.programs import UnavailableError
from tests.servers.certificates import Authority, Issued
from tests.servers.daemon import free_port

HOSTS = ("web1", "db1")
PORTS = {"rsyslog": {"web1": 20601, "db1": 20602}, "syslog-ng": {"web1": 6514, "db1": 6514}}
BURST = 300
"""Messages that are read many at once."""
KEYS = {"rsyslog": "/etc/rsyslog.d/acctship", "syslog-ng": "/etc/syslog-ng/acctship"}


class Relay:
    """An example as it stands, but for its paths and its ports; and a certificate for each host."""

    def __init__(self, kind: str, folder: Path) -> None:
        authority = Authority(folder / "authority")
        server = authority.issue("server")
        self.kind, self.ca, self.logs = kind, authority.ca, folder / "logs"
        self.clients = {host: authority.issue(host, alternatives=f"DNS:{host}") for host in HOSTS}
        self.logs.mkdir()
        places = {
            f"{KEYS[kind]}/ca.pem": authority.ca,
            f"{KEYS[kind]}/server.pem": server.certificate,
            f"{KEYS[kind]}/server.key": server.key,
            "/var/log/acctship": self.logs,
        }
        ports = {port: free_port() for port in PORTS[kind].values()}
        self.ports = {host: ports[port] for host, port in PORTS[kind].items()}
        self.daemon = load(kind, "stamped.conf", folder, places, ports)

    def table(self, host: str, client: Issued) -> dict[str, Any]:
        """The output with which somebody reaches the input of a host."""
        keys = {"transport": "relp+tls"} if self.kind == "rsyslog" else {"transport": "tls", "framing": "newline"}
        files = {"ca": str(self.ca), "certificate": str(client.certificate), "key": str(client.key)}
        return {"type": "syslog", "address": f"127.0.0.1:{self.ports[host]}", **keys, **files}

    def lines(self, name: str) -> list[str]:
        path = self.logs / name
        return path.read_text().splitlines() if path.exists() else []

    def raw(self, client: Issued, host: str, message: bytes) -> None:
        """What acctship would never send, in RELP or on lines."""
        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(client.certificate, client.key)
        with (
            socket.create_connection(("127.0.0.1", self.ports[host])) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as sock,
        ):
            if self.kind == "syslog-ng":
                sock.sendall(message + b"\n")
                return
            offer = b"relp_version=0\nrelp_software=test\ncommands=syslog"
            for number, command, data in ((1, b"open", offer), (2, b"syslog", message)):
                sock.sendall(b"%d %b %d %b\n" % (number, command, len(data), data))
                assert sock.recv(4096)


@pytest.fixture(params=PORTS)
def relay(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Relay]:
    try:
        made = Relay(str(request.param), tmp_path)
    except UnavailableError as error:
        skip(str(error))
    with made.daemon:
        yield made


def test_whoever_speaks_for_another_host_is_stamped_and_told(relay: Relay) -> None:
    assert relay.daemon.check() == ""
    own, foreign = processes("web1", record(pid=1)), processes("db1", record(pid=2, comm=b'x"}\n,'))
    own *= BURST
    honest = processes("db1", record(pid=3))
    send(relay.table("web1", relay.clients["web1"]), [*own, *foreign])
    send(relay.table("db1", relay.clients["db1"]), honest)
    until(lambda: len(relay.lines("web1.jsonl")) == BURST + 1 and len(relay.lines("db1.jsonl")) == 1, "all are kept")
    until(lambda: bool(relay.lines("alerts.log")), "somebody is told")

    kept = [json.loads(line) for line in relay.lines("web1.jsonl") + relay.lines("db1.jsonl")]
    assert [line["peer"] for line in kept] == ["web1"] * (BURST + 1) + ["db1"]
    assert [json.loads(line["event"]) for line in kept] == [json.loads(line) for line in [*own, *foreign, *honest]]
    (alert,) = relay.lines("alerts.log")
    assert alert.endswith(" web1 spoke for another host: db1")
    assert relay.daemon.said() == ""


def test_no_message_makes_up_a_peer(relay: Relay) -> None:
    for json_and_more in (b'{"a":1},"peer":"db1"', b'{"a":1}} {"peer":"db1"', b'{"a":1}\n{"peer":"db1"}'):
        text = b"<86>1 2023-11-14T22:13:20Z db1 acctship 1 process-ended - " + json_and_more
        relay.raw(relay.clients["web1"], "web1", text)
    send(relay.table("web1", relay.clients["web1"]), processes("web1", record()))
    until(lambda: any("process-ended" in line for line in relay.lines("web1.jsonl")), "all was read")

    assert {json.loads(line)["peer"] for line in relay.lines("web1.jsonl")} == {"web1"}
    assert not (relay.logs / "db1.jsonl").exists()


def test_certificate_of_another_host_is_not_let_in_by_rsyslog(tmp_path: Path) -> None:
    try:
        relay = Relay("rsyslog", tmp_path)
    except UnavailableError as error:
        skip(str(error))
    with relay.daemon:
        batch = acctship.EventBatch.from_json(processes("db1", record()))
        done = deliver(deploy("tested", relay.table("db1", relay.clients["web1"])), [batch])
        assert done.failure is not None
        assert not (relay.logs / "db1.jsonl").exists()
