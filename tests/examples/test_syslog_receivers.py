"""The receivers in examples/rsyslog and examples/syslog-ng, loaded by the real daemons, do what their comments say."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import acctship
from acctship.delivery.health import health_event
from acctship.delivery.notice import Notice
from acctship.deployed import deploy
from acctship.testing import deliver
from tests.builders import record
from tests.cli.service import until
from tests.conftest import skip
from tests.examples.syslog_daemons import WEB, load, processes, send, source
from tests.programs import UnavailableError
from tests.servers.certificates import Authority, Issued
from tests.servers.daemon import free_port

PORTS = {"tcp": 601, "udp": 514, "tls": 6514, "relp+tls": 20514}
WAYS = [(kind, way) for kind in ("rsyslog", "syslog-ng") for way in PORTS if (kind, way) != ("syslog-ng", "relp+tls")]
SU, FORK = 2, 1
NOW_NS = 1_700_000_000_000_000_000


class Receiver:
    """An example as it stands, but for its paths and its ports."""

    def __init__(self, kind: str, folder: Path, server: Issued, authority: Authority) -> None:
        self.logs, self.ports = folder / "logs", {way: free_port() for one, way in WAYS if one == kind}
        self.logs.mkdir()
        keys = folder / "keys"
        keys.mkdir()
        for name, path in (("ca.pem", authority.ca), ("server.pem", server.certificate), ("server.key", server.key)):
            (keys / name).write_bytes(path.read_bytes())
        places = {"/var/log/acctship": self.logs, f"/etc/{kind}{'.d' * (kind == 'rsyslog')}/acctship": keys}
        ports = {PORTS[way]: free for way, free in self.ports.items()}
        self.daemon = load(kind, "acctship.conf", folder, places, ports)

    def events(self, host: str) -> list[dict[str, Any]]:
        """What is kept of a host."""
        path = self.logs / f"{host}.jsonl"
        return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []

    def alerts(self) -> list[str]:
        """What was told to a person."""
        path = self.logs / "alerts.log"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture(params=["rsyslog", "syslog-ng"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    try:
        return Authority(tmp_path / "authority")
    except UnavailableError as error:
        skip(str(error))


@pytest.fixture
def receiver(kind: str, tmp_path: Path, authority: Authority) -> Iterator[Receiver]:
    try:
        made = Receiver(kind, tmp_path, authority.issue("server"), authority)
    except UnavailableError as error:
        skip(str(error))
    with made.daemon:
        yield made


def table(receiver: Receiver, way: str, authority: Authority, name: str = "web1.clients.example.com") -> dict[str, Any]:
    """The output that reaches it."""
    keys = {"type": "syslog", "transport": way, "address": f"127.0.0.1:{receiver.ports[way]}"}
    if "tls" in way:
        client = authority.issue(name, alternatives=f"DNS:{name}")
        keys |= {"ca": str(authority.ca), "certificate": str(client.certificate), "key": str(client.key)}
    return keys


def stopped(host: str, phase: str) -> bytes:
    """What acctship tells when accounting is off, and when it is on again."""
    notice = Notice("accounting-stopped", "accounting is off", "start" if phase == "start" else "end", "/var/log/pacct")
    return health_event(notice, source(host), NOW_NS, event_id=f"h-{phase}", outage="0-1", began_ns=None)


def test_is_loaded_without_complaint(receiver: Receiver) -> None:
    assert receiver.daemon.check() == ""
    assert receiver.daemon.said() == ""


@pytest.mark.parametrize(("kind", "way"), WAYS, indirect=["kind"])
def test_keeps_the_json_of_each_host_in_its_own_file(way: str, receiver: Receiver, authority: Authority) -> None:
    one, other = processes("web1", record(pid=1), record(pid=2, comm=b"new\nline")), processes("db1", record(pid=3))
    send(table(receiver, way, authority), [*one, *other])
    until(lambda: len(receiver.events("web1")) == 2 and len(receiver.events("db1")) == 1, "both files are there")
    assert (receiver.logs / "web1.jsonl").read_bytes().splitlines() == one
    assert (receiver.logs / "db1.jsonl").read_bytes().splitlines() == other
    assert (receiver.logs / "web1.jsonl").stat().st_mode & 0o777 == 0o640


def test_no_host_name_leads_out_of_the_folder(receiver: Receiver, authority: Authority) -> None:
    (line,) = processes("web1", record())
    names = [b"../escaped", b"..", b".", b"a/../../escaped", b"/tmp/escaped"]
    keys = table(receiver, "tcp", authority)
    with_names = [b"<86>1 2023-11-14T22:13:20Z %b acctship 1 process-ended - %b" % (name, line) for name in names]
    send_raw(receiver.ports["tcp"], with_names)
    send(keys, processes("last", record()))
    until(lambda: bool(receiver.events("last")), "all was read")
    files = [
        path for path in receiver.logs.parent.rglob("*") if path.suffix in (".jsonl", ".log") or "escaped" in path.name
    ]
    assert files
    assert {path.parent for path in files} == {receiver.logs}
    assert not Path("/tmp/escaped.jsonl").exists()


def test_what_is_no_json_does_not_come_among_it(receiver: Receiver, authority: Authority) -> None:
    send_raw(receiver.ports["tcp"], [b"<86>1 2023-11-14T22:13:20Z web1 other - - - hello"])
    send(table(receiver, "tcp", authority), processes("web1", record()))
    until(lambda: bool(receiver.events("web1")), "the event is there")
    until((receiver.logs / "not-json.log").exists, "what is no event is elsewhere")
    assert "hello" in (receiver.logs / "not-json.log").read_text()
    assert len(receiver.events("web1")) == 1


def test_alerts_tell_what_they_are_for_and_nothing_else(receiver: Receiver, authority: Authority) -> None:
    alerting = processes("web1", record(pid=7, uid=WEB, flag=SU, comm=b"sudo\x1b[31m"))
    others = processes(
        "web1",
        record(pid=8, uid=WEB, comm=b"sh"),
        record(pid=9, uid=WEB, flag=SU | FORK, comm=b"apache2"),
        record(pid=10, uid=0, flag=SU, comm=b"su"),
        record(pid=11, uid=1000, flag=SU, comm=b"sudo"),
        record(pid=12, uid=WEB, comm=b'"su"'),
    )
    end = stopped("web1", "end")
    send(table(receiver, "tcp", authority), [*others, *alerting, end, stopped("web1", "start"), *others, end])
    until(lambda: len(receiver.events("web1")) == 14, "all is kept")
    until(lambda: len(receiver.alerts()) >= 2, "both alerts are told")
    privileges, accounting = receiver.alerts()
    assert "web1 root's privileges used by the web server's user: command sudo" in privileges
    assert "user www-data, pid 7, parent 1" in privileges
    assert json.loads(alerting[0])["event"]["id"] in privileges
    assert "\x1b" not in privileges
    assert "web1 accounting stopped: accounting is off" in accounting
    assert "runbook.md#accounting-stopped), event h-start" in accounting


def test_alert_is_one_line_whatever_a_sender_makes_up(receiver: Receiver, authority: Authority) -> None:
    (line,) = processes("web1", record(pid=7, uid=WEB, flag=SU, comm=b"sudo"))
    forged = line.replace(b'"sudo"', b'"x\\nroot logged in\\u001b[31m"')
    assert json.loads(forged)["process"]["name"] == "x\nroot logged in\x1b[31m"
    send_raw(receiver.ports["tcp"], [b"<86>1 2023-11-14T22:13:20Z web1 acctship 1 process-ended - %b" % forged])
    send(table(receiver, "tcp", authority), [line])
    until(lambda: len(receiver.alerts()) >= 2, "both alerts are told")
    assert all("root's privileges used by" in alert and "\x1b" not in alert for alert in receiver.alerts())


def test_client_of_another_authority_is_refused(
    kind: str, receiver: Receiver, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger").issue("web1.clients.example.com")
    for way in ("tls", "relp+tls") if kind == "rsyslog" else ("tls",):
        keys = table(receiver, way, authority)
        keys |= {"certificate": str(stranger.certificate), "key": str(stranger.key)}
        done = deliver(deploy("tested", keys), [acctship.EventBatch.from_json(processes("web1", record()))])
        assert done.failure is not None
    assert receiver.events("web1") == []


def test_client_with_another_name_is_refused_by_rsyslog(tmp_path: Path, authority: Authority) -> None:
    try:
        receiver = Receiver("rsyslog", tmp_path, authority.issue("server"), authority)
    except UnavailableError as error:
        skip(str(error))
    with receiver.daemon:
        for way in ("tls", "relp+tls"):
            keys = table(receiver, way, authority, "web1.elsewhere.example.com")
            done = deliver(deploy("tested", keys), [acctship.EventBatch.from_json(processes("web1", record()))])
            assert done.failure is not None
        assert receiver.events("web1") == []


def send_raw(port: int, messages: Sequence[bytes]) -> None:
    """What acctship would never send."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"".join(b"%d %b" % (len(message), message) for message in messages))
