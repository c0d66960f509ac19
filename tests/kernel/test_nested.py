"""The harness itself: what it holds for the truth is what ended, and its rotations lose what such rotations lose."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from tests.kernel import rotating
from tests.kernel.nested import Ground, nested, nonces

ROTATIONS = 20


def held(ground: Ground) -> list[list[bytes]]:
    """The nonces in each file, the oldest first."""
    return sorted(nonces(path) for path in ground.live.parent.iterdir())


def joined(parts: list[list[bytes]]) -> list[bytes]:
    return [nonce for part in parts for nonce in part]


def rotate_in_a_storm(ground: Ground, rotation: rotating.Rotation, times: int = ROTATIONS) -> None:
    ground.storm()
    for _ in range(times):
        ground.grown()
        rotation(ground)
    ground.grown()
    ground.stop()


def test_both_files_hold_a_storm_in_the_order_of_its_exits(ground: Ground) -> None:
    ground.storm(5_000)
    ground.wait()
    truth = ground.truth()

    assert truth == [b"nonce%d" % number for number in range(1_000_000, 1_005_000)]
    assert nonces(ground.live) == truth
    assert ground.order()[truth[17]] == 17


def test_two_storms_share_no_nonce(ground: Ground) -> None:
    ground.storm(100)
    ground.stop()
    ground.storm(100, rate=500)
    ground.wait()
    truth = ground.truth()

    assert len(set(truth)) == len(truth) >= 100
    assert nonces(ground.live) == truth


def test_what_ends_while_accounting_is_off_is_in_the_truth_alone(ground: Ground) -> None:
    for path in (None, ground.live):
        ground.account(path)
        ground.storm(100)
        ground.wait()

    assert len(ground.truth()) == 200
    assert nonces(ground.live) == ground.truth()[100:]


@pytest.mark.parametrize(
    ("rotation", "names"),
    [
        (rotating.rename, r"pacct\.[0-9]+"),
        (rotating.savelog, r"pacct\.(0|[0-9]+\.gz)"),
        (rotating.dated, r"pacct-20231114\.[0-9]+\.xz"),
    ],
)
def test_a_rotation_that_switches_at_once_loses_nothing(
    ground: Ground, rotation: rotating.Rotation, names: str
) -> None:
    rotate_in_a_storm(ground, rotation)
    rotated = [path.name for path in ground.live.parent.iterdir() if path != ground.live]

    assert len(rotated) == ROTATIONS
    assert all(re.fullmatch(names, name) for name in rotated)
    assert all(held(ground)), "the kernel wrote to each"
    assert joined(held(ground)) == ground.truth()


def test_what_copytruncate_loses_lies_between_the_copy_and_what_follows(ground: Ground) -> None:
    rotate_in_a_storm(ground, rotating.copytruncate)
    parts, truth, order = held(ground), ground.truth(), ground.order()
    kept = joined(parts)
    gaps = [truth[order[copied[-1]] + 1 : order[behind[0]]] for copied, behind in pairwise(parts)]

    assert len(gaps) == ROTATIONS
    assert all(gaps), "each cut lost something"
    assert len(set(kept)) == len(kept), "nothing is held twice"
    assert set(truth) - set(kept) == set(joined(gaps))


def processes(session: int) -> list[int]:
    """The processes of a session, in whatever pid namespace."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError):  # it ended meanwhile
            found += [int(process.name)] if os.getsid(int(process.name)) == session else []
    return found


def test_nothing_outlives_the_ground_not_even_a_storm(tmp_path: Path) -> None:
    with nested(tmp_path) as ground:
        ground.storm()
        ground.grown()
        there = processes(ground.session)

    assert len(there) >= 5
    assert processes(ground.session) == []
