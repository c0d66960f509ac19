"""What is sent next, and when; one thread does it all, and whoever waits for another one closes the outbox."""

from __future__ import annotations

import threading

import pytest

from acctship.delivery.sending.outbox import MOST_DELAYED, Outbox
from acctship.delivery.sending.parcel import Parcel, Part
from tests.delivery.standins import Time, events


class Alone(Time):
    """Time of a test with one thread: to wait for others would be for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.stuck = 0

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        if seconds is None:
            self.stuck += 1
            self.outbox.close()
        else:
            super().wait(condition, seconds)

    outbox: Outbox


@pytest.fixture
def time() -> Alone:
    return Alone()


@pytest.fixture
def outbox(time: Alone) -> Outbox:
    time.outbox = Outbox(3, time.clock, time.wait)
    return time.outbox


def part() -> Part:
    return Part.of(Parcel(events(2)))


def put(outbox: Outbox, count: int) -> list[Part]:
    parts = [part() for _ in range(count)]
    for one in parts:
        outbox.put(one)
    return parts


def test_parts_come_out_in_their_order_and_what_is_left_of_one_comes_first(outbox: Outbox) -> None:
    one, two, three = put(outbox, 3)
    assert outbox.take() is one
    left = [one.select([0]), one.select([1])]
    outbox.finish(one, left)
    assert [outbox.take() for _ in range(4)] == [*left, two, three]


def test_put_waits_for_room(outbox: Outbox, time: Alone) -> None:
    put(outbox, 3)
    assert (outbox.has_room(), time.stuck) == (False, 0)
    put(outbox, 1)
    assert time.stuck == 1


def test_halves_of_a_parcel_take_the_room_of_one(outbox: Outbox) -> None:
    one, _ = put(outbox, 2)
    outbox.take()
    outbox.finish(one, [one.select([0]), one.select([1])])
    assert outbox.has_room()
    outbox.take()
    assert outbox.has_room()


def test_room_is_waited_for_so_long(outbox: Outbox, time: Alone) -> None:
    put(outbox, 3)
    assert not outbox.has_room(5)
    assert time.slept == [5]


def test_what_stands_aside_is_passed_and_comes_first_when_it_is_due(outbox: Outbox, time: Alone) -> None:
    refused, two, three = put(outbox, 3)
    assert outbox.take() is refused
    outbox.put_aside(refused, 5)
    outbox.finish(refused)
    assert outbox.take() is two
    time.now += 5
    assert [outbox.take(), outbox.take()] == [refused, three]


def test_what_stands_aside_is_waited_for(outbox: Outbox, time: Alone) -> None:
    (one,) = put(outbox, 1)
    outbox.take()
    outbox.put_aside(one, 5)
    outbox.finish(one)
    assert outbox.take() is one
    assert time.slept == [5]


def test_parcels_that_stand_aside_leave_room_up_to_a_limit(outbox: Outbox) -> None:
    for _ in range(MOST_DELAYED):
        assert outbox.has_room()
        (one,) = put(outbox, 1)
        outbox.take()
        outbox.put_aside(one, 60)
        outbox.finish(one)
    assert not outbox.has_room()


def test_held_outbox_begins_nothing_before_the_longest_hold_is_over(outbox: Outbox, time: Alone) -> None:
    (one,) = put(outbox, 1)
    outbox.hold(7)
    outbox.hold(3)
    assert outbox.take() is one
    assert time.slept == [7]


def test_what_stands_aside_counts_from_the_end_of_the_hold(outbox: Outbox, time: Alone) -> None:
    one, two = put(outbox, 2)
    outbox.take()
    outbox.hold(7)
    outbox.put_aside(one, 5)
    outbox.finish(one)
    assert [outbox.take(), outbox.take()] == [two, one]
    assert time.slept == [7, 5]


def test_after_a_fault_one_is_under_way_until_it_is_over(outbox: Outbox, time: Alone) -> None:
    one, two, three = put(outbox, 3)
    outbox.hold(1, then_one_only=True)
    assert outbox.take() is one
    outbox.finish(one)
    assert outbox.take() is two
    outbox.release()
    assert outbox.take() is three
    assert time.stuck == 0


def test_after_a_fault_a_second_one_waits_for_the_first(outbox: Outbox, time: Alone) -> None:
    put(outbox, 2)
    outbox.hold(1, then_one_only=True)
    outbox.hold(2)
    outbox.take()
    assert outbox.take() is None
    assert time.stuck == 1


def test_closed_outbox_lets_nobody_wait(outbox: Outbox, time: Alone) -> None:
    one, *_ = put(outbox, 3)
    outbox.take()
    outbox.hold(60)
    outbox.close()
    put(outbox, 1)
    assert (outbox.take(), outbox.sleep(60), outbox.has_room(60)) == (None, False, False)
    outbox.finish(one, [one])
    assert outbox.drain() is False
    assert (time.stuck, time.slept) == (0, [])


def test_outbox_is_drained_when_nothing_is_left_or_under_way(outbox: Outbox, time: Alone) -> None:
    assert outbox.drain()
    (one,) = put(outbox, 1)
    outbox.take()
    assert not outbox.wait_for_those_under_way(5)
    outbox.finish(one)
    assert outbox.wait_for_those_under_way(0)
    assert outbox.drain()
    assert (time.stuck, time.slept) == (0, [5])
