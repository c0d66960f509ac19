"""Chunks that a receiver drops without a word get smaller until it takes them, and no event is lost or blamed."""

from __future__ import annotations

import logging

import pytest

from acctship import RetryableError
from acctship.outputs.fluentd.chunks import Chunk
from acctship.outputs.fluentd.sender import Sender
from acctship.outputs.fluentd.sizes import FLOOR, Sizes
from acctship.testing import events
from tests.outputs.fluentd.answers import up_to
from tests.outputs.fluentd.sending import opened
from tests.outputs.fluentd.standin import StandIn

BRIEF = 1.0
LIMIT = 200_000


def failures(output: Sender) -> list[str]:
    """Send a batch until it is taken, and tell what was said meanwhile."""
    told = []
    for _ in range(10):
        try:
            output.send(events(1000))
        except RetryableError as error:
            told.append(str(error))
        else:
            return told
    pytest.fail(f"it is never taken: {told}")


def test_chunk_that_is_never_acknowledged_is_halved(caplog: pytest.LogCaptureFixture) -> None:
    with StandIn(up_to(LIMIT)) as server, opened(server.address, timeout=BRIEF) as output:
        assert len(failures(output)) == 2
        assert set(server.ids()) == set(events(1000).ids)
        again = events(1000, first_pid=2000)
        output.send(again)
        assert max(chunk.size for chunk in server.taken()) <= LIMIT
        assert set(again.ids) <= set(server.ids()), "chunks stay small"
    told = [record for record in caplog.records if "was not acknowledged" in record.getMessage()]
    assert [record.levelno for record in told] == [logging.WARNING] * 2
    assert "set max_chunk to as much" in told[0].getMessage()


def test_chunk_that_a_connection_is_reset_over_twice_is_halved() -> None:
    with StandIn(up_to(LIMIT, "reset")) as server, opened(server.address) as output:
        failures(output)
        assert set(server.ids()) == set(events(1000).ids)
        assert max(chunk.size for chunk in server.taken()) <= LIMIT


def chunk(name: bytes, size: int) -> Chunk:
    return Chunk(name, size, b"")


def test_connection_that_is_lost_once_blames_no_chunk() -> None:
    sizes = Sizes(3_500_000)
    sizes.lost([chunk(b"1", 1_000_000)], missing=False)
    sizes.acknowledged([b"1"])
    sizes.lost([chunk(b"1", 1_000_000), chunk(b"2", 2_000_000)], missing=False)
    assert sizes.longest == 3_500_000
    sizes.lost([chunk(b"1", 1_000_000)], missing=False)
    assert sizes.longest == 500_000


def test_chunks_never_get_smaller_than_any_receiver_would_have_them() -> None:
    sizes = Sizes(3_500_000)
    for size in (1_000_000, 100_000, FLOOR, 10):
        sizes.lost([chunk(b"1", size)], missing=True)
    assert sizes.longest == FLOOR
