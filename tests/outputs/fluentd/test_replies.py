"""Whatever a receiver says, in whatever pieces: nothing counts as acknowledged but what is, and errors are ours."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it has no types
import pytest
from hypothesis import given, settings, strategies as st

from acctship import HaltError, OutputError, RetryableError
from acctship.network.deadline import Deadline
from acctship.network.wire import Wire
from acctship.outputs.fluentd.chunks import Chunk
from acctship.outputs.fluentd.handshake import Credentials, Hello, shake, understood
from acctship.outputs.fluentd.replies import GarbledError, Replies, shown
from acctship.outputs.fluentd.session import Session

words = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.binary(max_size=40) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9) | st.integers(0, 9), inner, max_size=4)
    ),
    max_leaves=12,
)
said = st.lists(words, max_size=6).map(lambda messages: b"".join(msgpack.packb(one) for one in messages))


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    ends = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(ends)]


@given(st.lists(words, max_size=6), st.lists(st.integers(0, 10_000), max_size=5))
def test_messages_come_out_alike_however_they_are_cut(messages: list[Any], places: list[int]) -> None:
    data = b"".join(msgpack.packb(one) for one in messages)
    whole, pieces = Replies("here"), Replies("here")
    together = [shown(one) for one in whole.take(bytearray(data))]
    apart = [shown(one) for piece in cut(data, places) for one in pieces.take(bytearray(piece))]
    assert together == apart
    assert len(together) == len(messages)


@given(st.binary(max_size=300))
def test_any_bytes_are_messages_or_garbage(data: bytes) -> None:
    with suppress(GarbledError):
        for message in Replies("here").take(bytearray(data)):
            assert shown(message).isprintable()
            understood(message)


def test_message_without_an_end_is_garbage() -> None:
    with pytest.raises(GarbledError, match="a message of more than 65536 bytes"):
        list(Replies("here").take(bytearray(b"\xc6\x00\xff\xff\x00" + b"x" * 70_000)))
    with pytest.raises(GarbledError):
        list(Replies("here").take(bytearray(b"\x91" * 100_000)))


def test_many_messages_at_once_are_no_garbage() -> None:
    data = msgpack.packb({"ack": "x" * 24}) * 10_000
    assert len(list(Replies("here").take(bytearray(data)))) == 10_000


@given(st.lists(words, min_size=2, max_size=2))
def test_whatever_is_said_in_a_handshake_lets_nobody_in_without_the_key(answers: list[Any]) -> None:
    replies = Replies("here")
    said = [*replies.take(bytearray(b"".join(msgpack.packb(one) for one in answers)))]
    with pytest.raises(HaltError, match=r"^here: "):
        shake("here", Credentials("web1", "key", salt="salt"), lambda: said.pop(0), lambda _: None)


@given(st.booleans() | words, words, words | st.just("host"), words | st.just("0" * 128))
def test_whatever_pong_says_lets_nobody_in_without_the_key(ok: Any, reason: Any, host: Any, digest: Any) -> None:
    helo: Any = [b"HELO", {b"nonce": b"\xff\x00", b"auth": b"", b"keepalive": True}]
    assert understood(helo) == Hello(b"\xff\x00", b"", keepalive=True)
    [pong] = Replies("here").take(bytearray(msgpack.packb(["PONG", ok, reason, host, digest])))
    answers = [helo, pong]
    with pytest.raises(HaltError, match=r"^here: "):
        shake("here", Credentials("web1", "key", salt="salt"), lambda: answers.pop(0), lambda _: None)


@settings(deadline=None)
@given(said | st.binary(max_size=60), st.permutations([b"first", b"second"]), st.lists(st.integers(0, 999), max_size=3))
def test_only_acknowledgements_acknowledge(noise: bytes, order: list[bytes], places: list[int]) -> None:
    acks = b"".join(msgpack.packb({"ack": name.decode()}) for name in order)
    ours, theirs = socket.socketpair()
    with theirs:
        ours.setblocking(False)
        session = Session(Wire(ours, "here"), Replies("here"))
        for piece in cut(acks[: len(acks) // 2] + noise, places):
            theirs.sendall(piece)
        theirs.shutdown(socket.SHUT_WR)
        waiting = {name: Chunk(name, 1, b"") for name in (b"first", b"second")}
        with pytest.raises(OutputError, match="here: ") as caught:
            session.deliver(waiting, Deadline(30, threading.Event()))
        assert isinstance(caught.value, HaltError | RetryableError)
        assert order[1] in waiting
        session.close()
