"""The random wait before an output is first opened."""

from __future__ import annotations

import threading

from acctship import SendResult
from tests.delivery.standins import RealTime, Scripted, Watched, deploy, events

LONG = 600.0
"""Seconds that no test takes."""


def test_output_is_opened_once_its_turn_has_come() -> None:
    output, states = Scripted(), list[str]()
    watched = Watched(deploy(lambda: output))

    def note(_batch: object) -> SendResult:
        states.append(watched.worker.state)
        return SendResult()

    output.steps = [note]
    watched.worker.start(LONG)
    watched.put(events(2))
    watched.worker.drain()
    watched.worker.stop(0)
    assert (watched.slept, states, watched.counts) == ([LONG], ["sending"], (2, 0, 0))


def test_it_waits_for_its_turn_and_a_stop_does_not_wait() -> None:
    output = Scripted()
    watched = Watched(deploy(lambda: output), time=RealTime())
    watched.worker.start(LONG)
    watched.put(events(1))
    assert watched.worker.state == "waiting"
    stopping = threading.Thread(target=watched.worker.stop, args=(LONG,))
    stopping.start()
    stopping.join(LONG / 20)
    assert not stopping.is_alive()
    assert (output.opened, watched.settled, watched.worker.state) == (0, [], "stopped")
