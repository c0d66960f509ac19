"""Which files beside an accounting file may have been it, and which of them bear a rotator's name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from acctship.accounting.rotated import beside, family
from tests.builders import record

ROTATED = {"pacct.0", "pacct.1.gz", "pacct-20261124", "pacct-20261124-130000.1"}
ODD = {"pacct of yesterday", "pacct~"}


def names(found: Iterable[str | Path]) -> set[str]:
    return {Path(path).name for path in found}


def test_all_that_goes_on_where_the_name_ends_is_read_and_only_what_a_rotator_names_is_removed(tmp_path: Path) -> None:
    live = tmp_path / "pacct"
    for name in {*ROTATED, *ODD, "pacct", "other", "pacc", ".pacct.lock"}:
        (tmp_path / name).write_bytes(record())
    (tmp_path / "pacct.link").symlink_to(live)
    (tmp_path / "pacct.folder").mkdir()
    os.mkfifo(tmp_path / "pacct.fifo")
    assert names(beside(live)) == ROTATED | ODD
    assert names(family(live)) == ROTATED | {"pacct"}
    assert all(status.st_size == len(record()) for status in family(live).values())


def test_live_file_may_be_a_link_or_missing(tmp_path: Path) -> None:
    live = tmp_path / "pacct"
    assert not family(live)
    assert not beside(live)
    (tmp_path / "elsewhere").write_bytes(record())
    live.symlink_to("elsewhere")
    assert names(family(live)) == {"pacct"}
    assert not family(tmp_path / "none" / "pacct")
