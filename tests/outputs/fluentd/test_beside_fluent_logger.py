"""The same records, sent by fluent-logger's own sender and by ours, arrive equal in tag, time and record."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fluent.sender import EventTime, FluentSender  # type: ignore[import-untyped]  # it has no types

from tests.cli.service import until
from tests.outputs.fluentd.making import everything, expect_all, in_order, send
from tests.servers.fixtures import Serve
from tests.servers.fluent_server import FluentServer
from tests.servers.otelcol import Collector

Make = Callable[[Serve, Path], tuple[FluentServer | Collector, str]]


def fluent(serve: Serve, folder: Path) -> tuple[FluentServer | Collector, str]:
    made = serve(FluentServer, folder / "server", "tcp")
    return made, made.address("tcp")


def collector(serve: Serve, folder: Path) -> tuple[FluentServer | Collector, str]:
    made = serve(Collector, folder / "server", "forward")
    return made, made.address("forward")


@pytest.mark.parametrize("make", [fluent, collector])
def test_both_arrive_equal(make: Make, serve: Serve, tmp_path: Path) -> None:
    server, address = make(serve, tmp_path)
    batch, (host, _, port) = everything(), address.partition(":")
    with FluentSender("acct", host, int(port), nanosecond_precision=True, forward_packet_error=False) as peer:
        for dataset, ns, line in zip(batch.datasets, batch.times_ns, batch.json(), strict=True):
            label = dataset.removeprefix("acct.")
            assert peer.emit_with_time(label, EventTime.from_unix_nano(ns), json.loads(line)), peer.last_error
    until(lambda: len(server.messages()) == len(batch), "all of fluent-logger's have arrived")
    theirs = server.messages()
    expect_all(send(batch, address=address), batch)
    until(lambda: len(server.messages()) == 2 * len(batch), "all of ours have arrived")
    ours = server.messages()[len(theirs) :]
    assert in_order(ours) == in_order(theirs)
