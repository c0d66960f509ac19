"""A service that follows the kernel's file ships each record once, however the file is rotated and whoever dies.

With ACCTSHIP_CAMPAIGN=1 in the environment, there are two hundred crashes instead of twenty, and a hundred cuts.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections import defaultdict
from contextlib import suppress

import pytest

from acctship.events.schema import Health
from tests.kernel import rotating
from tests.kernel.nested import Ground, nonces
from tests.kernel.shipping import Copy, Service

CAMPAIGN = bool(os.environ.get("ACCTSHIP_CAMPAIGN"))
ROTATIONS = 100
CUTS = 100 if CAMPAIGN else 20
CRASHES = 200 if CAMPAIGN else 20
LONGEST_LIFE = 1.5
"""Seconds that a service lives between two crashes, at most: enough to start, ship and write cursors."""

SWITCHING = [rotating.rename, rotating.savelog, rotating.dated]


def assert_once(copy: Copy) -> None:
    """No event is there twice, and no process as two events."""
    assert not {event: times for event, times in copy.times.items() if times > 1}
    assert all(len(ids) == 1 for ids in copy.ids.values())


def assert_add_up(copy: Copy) -> None:
    """The checkpoints of each segment follow one another without a gap, and count what is there."""
    stretches: dict[tuple[str | None, str | None], list[Health]] = defaultdict(list)
    for checkpoint in copy.reports("checkpoint"):
        assert checkpoint.records == (checkpoint.sent or 0) + (checkpoint.filtered or 0) + (checkpoint.rejected or 0)
        stretches[checkpoint.segment, checkpoint.output].append(checkpoint)
    for (segment, _), parts in stretches.items():
        end = 0
        for part in sorted(parts, key=lambda part: (part.begin or 0, part.end or 0)):
            assert part.begin == end, f"{segment}: a checkpoint begins at {part.begin}, the one before ends at {end}"
            assert part.end is not None
            end = part.end
        if segment and any(part.complete for part in parts):
            assert sum(part.sent or 0 for part in parts) == len(copy.segments[segment])


def complete(copy: Copy) -> set[str | None]:
    """The segments of which a checkpoint says that they have ended, and that all of them has been sent."""
    return {checkpoint.segment for checkpoint in copy.reports("checkpoint") if checkpoint.complete}


@pytest.mark.parametrize("rotation", SWITCHING)
def test_each_process_is_one_event_over_a_hundred_rotations(
    ground: Ground, service: Service, rotation: rotating.Rotation
) -> None:
    ground.storm()
    for _ in range(ROTATIONS):
        ground.grown(100)
        rotation(ground)
    ground.stop()
    truth = set(ground.truth())
    service.until_copy(lambda copy: len(copy.ids) >= len(truth), "every process was shipped")
    service.until_copy(lambda copy: len(complete(copy)) >= ROTATIONS, "every rotated segment was completed")
    service.stop()
    copy = service.copy

    assert copy.ids.keys() == truth
    assert len(copy.segments) >= ROTATIONS, "the last one may be empty"
    assert_once(copy)
    assert_add_up(copy)


@pytest.mark.parametrize("rotation", [rotating.copytruncate, rotating.truncate])
def test_what_was_cut_off_unread_lies_within_the_bounds_that_are_reported(
    ground: Ground, service: Service, rotation: rotating.Rotation
) -> None:
    ground.storm()
    for _ in range(CUTS):
        until_seen(ground, service)
        rotation(ground)
    ground.grown(1)
    ground.stop()
    held = {nonce for path in ground.live.parent.iterdir() for nonce in nonces(path)}
    service.until_copy(lambda copy: held <= copy.ids.keys(), "every process in a file that is there was shipped")
    service.stop()
    copy, truth, order = service.copy, ground.truth(), ground.order()
    cuts, missing = copy.reports("truncated"), set(truth) - copy.ids.keys()

    bounded = set()
    for cut in cuts:
        first = last_shipped(copy, order, cut) + 1
        last = order[copy.nonces[cut.before]] if cut.before else next_shipped(copy, truth, first)
        bounded |= set(truth[first:last])
    assert len(cuts) == CUTS
    assert copy.ids.keys() <= set(truth)
    assert missing, "cuts at such a pace lose something"
    assert missing <= bounded
    assert_once(copy)
    assert_add_up(copy)


def until_seen(ground: Ground, service: Service) -> None:
    """Wait until something of the live file was shipped: what nobody has seen can be cut off without a trace."""
    ground.grown(1)
    first = nonces(ground.live)[0]
    service.until_copy(lambda copy: first in copy.ids, f"the first record in {ground.live} was shipped")


def last_shipped(copy: Copy, order: dict[bytes, int], cut: Health) -> int:
    """Where the last process stands that is known from before a cut.

    The service can have seen it without having read it before the cut. Then it is missing itself, as a receiver can
    tell, with all behind the last one that came of its segment.
    """
    assert cut.after, "it had seen something before the file was cut"
    assert cut.previous
    known = {cut.after} if cut.after in copy.nonces else copy.segments[cut.previous]
    return max(order[copy.nonces[name]] for name in known)


def next_shipped(copy: Copy, truth: list[bytes], first: int) -> int:
    """Where the next process stands that was shipped: the other bound, if the file was still empty when it was cut."""
    return next((at for at in range(first, len(truth)) if truth[at] in copy.ids), len(truth))


def test_a_service_that_is_killed_at_any_moment_loses_nothing_and_counts_nothing_twice(
    ground: Ground, service: Service
) -> None:
    chance = random.Random(20231114)
    ground.storm(rate=1_000)
    for _ in range(CRASHES):
        with suppress(subprocess.TimeoutExpired):
            code = service.start_over().wait(timeout=chance.uniform(0, LONGEST_LIFE))
            pytest.fail(f"it ended by itself with {code}: {service.said()}")
        if chance.random() < 0.5:
            chance.choice([rotating.rename, rotating.dated])(ground)  # savelog would use numbers that rename has used
    ground.stop()
    truth = set(ground.truth())
    service.start_over()
    service.started()
    service.until_copy(lambda copy: len(copy.ids) >= len(truth), "every process was shipped")
    service.until_copy(
        lambda copy: len(complete(copy)) >= len(copy.segments) - 1, "all but the live one were completed"
    )
    service.stop()
    copy = service.copy

    assert copy.ids.keys() == truth
    assert all(len(ids) == 1 for ids in copy.ids.values())
    assert_add_up(copy)
