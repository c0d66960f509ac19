"""Acknowledgements: what counts as one, in any pieces and any order, and what becomes of a send that lacks one."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it has no types
import pytest

from acctship import EventBatch, HaltError, RetryableError, SendResult
from acctship.outputs.fluentd.session import Session
from acctship.testing import events, health_events, huge_events
from tests.cli.service import until
from tests.outputs.fluentd.answers import (
    Answer,
    Chunk,
    acknowledge,
    acknowledgement,
    in_turn,
    lose,
    never,
    of_another,
    reset,
)
from tests.outputs.fluentd.sending import built, opened, until_dead
from tests.outputs.fluentd.standin import StandIn

BRIEF = 1.0
"""The limit `timeout` where no answer may come, in seconds."""


def test_all_chunks_of_a_batch_are_acknowledged_before_send_returns() -> None:
    batch = EventBatch([*events(30), *health_events(2)])
    with StandIn() as server, opened(server.address, max_chunk=5000) as output:
        assert output.send(batch) == SendResult()
        assert server.ids() == batch.ids
        assert len(server.taken()) > 3
        assert server.connections == 1


def test_events_that_are_too_large_are_rejected_and_the_others_arrive() -> None:
    batch = EventBatch([*events(2), *huge_events(1, 5000)])
    with StandIn() as server, opened(server.address, max_chunk=3000) as output:
        assert list(output.send(batch).rejected) == [2]
        assert list(output.send(huge_events(1, 5000)).rejected) == [0]
        assert server.ids() == batch.ids[:2]


def test_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "forward"
    with StandIn(path=path) as server, opened(str(path)) as output:
        output.send(events(3))
        assert server.ids() == events(3).ids
    nobody = built(str(path))
    with pytest.raises(RetryableError, match=r"forward: No such file or directory: is the receiver running\?"):
        nobody.open()
    nobody.close()


def test_threads_share_a_connection_and_their_acknowledgements_come_in_any_order() -> None:
    several = threading.Barrier(4)
    said: list[bytes] = []

    def backwards(chunk: Chunk) -> Answer:
        said.append(acknowledgement(chunk.id))
        return Answer(b"".join(reversed(said)) if len(said) == 4 else b"")

    def send(at: int) -> None:
        several.wait()
        output.send(events(10, first_pid=1 + 10 * at))

    with StandIn(backwards) as server, opened(server.address) as output, ThreadPoolExecutor(4) as threads:
        list(threads.map(send, range(4)))
        assert len(server.ids()) == len(set(server.ids())) == 40
        assert server.connections == 1


def test_many_sends_of_several_threads_end_all() -> None:
    def send(at: int) -> None:
        output.send(events(3, first_pid=1 + 3 * at))

    with StandIn() as server, opened(server.address) as output, ThreadPoolExecutor(4) as threads:
        list(threads.map(send, range(400)))
        assert len(server.ids()) == 1200


@pytest.mark.parametrize("pieces", [1, 3])
def test_acknowledgement_may_come_in_pieces_with_other_words_in_it(pieces: int) -> None:
    def slowly(chunk: Chunk) -> Answer:
        said = msgpack.packb({"more": [1, None], "ack": chunk.id})
        for at in range(0, len(said), pieces):
            server.say(said[at : at + pieces])
        return Answer()

    with StandIn(slowly) as server, opened(server.address) as output:
        output.send(events(3))


def test_acknowledgement_behind_which_the_connection_ends_counts() -> None:
    def last(chunk: Chunk) -> Answer:
        return Answer(acknowledgement(chunk.id), end="close")

    batch = events(20)
    with StandIn(last) as server, opened(server.address, max_chunk=5000) as output:
        output.send(batch)  # several chunks: each gets a connection
        assert [*dict.fromkeys(server.ids())] == batch.ids
        assert server.connections == 3, "each chunk gets one"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lose, "closed the connection"),
        (reset, "."),
        (of_another, "which acknowledges nothing that it has"),
        (never, r"no answer in 0\.8 s"),
        (lambda chunk: Answer(acknowledgement(chunk.id[:-4])), "which acknowledges nothing that it has"),
        (lambda _: Answer(msgpack.packb({"ack": 7})), "which acknowledges nothing that it has"),
        (lambda chunk: Answer(acknowledgement(chunk.id)[:-1], end="close"), "closed the connection"),
    ],
)
def test_anything_else_acknowledges_nothing_and_all_comes_again_under_the_same_id(
    answer: Callable[[Chunk], Answer], told: str
) -> None:
    with StandIn(in_turn(answer)) as server, opened(server.address, timeout=BRIEF) as output:
        with pytest.raises(RetryableError, match=f"{server.address}.*{told}"):
            output.send(events(3))
        output.send(events(3))
        first, again = server.chunks
        assert first.id == again.id
        assert first.connection != again.connection


def test_acknowledgement_that_comes_twice_is_none_for_the_next() -> None:
    with (
        StandIn(in_turn(lambda chunk: Answer(2 * acknowledgement(chunk.id)))) as server,
        opened(server.address) as output,
    ):
        output.send(events(3))
        output.send(events(3, first_pid=4))
        assert len(server.ids()) == 6


def test_acknowledgement_that_another_threads_write_has_taken_in_counts_when_the_time_is_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wait = Session._wait

    def in_vain(session: Session, *arguments: Any) -> None:
        wait(session, *arguments)
        raise TimeoutError(errno.ETIMEDOUT, "no answer")

    monkeypatch.setattr(Session, "_wait", in_vain)
    with StandIn() as server, opened(server.address) as output:
        assert output.send(events(3)) == SendResult()


def test_late_acknowledgement_is_none_for_another_chunk() -> None:
    late = in_turn(never, lambda _: Answer(acknowledgement(server.chunks[0].id)))
    with StandIn(late) as server, opened(server.address, timeout=BRIEF) as output:
        with pytest.raises(RetryableError, match="no answer"):
            output.send(events(3))
        with pytest.raises(RetryableError, match="which acknowledges nothing that it has"):
            output.send(events(3, first_pid=4))
        output.send(events(3, first_pid=4))
        assert [len(chunk.entries) for chunk in server.chunks] == [3, 3, 3]


@pytest.mark.parametrize(
    "said", [b"\xc1", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x16", b"\xc0"]
)
def test_garbage_is_a_set_up_error_until_the_receiver_has_proven_itself(said: bytes) -> None:
    with StandIn(lambda _: Answer(said)) as server, opened(server.address) as output:
        with pytest.raises(HaltError, match=r"speaks no forward protocol there: .*: check address, port and tls"):
            output.send(events(1))
        server.answers = in_turn(acknowledge, lambda _: Answer(said))
        output.send(events(1))
        with pytest.raises(RetryableError):
            output.send(events(1, first_pid=2))


def test_connection_that_ended_at_rest_is_made_anew_without_an_error() -> None:
    with StandIn() as server, opened(server.address) as output:
        output.send(events(1))
        server.stop()
        until_dead(output)
        server.start()
        output.send(events(1, first_pid=2))
        assert server.connections == 2


def test_connection_that_a_send_failed_on_fails_for_all_threads() -> None:
    arrived = threading.Semaphore(0)

    def hold(_chunk: Chunk) -> Answer:
        arrived.release()
        return Answer()

    def send(at: int) -> BaseException | None:
        try:
            output.send(events(1, first_pid=1 + at))
        except RetryableError as error:
            return error
        return None

    with StandIn(hold) as server, opened(server.address) as output, ThreadPoolExecutor(3) as threads:
        sends = [threads.submit(send, at) for at in range(3)]
        for _ in sends:
            assert arrived.acquire(timeout=30)
        server.stop()
        assert all(isinstance(one.result(30), RetryableError) for one in sends)


def test_close_ends_a_send_that_waits() -> None:
    caught: list[BaseException] = []

    def send() -> None:
        try:
            output.send(events(1))
        except RetryableError as error:
            caught.append(error)

    with StandIn(never) as server, opened(server.address) as output:
        thread = threading.Thread(target=send)
        thread.start()
        until(lambda: len(server.chunks) == 1, "the chunk has arrived")
        output.close()
        thread.join(30)
        assert not thread.is_alive()
    assert len(caught) == 1


def test_check_without_a_key_says_what_it_cannot_know() -> None:
    with StandIn() as server:
        output: Any = built(server.address)
        assert output.check().startswith(f"{server.address} can be reached: whether it takes events is told")
        output.close()
        assert server.chunks == []
