"""The kernel's thresholds of free space."""

from __future__ import annotations

from pathlib import Path

import pytest

from acctship.accounting import pausing
from acctship.accounting.pausing import Limits, limits


def test_this_kernels_or_its_defaults() -> None:
    assert 0 < limits().suspend <= limits().resume <= 100
    assert limits().every > 0


@pytest.mark.parametrize(
    ("content", "expected"),
    [("10\t5\t60\n", Limits(10, 5, 60)), ("nonsense", Limits()), ("1 2 3 4", Limits()), (None, Limits(4, 2, 30))],
)
def test_what_the_kernel_says(
    content: str | None, expected: Limits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pausing, "_SYSCTL", tmp_path / "acct")
    if content is not None:
        (tmp_path / "acct").write_text(content)
    assert limits() == expected
