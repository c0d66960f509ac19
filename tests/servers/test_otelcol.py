"""The collector keeps what it has in its file, by HEC and by forward, when it is killed, and shows HEC's faults."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import urllib.error
import urllib.request
from pathlib import Path

import msgspec
import pytest

from tests.cli.service import until
from tests.servers.certificates import Authority, Issued
from tests.servers.fixtures import Serve
from tests.servers.otelcol import TOKEN, Collector, Listening

EVENT = {
    "time": "1700000000.123456",
    "host": "web1",
    "source": "acct",
    "sourcetype": "acctship",
    "index": "main",
    "event": {"process": {"name": "sh", "args": ["a", None, {}]}, "ok": True},
    "fields": {"id": "x"},
}
RECORD = {"process": {"name": "sh", "pid": 7}, "log": {"file": {"path": "/var/log/account/pacct"}}}
CHANNEL = "0aeeac95-ac74-4aa9-b30d-6c4c0ac581ba"
NS = 1_700_000_000_123_456_789


def post(collector: Collector, way: Listening, body: object, *, path: str = "event", ca: Path | None = None) -> bytes:
    """Send one request of HEC; gives the answer."""
    context = ssl.create_default_context(cafile=ca) if ca else None
    headers = {"Authorization": f"Splunk {TOKEN}", "X-Splunk-Request-Channel": CHANNEL}
    url = f"{collector.url(way)}/services/collector/{path}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, context=context, timeout=30) as answer:
        return bytes(answer.read())


def forward(collector: Collector, way: Listening) -> object:
    """Send one message of forward; gives the answer."""
    time = msgspec.msgpack.Ext(0, struct.pack(">II", *divmod(NS, 1_000_000_000)))
    message = msgspec.msgpack.encode(["acct.process", time, RECORD, {"chunk": "abc"}])
    where, port = collector.address(way), None if "unix" in way else int(collector.address(way).rpartition(":")[2])
    with socket.socket(socket.AF_UNIX if port is None else socket.AF_INET) as sock:
        sock.settimeout(30)
        sock.connect(where if port is None else ("127.0.0.1", port))
        sock.sendall(message)
        return msgspec.msgpack.decode(sock.recv(1000))


@pytest.fixture
def collector(tmp_path: Path, certificate: Issued, serve: Serve) -> Collector:
    ways: tuple[Listening, ...] = ("hec", "hec-ack", "hec-tls", "hec-ack-tls", "forward", "forward-unix")
    made = serve(Collector, tmp_path / "collector", *ways, max_body=2000, certificate=certificate)
    assert not made.check()
    return made


def test_what_it_has_written_outlives_a_kill(collector: Collector, authority: Authority) -> None:
    assert json.loads(post(collector, "hec", EVENT)) == {"text": "Success", "code": 0}
    assert "ackId" not in json.loads(post(collector, "hec-tls", EVENT, ca=authority.ca))
    first = json.loads(post(collector, "hec-ack", EVENT))["ackId"]
    second = json.loads(post(collector, "hec-ack-tls", EVENT, ca=authority.ca))["ackId"]
    asked = json.loads(post(collector, "hec-ack", {"acks": [first, second]}, path="ack"))
    assert asked == {"acks": {str(first): True, str(second): True}}
    assert forward(collector, "forward") == forward(collector, "forward-unix") == {"ack": "abc"}
    until(lambda: len(collector.messages()) == 6, "it has written what it acknowledged by forward before")
    collector.kill()
    with collector.received.open("ab") as file:
        file.write(b'{"resourceLogs": [')  # where a killed one may stop
    collector.start()
    assert forward(collector, "forward") == {"ack": "abc"}
    sent = EVENT | {"time_ns": 1_700_000_000_123_456_000}
    del sent["time"]
    of_forward = {"tag": "acct.process", "time_ns": NS, "record": RECORD}
    until(lambda: len(collector.messages()) == 7, "it has written that, too")
    assert collector.messages() == [sent] * 4 + [of_forward] * 3


@pytest.mark.parametrize("way", ["hec", "hec-ack"])
def test_too_large_a_body_is_refused(way: Listening, collector: Collector) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        post(collector, way, EVENT | {"event": "x" * 3000})
    with caught.value as answer:
        assert (answer.code, json.loads(answer.read())["code"]) == (400, 6)
    assert not collector.messages()


def test_full_disk_is_answered_with_500(collector: Collector) -> None:
    collector.stop()
    collector.received.unlink()
    collector.received.symlink_to("/dev/full")
    collector.start()
    with pytest.raises(urllib.error.HTTPError) as caught:
        post(collector, "hec", EVENT)
    with caught.value as answer:
        assert answer.code == 500
