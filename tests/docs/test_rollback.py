"""docs/operating.md, Rollback: an older version over the state of a newer one."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

from tests.cli.command import Done, acctship
from tests.paths import PACCT

COUNT, MORE, SIZE = 92, 10, 64


class Site:
    """An accounting file, and an output that ships all of it."""

    def __init__(self, folder: Path) -> None:
        self.state, self._out, self._config = folder / "state", folder / "out.jsonl", folder / "acctship.toml"
        self._records = Path(shutil.copy(PACCT, folder / "pacct"))
        self._config.write_text(
            f'[source]\npath = "{self._records}"\n[state]\ndirectory = "{self.state}"\n'
            f'[outputs.siem]\ntype = "jsonl"\npath = "{self._out}"\nstart = "oldest"\n'
        )

    def drain(self, *options: str) -> Done:
        return acctship("run", "--drain", "-c", self._config, *options)

    def grow(self) -> None:
        with self._records.open("ab") as records:
            records.write(PACCT.read_bytes()[: MORE * SIZE])

    def written_by_a_newer_version(self) -> None:
        for path in [*self.state.glob("*.json"), *self.state.glob("cursors/*.json")]:
            path.write_text(path.read_text().replace('"format":1', '"format":2'))

    def files(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.state.rglob("*") if path.is_file() and path.name != "lock"}

    def shipped(self) -> Counter[str]:
        """Ids of processes, in order, and how often each was shipped."""
        events = [json.loads(line)["event"] for line in self._out.read_text().splitlines()]
        return Counter(event["id"] for event in events if event["dataset"] == "acct.process")


def test_rollback_over_a_change_of_format(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert site.drain().code == 0
    shutil.copytree(site.state, tmp_path / "before")
    site.grow()
    assert site.drain().code == 0
    site.written_by_a_newer_version()
    newer, shipped = site.files(), site.shipped()
    assert len(shipped) == COUNT + MORE

    refused = site.drain()
    assert (refused.code, refused.error.count("was written by a newer acctship")) == (3, 1)
    assert (site.files(), site.shipped()) == (newer, shipped)

    site.state.rename(tmp_path / "newer")
    shutil.copytree(tmp_path / "before", site.state)
    assert site.drain().code == 0
    assert site.shipped() == {event: 1 if number < COUNT else 2 for number, event in enumerate(shipped)}


def test_without_a_copy_a_rollback_begins_afresh(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.drain()
    once = site.shipped()
    assert len(once) == COUNT
    site.written_by_a_newer_version()

    assert site.drain("--accept-loss").code == 0
    assert site.shipped() == dict.fromkeys(once, 2)
