"""RELP: what is acknowledged, in which order, and what a server may say; against a stand-in that says it."""

from __future__ import annotations

import re
import threading

import pytest

from acctship import HaltError, RetryableError
from acctship.network.addresses import Place, connect
from acctship.network.deadline import Deadline
from acctship.network.wire import Wire
from acctship.outputs.syslog import relp as module
from acctship.outputs.syslog.relp import LAST, Relp
from acctship.testing import events, hostile_events
from tests.cli.service import until
from tests.outputs.syslog.conftest import StartRsyslog
from tests.outputs.syslog.relp_standin import OFFER, RelpStandIn, accept, frame
from tests.outputs.syslog.sending import BRIEF, built, ids, opened, until_dead


def test_batches_arrive_in_order_in_rsyslog(rsyslog: StartRsyslog) -> None:
    server, batch = rsyslog("relp"), events(3000)
    with opened("relp", server.address("relp"), relp_window=100) as output:
        for at in range(0, 3000, 1000):
            output.send(batch[at : at + 1000])
            assert len(server.messages()) == at + 1000, "what is acknowledged is there"
        output.send(hostile_events())
    assert ids(server.messages()) == [*batch.ids, *hostile_events().ids]


def test_no_more_are_under_way_than_the_window() -> None:
    unanswered: list[int] = []
    most = 0

    def three_at_a_time(number: int, _data: bytes) -> bytes:
        nonlocal most
        unanswered.append(number)
        most = max(most, len(unanswered))
        if len(unanswered) < 3 and number < 31:
            return b""
        answers = b"".join(accept(one, b"") for one in unanswered)
        unanswered.clear()
        return answers

    with RelpStandIn(three_at_a_time) as server, opened("relp", f"127.0.0.1:{server.port}", relp_window=3) as output:
        output.send(events(30))
    assert most == 3
    assert len(server.taken()) == 30


def test_answers_may_come_in_any_order_and_in_pieces() -> None:
    waiting: list[int] = []

    def backwards(number: int, _data: bytes) -> bytes:
        waiting.append(number)
        if len(waiting) < 20:
            return b""
        said = b"".join(frame(one, b"500 odd" if one % 2 else b"200 OK") for one in reversed(waiting))
        for at in range(0, len(said), 7):
            server.say(said[at : at + 7])
        return b""

    with RelpStandIn(backwards) as server, opened("relp", f"127.0.0.1:{server.port}") as output:
        result = output.send(events(20))
    where = f"127.0.0.1:{server.port}"
    assert result.rejected == {at: f"{where}: 500 odd" for at in range(20) if (at + 2) % 2}


def test_reason_of_a_rejection_is_harmless() -> None:
    with (
        RelpStandIn(lambda number, _: frame(number, b"500 no\x1b[31m\xff\nmore")) as server,
        opened("relp", f"127.0.0.1:{server.port}") as output,
    ):
        assert output.send(events(1)).rejected == {0: f"127.0.0.1:{server.port}: 500 no\\x1b[31m\\xff"}


def test_events_that_make_no_message_and_rejected_ones_keep_their_positions() -> None:
    class Every3rd:
        shortened = 0

        def messages(self, batch: object) -> tuple[list[bytes], dict[int, str]]:
            assert batch
            return [b"<86>1 even" if at % 2 else b"<86>1 odd" for at in (0, 1, 3, 4)], {2: "too long"}

    def refuse_even(number: int, data: bytes) -> bytes:
        return frame(number, b"500 even" if data.endswith(b"even") else b"200 OK")

    with RelpStandIn(refuse_even) as server, opened("relp", f"127.0.0.1:{server.port}") as output:
        output._formatter = Every3rd()  # type: ignore[attr-defined]  # in place of events that are too long
        rejected = output.send(events(5)).rejected
    assert {at: why.rpartition(": ")[2] for at, why in rejected.items()} == {
        1: "500 even",
        2: "too long",
        3: "500 even",
    }


def test_numbers_begin_anew_after_the_last() -> None:
    with RelpStandIn() as server:
        deadline = Deadline(30, threading.Event())
        place = Place(2, ("127.0.0.1", server.port), "here")
        session = Relp(Wire(connect(place, deadline), "here"), 10, first=LAST - 2)
        session.open(deadline)
        assert session.send([b"<86>1 - - -"] * 5, deadline) == {}
        assert server.numbers == [LAST - 1, LAST, 1, 2, 3]
        session.close()


@pytest.mark.parametrize(
    ("opening", "told"),
    [
        (b"500 not you\x07", r"will not speak RELP with us: 500 not you\\x07"),
        (b"200 OK\nrelp_version=7\ncommands=syslog", "takes no syslog messages of version 0: it offers OK"),
        (b"200 OK\nrelp_version=0\ncommands=other", "takes no syslog messages of version 0: it offers OK"),
    ],
)
def test_server_that_will_not_take_our_messages_is_a_matter_for_a_person(opening: bytes, told: str) -> None:
    with RelpStandIn(opening=opening) as server:
        output = built("relp", f"127.0.0.1:{server.port}")
        with pytest.raises(HaltError, match=told):
            output.open()
        output.close()
    assert server.taken() == []


@pytest.mark.parametrize("said", [b"220 smtp.example.com ESMTP\r\n", b"\x15\x03\x01\x00\x02\x02\x16"])
def test_server_of_something_else_is_a_matter_for_a_person(said: bytes) -> None:
    with RelpStandIn(opening=OFFER) as server:
        server._answer = lambda *_: said  # type: ignore[method-assign]  # another protocol
        output = built("relp", f"127.0.0.1:{server.port}")
        with pytest.raises(HaltError, match=r"speaks no RELP there: it says .*: check transport and address"):
            output.open()
        output.close()


@pytest.mark.parametrize(
    "said", [b"nonsense\n", frame(999, b"200 OK"), b"2 rsp 999999999 x", frame(0, b"", b"serverclose")]
)
def test_what_nobody_can_make_sense_of_acknowledges_nothing(said: bytes) -> None:
    with RelpStandIn(lambda *_: said) as server, opened("relp", f"127.0.0.1:{server.port}") as output:
        with pytest.raises(RetryableError, match=f"127.0.0.1:{server.port}: "):
            output.send(events(5))
        server._answers = accept
        output.send(events(5))
    assert len(server.taken()) == 10, "the whole batch came again"


def test_no_answer_in_time_acknowledges_nothing_and_all_come_again_in_order() -> None:
    def never_the_fourth(number: int, data: bytes) -> bytes:
        return b"" if number == 5 else accept(number, data)

    with (
        RelpStandIn(never_the_fourth) as server,
        opened("relp", f"127.0.0.1:{server.port}", timeout=BRIEF) as output,
    ):
        with pytest.raises(RetryableError, match=r"no answer in 0\.8 s"):
            output.send(events(6))
        server._answers = accept
        output.send(events(6))
        first, again = server.taken()[:6], server.taken()[6:]
    assert first == again
    assert server.numbers == [2, 3, 4, 5, 6, 7]


def test_server_that_said_it_would_close_gets_a_new_connection_before_the_next_batch() -> None:
    with RelpStandIn() as server, opened("relp", f"127.0.0.1:{server.port}") as output:
        output.send(events(3))
        server.say(frame(0, b"", b"serverclose"))
        until_dead(output)
        output.send(events(3))
    assert (len(server.taken()), server.numbers) == (6, [2, 3, 4])


def test_server_that_answers_all_and_then_closes_has_all() -> None:
    def last(number: int, data: bytes) -> bytes:
        return accept(number, data) + (frame(0, b"", b"serverclose") if number == 4 else b"")

    with RelpStandIn(last) as server, opened("relp", f"127.0.0.1:{server.port}") as output:
        assert output.send(events(3)).rejected == {}


def test_close_says_so() -> None:
    with RelpStandIn() as server:
        with opened("relp", f"127.0.0.1:{server.port}") as output:
            output.send(events(1))
        until(lambda: server.closed == 1, "the server has been told")


def test_answers_are_read_alike_in_a_row_and_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_DONE_IN_A_ROW", re.compile(rb"(?!)"))
    with RelpStandIn() as server, opened("relp", f"127.0.0.1:{server.port}") as output:
        assert output.send(events(50)).rejected == {}
    assert len(server.taken()) == 50


def test_check_opens_and_closes() -> None:
    with RelpStandIn() as server:
        output = built("relp", f"127.0.0.1:{server.port}")
        assert output.check() == f"127.0.0.1:{server.port} can be reached"  # type: ignore[attr-defined]  # optional
        output.close()
        until(lambda: server.closed == 1, "the server has been told")
    assert server.taken() == []
