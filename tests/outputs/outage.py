"""What a daemon goes through when receivers go away and come back, whatever they are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tests.builders import SIZE
from tests.cli.service import Site, until

Held = Callable[[], list[dict[str, Any]]]
"""The events that a receiver holds by now, in any order."""


class Mortal(Protocol):
    """A receiver that can be killed, and started again."""

    def kill(self) -> None: ...

    def start(self) -> None: ...


def outlive_outage(site: Site, receivers: Mapping[str, tuple[Mortal, Held]]) -> str:
    """Ship through a moment at which all receivers are dead; each holds each event once then, and was told of it.

    Args:
        site: configured with the outputs, and an accounting file without records.
        receivers: by the names of their outputs; they run.

    Returns:
        What the daemon said.
    """

    def all_hold(end: int) -> bool:
        return all(pids(held()) == list(range(1, end)) for _, held in receivers.values())

    site.append(1, 1001)
    with site.run() as service:
        until(lambda: all_hold(1001), "the receivers have what was there")
        until(lambda: all(acknowledged(site, name) == 1000 for name in receivers), "it is acknowledged")
        for server, _ in receivers.values():
            server.kill()
        site.append(1001, 2001)
        until(lambda: all(told(site.events())[name] == 1 for name in receivers), "the other output is told of each")
        for server, _ in receivers.values():
            server.start()
        until(lambda: all_hold(2001), "the receivers have all, once")
        until(
            lambda: all(told(held())[name] == 2 for name, (_, held) in receivers.items()),
            "each is told of its own outage, and of its end",
        )
        code, said = service.stop()
    assert code == 0, said
    return said


def acknowledged(site: Site, name: str) -> int:
    """Records behind which an output's cursor is; those that are not would come twice."""
    cursor = json.loads((site.state / f"cursors/{name}.json").read_text())
    return max((place["offset"] for place in cursor["places"].values()), default=0) // SIZE


def pids(events: list[dict[str, Any]]) -> list[int]:
    """Of the processes among events, sorted."""
    return sorted(event["process"]["pid"] for event in events if "process" in event)


def told(events: list[dict[str, Any]]) -> Counter[str]:
    """How often the beginning and the end of an outage are told, by output."""
    outages = [event for event in events if event["event"]["action"] == "output-unreachable"]
    return Counter(event["acct"]["health"]["output"] for event in outages)
