"""What a release keeps is written once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.releases import keep
from tests.releases.kept import IDS, STATES


def test_what_is_kept_is_never_written_again(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"states/0\.1\.0: is kept already, and never written again"):
        keep.main("0.1.0", STATES, tmp_path)
    with pytest.raises(SystemExit, match=r"ids/0\.1\.0: is kept already, and never written again"):
        keep.main("0.1.0", tmp_path, IDS)
    assert list(tmp_path.iterdir()) == []
