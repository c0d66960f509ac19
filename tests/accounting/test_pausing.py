"""The kernel's thresholds of free space, and what it makes of a file system."""

from __future__ import annotations

from pathlib import Path

import pytest

from acctship.accounting import pausing
from acctship.accounting.pausing import Room, Thresholds, room, thresholds


def test_this_kernels_or_its_defaults() -> None:
    assert 0 < thresholds().suspend <= thresholds().resume <= 100
    assert thresholds().every > 0


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("10\t5\t60\n", Thresholds(10, 5, 60)),
        ("nonsense", Thresholds()),
        ("1 2 3 4", Thresholds()),
        (None, Thresholds(4, 2, 30)),
    ],
)
def test_what_the_kernel_says(
    content: str | None, expected: Thresholds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pausing, "_SYSCTL", tmp_path / "acct")
    if content is not None:
        (tmp_path / "acct").write_text(content)
    assert thresholds() == expected


@pytest.mark.parametrize(("free", "enough"), [(39, False), (40, True), (1000, True)])
def test_room_as_the_kernel_counts_it(free: int, enough: bool) -> None:
    space = Room(free, 1000, free * 4096, Thresholds())
    assert (space.enough, space.percent) == (enough, free / 10)
    assert Room(0, 0, 0, Thresholds()).enough, "ramfs has no limit"


def test_thresholds_are_those_of_this_kernel(tmp_path: Path) -> None:
    resume, suspend, _ = map(int, Path("/proc/sys/kernel/acct").read_text().split())
    assert room(tmp_path).kernel[:2] == (resume, suspend)
