"""Several receivers: who gets a batch, who takes over, and when one that failed gets any again."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from acctship import HaltError, RetryableError
from acctship.network.deadline import Deadline
from acctship.outputs.fluentd.servers import Server, Servers
from acctship.testing import events
from tests.cli.service import until
from tests.outputs.fluentd.sending import built, opened, until_dead
from tests.outputs.fluentd.standin import Handshake, StandIn


class Session:
    """In place of a connection: that of a stand-in cannot say to whom it leads."""

    keepalive, peer = True, ""

    def usable(self, _deadline: Deadline) -> bool:
        return True

    def close(self) -> None: ...


class Site:
    """Receivers that work or fail as told, and a clock."""

    def __init__(self, weights: Sequence[int | None]) -> None:
        self.now, self.down, self.tried = 0.0, set[str](), Counter[str]()
        self.closed = threading.Event()
        made = [Server(name, self._connect(name), weight, 1, self.closed) for name, weight in zip("abc", weights)]  # noqa: B905 - fewer are fine
        self.servers = Servers(made, self.closed, lambda: self.now)

    def take(self) -> str:
        return self.servers.take(Deadline(30, self.closed))[0].name

    def fails(self, name: str) -> None:
        """A send over its connection has failed."""
        self.down.add(name)
        [one] = [one for one in self.servers.all if one.name == name]
        one._slots[0]._session = None
        self.servers.fails(one, RetryableError("gone"))

    def _connect(self, name: str) -> Any:
        def connect(_deadline: Deadline) -> Session:
            self.tried[name] += 1
            if name in self.down:
                raise RetryableError(f"{name} is down")
            return Session()

        return connect


def test_without_weights_the_first_that_works_gets_all() -> None:
    site = Site([None, None, None])
    assert [site.take() for _ in range(5)] == ["a"] * 5
    site.fails("a")
    assert [site.take() for _ in range(5)] == ["b"] * 5
    site.fails("b")
    assert site.take() == "c"
    assert site.tried["a"] == 1, "others work"


def test_with_weights_batches_are_spread_in_proportion_and_evenly() -> None:
    site = Site([3, 1, 0])
    assert Counter(site.take() for _ in range(40)) == {"a": 30, "b": 10}
    assert Counter(site.take() for _ in range(4)) == {"a": 3, "b": 1}
    site.fails("a")
    assert {site.take() for _ in range(10)} == {"b"}
    site.fails("b")
    assert site.take() == "c"


def test_one_that_failed_is_probed_before_it_gets_anything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "acctship")
    site = Site([None, None])
    site.fails("a")
    tried = site.tried["a"]
    assert [site.take() for _ in range(3)] == ["b"] * 3
    assert site.tried["a"] == tried, "not before its time"
    site.now = 11
    assert site.take() == "b"
    until(lambda: site.tried["a"] == tried + 1 and not site.servers._probing, "it has been probed")
    assert site.take() == "b", "it is down still"
    site.down.clear()
    site.now += 600
    assert site.take() == "b"
    until(lambda: not site.servers.all[0].failed and not site.servers._probing, "the probe has found that it works")
    assert site.take() == "a"
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "fluentd: a fails, and gets nothing until it lets us in again: gone",
        "fluentd: a lets us in again",
    ]


def test_one_that_lets_us_in_and_answers_nothing_is_probed_ever_more_rarely() -> None:
    site = Site([None, None])
    [a, _] = site.servers.all
    for _ in range(20):
        site.servers.fails(a, RetryableError("no answer"))
    assert a.probe_at == 600
    site.servers.works(a)
    site.servers.fails(a, RetryableError("no answer"))
    assert a.probe_at == 10


def test_none_that_works_says_why_of_each_and_all_are_tried_again() -> None:
    site = Site([None, None])
    site.down |= {"a", "b"}
    for _ in range(2):
        with pytest.raises(RetryableError, match="a is down; b is down"):
            site.take()
    site.down.remove("b")
    assert site.take() == "b"


def test_send_goes_to_the_next_when_the_first_is_gone() -> None:
    with StandIn() as first, StandIn() as second, opened([first.address, second.address]) as output:
        output.send(events(2))
        first.stop()
        until_dead(output)
        output.send(events(2, first_pid=3))
        assert (len(first.ids()), len(second.ids())) == (2, 2)


def test_wrong_key_at_one_is_no_halt_while_another_lets_us_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "correct horse")
    key: dict[str, Any] = {"shared_key": {"env": "KEY"}}
    wrong = Handshake(shared_key="another one")
    with StandIn(handshake=wrong) as first, StandIn(handshake=Handshake()) as second:
        with opened([first.address, second.address], **key) as output:
            output.send(events(2))
        assert len(second.ids()) == 2
        asked = built([first.address, second.address], **key)
        assert asked.check().startswith(f"{second.address} lets us in; but {first.address}: will not let us in")
        asked.close()
    with StandIn(handshake=wrong) as alone:
        output = built(alone.address, **key)
        with pytest.raises(HaltError):
            output.open()
        output.close()


def test_several_connections_are_used_in_turn() -> None:
    with StandIn() as server, opened(server.address, connections=3) as output:
        for at in range(6):
            output.send(events(1, first_pid=1 + at))
        assert Counter(chunk.connection for chunk in server.taken()) == {0: 2, 1: 2, 2: 2}
