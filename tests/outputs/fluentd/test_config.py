"""Keys of `fluentd`: their defaults, and which of them contradict each other."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from acctship import ConfigError
from tests.outputs.fluentd.sending import read


def test_what_is_promised() -> None:
    limits = read(connections=3).delivery()
    assert (limits.guarantee, limits.in_flight) == ("acknowledged", 6)


@pytest.mark.parametrize(
    ("table", "longest", "largest"),
    [
        ({}, 3_500_000, 3_500_000),
        ({"tls": True}, 250_000, 3_500_000),
        ({"max_chunk": 100_000}, 100_000, 100_000),
        ({"max_chunk": 5_000_000, "tls": True}, 5_000_000, 5_000_000),
    ],
)
def test_how_long_chunks_may_be(table: dict[str, Any], longest: int, largest: int) -> None:
    made = read(**table)
    assert (made.longest, made.largest) == (longest, largest)


def test_several_servers_and_everything_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "correct horse")
    made = read(address=["a.example:24224", "[2001:db8::1]:24224"], weights=[60, 0], tag="unix.{host}.{dataset}",
                shared_key={"env": "KEY"}, username="web1", password={"env": "KEY"}, tls=True, ca="/ca.pem",
                certificate="/c.pem", compress="gzip", flat=True, max_chunk=500_000, connections=2)  # fmt: skip
    assert made.addresses == ("a.example:24224", "[2001:db8::1]:24224")
    assert "correct" not in repr(made)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"address": []}, "address: is an empty list"),
        ({"address": "logs.example"}, 'address: .* expected "HOST:PORT"'),
        ({"address": "/run/fluent.sock", "tls": True}, "address: .*a path is no name for TLS: set server_name"),
        ({"weights": [1, 2]}, "weights: 2 numbers for 1 addresses"),
        ({"address": ["a:1", "b:1"], "weights": [0, 0]}, "weights: all are 0"),
        ({"address": ["a:1", "b:1"], "weights": [1, -1]}, r"weights"),
        ({"tag": ""}, "tag: takes printable ASCII"),
        ({"tag": "a b"}, "tag: takes printable ASCII"),
        ({"tag": "größe"}, "tag: takes printable ASCII"),
        ({"tag": "{user}"}, "only {dataset} and {host}"),
        ({"username": "web1"}, "password: a user has both"),
        ({"ca": "/ca.pem"}, "ca: means nothing without TLS"),
        ({"tls": True, "key": "/k.pem"}, "key: there is no certificate to it"),
        ({"compress": "zstd"}, "compress"),
        ({"max_chunk": 10}, "max_chunk"),
        ({"connections": 0}, "connections"),
    ],
)
def test_contradiction_is_told(table: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        read(**table)


def test_secret_is_never_written_into_the_file() -> None:
    with pytest.raises(ConfigError, match="shared_key: a secret is never written here"):
        read(shared_key="correct horse")


def test_missing_library_is_told_when_the_output_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("chunks", "entries"):
        monkeypatch.delitem(sys.modules, f"acctship.outputs.fluentd.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "msgpack", None)
    made = read()
    with pytest.raises(ImportError):
        made.output(made.delivery())
