"""The OpenTelemetry Collector, with its receivers of HEC and of forward, built by its own builder from Go's modules.

HEC's bad tokens get 401 as text, not Splunk's JSON; too large a body is 400 with code 6; any index is accepted; a body
with one bad event stores nothing; acknowledgements are true at once, and once only; numbers become doubles. Forward has
no TLS and no handshake; it acknowledges what it has queued, so that a kill, or a full disk, loses what is acknowledged;
a `chunk` as msgpack bin is stored and not acknowledged; times are exact; of `log` and `message` in one record it keeps
the later one.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tests.programs import built_folder, run_builder
from tests.servers.certificates import Issued
from tests.servers.daemon import Daemon, Received

MANIFEST = Path(__file__).parent / "otelcol/manifest.yaml"
VERSION = "v0.145.0"
TOKEN = "11111111-2222-3333-4444-555555555555"

Listening = Literal["hec", "hec-ack", "hec-tls", "hec-ack-tls", "forward", "forward-unix"]

_HEC = {"host": "host.name", "source": "com.splunk.source", "sourcetype": "com.splunk.sourcetype"} | {
    "index": "com.splunk.index"
}


def otelcol() -> Path:
    """The program.

    Raises:
        UnavailableError: it cannot be built here.
    """
    return built_folder("otelcol", [MANIFEST], _build, takes="two to four minutes") / "otelcol"


def _build(folder: Path) -> None:
    work = folder / "work"
    work.mkdir()
    shutil.copy(MANIFEST, work)
    go = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOBIN": str(work)}
    builder = f"go.opentelemetry.io/collector/cmd/builder@{VERSION}"
    run_builder(["go", "install", builder], work, install="Go 1.24 or later", **go)
    run_builder([work / "builder", f"--config={MANIFEST.name}"], work, install="it", **go)
    (work / "otelcol").rename(folder / "otelcol")
    shutil.rmtree(work)


class Collector(Received[Listening], Daemon):
    """One that listens in every way, or in some, and has each event of HEC in a file before it answers.

    Args:
        folder: made for all of its files.
        listening: in which ways.
        token: that HEC asks for; empty for none.
        max_body: bytes of a body for HEC; 0 for the receiver's own limit.
        certificate: of the server, for TLS.
        ca: who may issue certificates of clients; without it, clients need none.

    Attributes:
        received: of OTLP as JSON; `messages` makes of it, for HEC, what a client sent: `event`, `time_ns`, `host`,
            `source`, `sourcetype`, `index` and `fields`, as far as they were there; and for forward `tag`, `time_ns`
            and `record`. Replaced by a link to /dev/full before the start, it has HEC answer with 500.

    Raises:
        UnavailableError: it cannot be built here.
    """

    def __init__(
        self,
        folder: Path,
        *listening: Listening,
        token: str = TOKEN,
        max_body: int = 0,
        certificate: Issued | None = None,
        ca: Path | None = None,
    ) -> None:
        Received.__init__(self, folder, listening)
        self._token, self._max_body, self._certificate, self._ca = token, max_body, certificate, ca
        self._program = otelcol()
        config = folder / "otelcol.yaml"
        config.write_text(json.dumps(self._config()))  # JSON is YAML
        Daemon.__init__(self, config, [], self.ports, self.sockets)

    def url(self, way: Listening) -> str:
        """Where a way of HEC listens."""
        return f"http{'s' if 'tls' in way else ''}://localhost:{self._where[way]}"

    def start(self) -> None:
        """Start it, over whole lines alone."""
        self.cut_unfinished()
        super().start()

    def command(self) -> list[str | Path]:
        """In the foreground."""
        return [self._program, f"--config=file:{self.config}"]

    def check(self) -> str:
        """Have it look at the configuration alone; gives what it says, which is nothing where all is well."""
        return self.run([self._program, "validate", f"--config=file:{self.config}"]).stderr

    def read(self, line: bytes) -> Iterable[dict[str, Any]]:
        """The messages in a line of the file."""
        for resource in json.loads(line.decode("utf-8", "surrogateescape"))["resourceLogs"]:
            around = _pairs(resource.get("resource", {}).get("attributes", ()))
            for scope in resource["scopeLogs"]:
                for record in scope["logRecords"]:
                    yield _message(record, around)

    def _config(self) -> dict[str, Any]:
        kinds = {"hec": "splunk_hec", "forward": "fluentforward"}
        receivers = {f"{kinds[way.partition('-')[0]]}/{way}": self._receiver(way) for way in self._where}
        extensions: dict[str, Any] = {"ack": {}}
        if self._token:
            extensions["bearertokenauth"] = {"scheme": "Splunk", "tokens": [self._token]}
        return {
            "receivers": receivers,
            "extensions": extensions,
            # With a flush_interval, or without rotation, acknowledged events are lost at SIGKILL.
            "exporters": {"file": {"path": str(self.received), "rotation": {"max_megabytes": 1_000_000}}},
            "service": {
                "extensions": list(extensions),
                "telemetry": {"logs": {"level": "warn"}, "metrics": {"level": "none"}},
                "pipelines": {"logs": {"receivers": list(receivers), "exporters": ["file"]}},
            },
        }

    def _receiver(self, way: Listening) -> dict[str, Any]:
        if way == "forward-unix":
            return {"endpoint": f"unix://{self._where[way]}"}
        receiver: dict[str, Any] = {"endpoint": f"127.0.0.1:{self._where[way]}"}
        if way == "forward":
            return receiver
        if "ack" in way:
            receiver["ack"] = {"extension": "ack"}
        if self._token:
            receiver["auth"] = {"authenticator": "bearertokenauth"}
        if self._max_body:
            receiver["max_request_body_size"] = self._max_body
        if "tls" in way:
            assert self._certificate is not None
            files = {"cert": self._certificate.certificate, "key": self._certificate.key, "client_ca": self._ca}
            receiver["tls"] = {f"{name}_file": str(path) for name, path in files.items() if path}
        return receiver


def _message(record: Mapping[str, Any], around: Mapping[str, Any]) -> dict[str, Any]:
    time_ns = int(record.get("timeUnixNano", 0))
    attributes = _pairs(record.get("attributes", ()))
    if "fluent.tag" in attributes:
        tag = attributes.pop("fluent.tag")
        if record.get("body"):  # the receiver takes `log` and `message` for the text of a line: the later one alone
            body = _value(record["body"])
            attributes["log" if isinstance(body, dict) else "message"] = body
        return {"tag": tag, "time_ns": time_ns, "record": attributes}
    parts = {name: around[of] for name, of in _HEC.items() if of in around}
    return {"event": _value(record["body"]), "time_ns": time_ns, **parts, "fields": attributes}


def _pairs(attributes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {pair["key"]: _value(pair["value"]) for pair in attributes}


def _value(value: Mapping[str, Any]) -> Any:
    """What stands in an `AnyValue` of OTLP's JSON."""
    match value:
        case {"kvlistValue": {"values": pairs}}:
            return _pairs(pairs)
        case {"arrayValue": {"values": values}}:
            return [_value(one) for one in values]
        case {"kvlistValue": _}:
            return {}
        case {"arrayValue": _}:
            return []
        case {"intValue": number}:
            return int(number)
        case {"bytesValue": text}:
            return base64.b64decode(text)
        case {}:
            return next(iter(value.values()), None)
