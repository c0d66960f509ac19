"""The ids that a release gives to records are those of every later one, whatever the place, time zone and locale."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.releases.kept import IDS, process_ids, shipped, sums, versions

ENVIRONMENTS = [
    {"TZ": "UTC", "PYTHONHASHSEED": "0"},
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "42", "PYTHONUTF8": "0"},
]

each_version = pytest.mark.parametrize("version", versions(IDS))


def expected(version: str) -> dict[str, list[str]]:
    """Ids by file, in the order of the files."""
    found: dict[str, list[str]] = json.loads((IDS / version / "ids.json").read_bytes())
    return found


@each_version
def test_nothing_of_it_has_changed_since(version: str) -> None:
    assert (IDS / version / "SHA256SUMS").read_text() == sums(IDS / version)


@each_version
@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=["plain", "elsewhere"])
def test_ids_are_those_that_were_kept(version: str, environment: dict[str, str]) -> None:
    wanted = expected(version)
    events = shipped([IDS / version / name for name in wanted], **environment)
    found: dict[str, list[str]] = {name: [] for name in wanted}
    for event in events:
        found[Path(event["log"]["file"]["path"]).name].append(event["event"]["id"])
    assert found == wanted
    assert all(wanted.values())


@each_version
def test_copy_that_is_compressed_and_renamed_gives_the_same(version: str, tmp_path: Path) -> None:
    packed = tmp_path / "other.gz"
    packed.write_bytes(gzip.compress((IDS / version / "torn-within").read_bytes()))
    assert process_ids(shipped([packed])) == expected(version)["torn-within"]


@each_version
def test_files_that_begin_alike_share_the_segment_and_no_other_record(version: str) -> None:
    wanted = expected(version)
    one, other = wanted["ten"], wanted["same-first-record"]
    assert one[0] == other[0]
    assert not set(one[1:]) & set(other[1:])
    assert {name.partition("-")[0] for name in one} == {name.partition("-")[0] for name in other}
