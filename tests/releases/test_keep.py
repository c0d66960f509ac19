"""What a release keeps is written once, and by each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.releases import keep
from tests.releases.kept import IDS, STATES, versions


def test_every_release_of_the_change_log_has_kept_both() -> None:
    released = re.findall(r"^## \[(\d\S*)\] - ", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)

    assert released
    assert sorted(released) == versions(STATES) == versions(IDS)


def test_what_is_kept_is_never_written_again(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"states/0\.1\.0: is kept already, and never written again"):
        keep.main("0.1.0", STATES, tmp_path)
    with pytest.raises(SystemExit, match=r"ids/0\.1\.0: is kept already, and never written again"):
        keep.main("0.1.0", tmp_path, IDS)
    assert list(tmp_path.iterdir()) == []
