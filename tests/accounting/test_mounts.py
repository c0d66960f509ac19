"""What is mounted where, and whether it lasts."""

from __future__ import annotations

from pathlib import Path

import pytest

from acctship.accounting import mounts
from acctship.accounting.mounts import mount_of, refuse_private
from acctship.errors import AccountingError


def test_the_file_system_is_the_one_that_is_mounted_there(tmp_path: Path) -> None:
    mounts = {line.split()[1]: line.split()[2] for line in Path("/proc/self/mounts").read_text().splitlines()}
    around = next(path for path in (tmp_path, *tmp_path.parents) if str(path) in mounts)
    assert mount_of(Path("/proc")).kind == "proc"
    assert mount_of(tmp_path) == mount_of(around)
    assert mount_of(tmp_path).kind == mounts[str(around)]


def test_what_the_first_process_does_not_have_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tmp_path / "mountinfo"
    listed.write_text("999999 1 0:1 / / rw - ext4 /dev/sda rw\n")
    monkeypatch.setattr(mounts, "FIRST_PROCESS", listed)
    with pytest.raises(AccountingError, match=f"^{tmp_path}: is seen through mounts of this process's own"):
        refuse_private(tmp_path)
    listed.write_text(f"{mount_of(tmp_path).number} 1 0:1 / / rw - ext4 /dev/sda rw\n")
    refuse_private(tmp_path)
    listed.unlink()
    refuse_private(tmp_path)
