"""Is everything there that was written, once, and do the checkpoints say so?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.builders import SIZE

Events = list[dict[str, Any]]


@dataclass
class Written:
    """What the kernel wrote.

    Attributes:
        kept: pids of the processes whose records no filter keeps.
        filtered: pids of the others.
        skipped: bytes that are no record.
        files: how often the file was rotated.
    """

    kept: list[int] = field(default_factory=list)
    filtered: list[int] = field(default_factory=list)
    skipped: int = 0
    files: int = 0

    @property
    def next_pid(self) -> int:
        """Of a process that had none yet."""
        return 1 + len(self.kept) + len(self.filtered)

    @property
    def pids(self) -> set[int]:
        """Of all processes."""
        return {*self.kept, *self.filtered}

    def note(self, pid: int, *, filtered: bool) -> None:
        """A record was written."""
        (self.filtered if filtered else self.kept).append(pid)


def pids(events: Events) -> set[int]:
    """Pids of process events."""
    return {event["process"]["pid"] for event in events if "process" in event}


def expect_one_id_each(*outputs: Events) -> None:
    """See that each record has the same id wherever and however often it arrived, and no other record has it."""
    ids: dict[int, set[str]] = defaultdict(set)
    for event in (event for events in outputs for event in events if "process" in event):
        ids[event["process"]["pid"]].add(event["event"]["id"])
    assert [names for names in ids.values() if len(names) > 1] == []
    assert len({name for names in ids.values() for name in names}) == len(ids)


def expect_all(wanted: set[int], events: Events, letters: Events, name: str) -> None:
    """See that nothing is lost, and nothing came that was not wanted."""
    there = pids(events) | pids(letters)
    assert sorted(wanted - there) == [], f"{name}: lost"
    assert sorted(there - wanted) == [], f"{name}: not wanted"


def expect_sums(name: str, written: Written, events: Events, letters: Events, *, filters: bool) -> None:
    """See that an output's checkpoints cover all files, without gap or overlap, and count what became of the records.

    Args:
        name: of the output.
        written: all that there was to ship, of which nothing is left.
        events: what arrived.
        letters: what is dead.
        filters: whether the output filters.
    """
    told = {
        event["event"]["id"]: event["acct"]["health"]
        for event in [*events, *letters]
        if event["event"]["action"] == "checkpoint" and event["acct"]["health"]["output"] == name
    }
    segments = defaultdict(list)
    for one in told.values():
        segments[one["segment"]].append(one)
        assert one["records"] == one["sent"] + one["filtered"] + one["rejected"], one
        assert one["end"] - one["begin"] == one["records"] * SIZE + one["skipped"], one
    for stretches in segments.values():
        stretches.sort(key=lambda one: (one["begin"], one["end"]))
        assert stretches[0]["begin"] == 0
        assert [(a["end"], b["begin"]) for a, b in pairwise(stretches) if a["end"] != b["begin"]] == []
    assert len(segments) == written.files + 1
    total = {key: sum(one[key] for one in told.values()) for key in ("records", "filtered", "rejected", "skipped")}
    assert total["records"] == len(written.pids)
    assert total["filtered"] == (len(written.filtered) if filters else 0)
    assert total["skipped"] == written.skipped
    assert total["rejected"] <= len(pids(letters))  # a letter is on disk before it counts: a kill may come between
