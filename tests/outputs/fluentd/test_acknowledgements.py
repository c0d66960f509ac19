"""Nothing counts as delivered before the acknowledgement of its own chunk: lost, late, of another chunk, never."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from acctship.testing import events
from tests.cli.service import until
from tests.outputs.fluentd.answers import (
    Answer,
    Answers,
    Chunk,
    acknowledge,
    acknowledgement,
    in_turn,
    lose,
    never,
    of_another,
    reset,
    up_to,
)
from tests.outputs.fluentd.making import expect_all, send
from tests.outputs.fluentd.standin import Handshake, StandIn

SOON = {"delivery": {"timeout": 0.5, "in_flight": 1}}
"""Nobody waits long for an acknowledgement that never comes."""


@pytest.mark.parametrize(("wrong", "twice"), [(lose, True), (reset, False), (never, True), (of_another, True)])
def test_without_its_acknowledgement_a_chunk_is_sent_again(wrong: Answers, twice: bool) -> None:
    batch = events(10)
    with StandIn(in_turn(acknowledge, wrong)) as server:
        expect_all(send(batch, address=server.address, **_tens(SOON, 5)), batch)
    assert Counter(server.ids()) == Counter([*batch.ids, *(batch.ids[5:] if twice else [])])
    assert len(server.chunks) == 3
    assert server.chunks[1].id == server.chunks[2].id


@pytest.mark.parametrize("wrong", [never, of_another, lose, reset])
def test_what_is_never_acknowledged_is_never_delivered(wrong: Answers) -> None:
    batch = events(10)
    with StandIn(wrong) as server:
        done = send(batch, address=server.address, **SOON)
    assert done.acknowledged == 0
    assert done.rejected == {}
    assert done.failure is not None
    assert len(server.chunks) > 1


def test_acknowledgements_in_another_order_count() -> None:
    batch, held = events(20), list[bytes]()

    def last_first(chunk: Chunk) -> Answer:
        held.insert(0, acknowledgement(chunk.id))
        return Answer(b"".join(held)) if len(held) == 4 else Answer()

    with StandIn(last_first) as server:
        expect_all(send(batch, address=server.address, **_chunks(batch.msgpack(), 5)), batch)
    assert sorted(server.ids()) == sorted(batch.ids)
    assert server.connections == 1


def test_late_acknowledgement_comes_too_late_for_its_connection_and_does_no_harm() -> None:
    batch, given_up = events(10), threading.Event()

    def first_is_late(chunk: Chunk) -> Answer:
        if chunk.connection == 0:
            given_up.wait(30)
        else:
            given_up.set()
        return acknowledge(chunk)

    with StandIn(first_is_late) as server:
        expect_all(send(batch, address=server.address, **SOON), batch)
        until(lambda: len(server.taken()) == 2, "the late one is said")
    assert {*server.ids()} == {*batch.ids}


@pytest.mark.parametrize("end", ["", "reset"])
def test_chunks_that_are_dropped_for_their_size_get_smaller(end: str, caplog: pytest.LogCaptureFixture) -> None:
    batch = events(1000)
    largest = sum(map(len, batch.msgpack())) // 2
    limits = {} if end else SOON  # a reset needs no time limit to be seen
    with StandIn(up_to(largest, end)) as server:
        expect_all(send(batch, address=server.address, **limits), batch)
    assert {*server.ids()} == {*batch.ids}
    assert max(chunk.size for chunk in server.taken()) <= largest
    assert "chunk_size_limit" in caplog.text


def test_each_chunk_may_take_a_connection_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARD_KEY", "correct horse")
    batch, hands = events(20), Handshake(keepalive=False, nonce_is_str=True)
    with StandIn(handshake=hands) as server:
        keys = {"shared_key": {"env": "FORWARD_KEY"}, **_chunks(batch.msgpack(), 5)}
        expect_all(send(batch, address=server.address, **keys), batch)
    assert sorted(server.ids()) == sorted(batch.ids)
    assert len({chunk.connection for chunk in server.chunks}) == 4
    assert len({ping[2] for ping in hands.pings}) == len(hands.pings), "each handshake has a salt of its own"


def _tens(keys: dict[str, Any], count: int) -> dict[str, Any]:
    return keys | {"delivery": keys["delivery"] | {"batch_events": count}}


def _chunks(packed: Sequence[bytes], count: int) -> dict[str, Any]:
    """Keys that put so many events into each chunk."""
    return {"max_chunk": count * (max(map(len, packed)) + 12), "delivery": {"in_flight": 1}}
