"""Each transport and format arrives in real rsyslog and real syslog-ng, and reads back as the event it was."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import acctship
from acctship.deployed import deploy
from acctship.outputs.syslog.config import Config
from acctship.outputs.syslog.message import Formatter
from acctship.testing import deliver, events
from tests.cli.service import until
from tests.conftest import skip
from tests.faults.campaign import LARGE
from tests.outputs.syslog import reading
from tests.outputs.syslog.making import HOSTILE, everything
from tests.programs import UnavailableError
from tests.servers import rsyslog, syslog_ng
from tests.servers.certificates import Authority, Issued

RSYSLOG: tuple[rsyslog.Listening, ...] = ("tcp", "udp", "tls", "relp", "relp+tls", "unix-dgram", "unix-stream")
SYSLOG_NG: tuple[syslog_ng.Listening, ...] = ("tcp", "tcp-newline", "udp", "tls", "unix-dgram", "unix-stream")
SHAPES: dict[str, dict[str, Any]] = {
    "json": {"format": "json"},
    "cee": {"format": "cee"},
    "text": {"format": "text"},
    "structured": {"format": "json", "structured_data": True},
    "3164": {"format": "json", "rfc": "3164"},
}
CASES = [
    (server, way, shape)
    for server, ways in (("rsyslog", (*RSYSLOG, "tcp-newline")), ("syslog-ng", SYSLOG_NG))
    for way in ways
    for shape in SHAPES
    if not (way.startswith("unix") and shape in ("structured", "3164"))  # behind /dev/log, all is RFC 3164
]
FLOOD = 100_000 if LARGE else 10_000
PASSWORD = "correct horse"


class Servers:
    """Both, each listening in all its ways, and what an output needs to reach them."""

    def __init__(self, folder: Path, authority: Authority, server: Issued) -> None:
        self._authority, self._client = authority, authority.issue("client", password=PASSWORD)
        first = rsyslog.Rsyslog(folder / "rsyslog", *RSYSLOG, certificate=server, ca=authority.ca)
        second = syslog_ng.SyslogNg(folder / "syslog-ng", *SYSLOG_NG, certificate=server, ca=authority.ca)
        self.by_name: dict[str, rsyslog.Rsyslog | syslog_ng.SyslogNg] = {"rsyslog": first, "syslog-ng": second}
        self._addresses = {("rsyslog", str(way)): first.address(way) for way in RSYSLOG}
        self._addresses["rsyslog", "tcp-newline"] = first.address("tcp")  # it tells by the first character
        self._addresses |= {("syslog-ng", str(way)): second.address(way) for way in SYSLOG_NG}

    def table(self, server: str, way: str) -> dict[str, Any]:
        """How a site configures that: a stream where messages stand on lines has them so."""
        keys: dict[str, Any] = {"type": "syslog", "transport": way.partition("-")[0]}
        keys["address"] = self._addresses[server, way]
        if way == "tcp-newline" or (server, way) == ("syslog-ng", "unix-stream"):
            keys["framing"] = "newline"
        if "tls" in way:
            keys |= {"ca": str(self._authority.ca), "key_password": {"env": "KEY_PASSWORD"}}
            keys |= {"certificate": str(self._client.certificate), "key": str(self._client.key)}
        return keys

    def send(self, server: str, keys: Mapping[str, Any], batch: acctship.EventBatch) -> list[dict[str, Any]]:
        """Deliver events; gives what the server made of them."""
        it = self.by_name[server]
        before = len(it.messages())
        done = deliver(deploy("tested", keys), [batch])
        assert (done.acknowledged, done.rejected, done.failure) == (len(batch), {}, None)
        until(lambda: len(it.messages()) >= before + len(batch), "all have arrived")
        return it.messages()[before:]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, authority: Authority, certificate: Issued) -> Iterator[Servers]:
    try:
        made = Servers(tmp_path_factory.mktemp("servers"), authority, certificate)
    except UnavailableError as error:
        skip(str(error))
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEY_PASSWORD", PASSWORD)
        for one in made.by_name.values():
            stack.enter_context(one)
        yield made


def expect(shape: str, way: str, raw: bytes, line: bytes, got: Mapping[str, str]) -> None:
    """See that a server understood a message as the RFC has it, and that the event is in it."""
    is_5424 = shape != "3164" and not way.startswith("unix")
    sent, event = (reading.rfc5424 if is_5424 else reading.rfc3164)(raw), json.loads(line)
    parts = {name: None if got[name] in ("", "-") else got[name] for name in ("host", "procid", "msgid")}
    assert (int(got["pri"]), got["app"], parts["procid"]) == (sent.pri, sent.app, sent.procid)
    if not way.startswith("unix"):
        assert parts["host"] == sent.host
    if is_5424:
        assert parts["msgid"] == sent.msgid
        assert datetime.fromisoformat(got["time"]) == datetime.fromisoformat(event["@timestamp"])
    if sent.data is not None:
        again = reading.rfc5424(f"<1>1 {event['@timestamp']} - a - - {got['structured']} x".encode())
        assert (again.sd_id, again.data) == (sent.sd_id, sent.data)
    said = got["msg"].removeprefix(" ")  # rsyslog keeps the space behind the tag of RFC 3164
    if shape == "text":
        found = dict(reading.text(said))
        assert found["id"].decode() == event["event"]["id"]
        if "process" in event:
            assert found["command"] == acctship.unescape(event["process"]["name"])
            assert found["pid"].decode() == str(event["process"]["pid"])
        assert said == sent.msg
    else:
        assert said.startswith("@cee: {") == (shape == "cee")
        assert json.loads(said.removeprefix("@cee: ")) == event


@pytest.mark.parametrize(("server", "way", "shape"), CASES)
def test_arrives_and_reads_back_as_the_same_event(server: str, way: str, shape: str, servers: Servers) -> None:
    batch = acctship.EventBatch.from_json([*everything().json(), *everything(HOSTILE).json()])
    keys = {"max_message": 16_000} | servers.table(server, way) | SHAPES[shape]
    arrived = servers.send(server, keys, batch)
    plain = {key: value for key, value in keys.items() if key not in ("type", "key_password")}
    sent, _ = Formatter(Config(**plain)).messages(batch)
    for raw, line, got in zip(sent, batch.json(), arrived, strict=True):
        expect(shape, way, raw, line, got)


@pytest.mark.parametrize(
    ("server", "way"),
    [("rsyslog", "tcp"), ("rsyslog", "tls"), ("rsyslog", "relp"), ("syslog-ng", "tcp"), ("syslog-ng", "tls")],
)
def test_many_arrive_once_and_in_order(server: str, way: str, servers: Servers) -> None:
    batch = events(FLOOD)
    arrived = servers.send(server, servers.table(server, way), batch)
    assert [json.loads(message["msg"])["event"]["id"] for message in arrived] == list(batch.ids)
