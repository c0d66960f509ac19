"""Keep the states and ids of this release: `python -m tests.releases.keep`, once per release, before it is tagged.

What is there already is never written again, by no option: a later acctship has to go on from what a former one left.

    tests/golden/states/VERSION/SCENE/log, state    a machine's files, as this release left them
    tests/golden/states/VERSION/SCENE/expected.json what each output had, and what is left to be sent
    tests/golden/ids/VERSION/                       accounting files, and in ids.json the ids of their events
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

import acctship
from tests.cli.service import Events
from tests.releases import files, scenes
from tests.releases.kept import IDS, STATES, copied, go_on, process_ids, settled_ids, shipped, sums


def main(version: str = acctship.__version__, states: Path = STATES, ids: Path = IDS) -> None:
    """Keep them.

    Raises:
        SystemExit: they are kept already.
    """
    for folder in (states / version, ids / version):
        if folder.exists():
            sys.exit(f"{folder}: is kept already, and never written again: a new release has a new number")
    for name, scene in scenes.SCENES.items():
        keep_state(states / version / name, scene())
    keep_ids(ids / version)
    for folder in (states / version, ids / version):
        (folder / "SHA256SUMS").write_text(sums(folder))


def keep_state(folder: Path, left: scenes.Left) -> None:
    """Copy the machine, and note what each output had and what this release itself would still send."""
    for name in ("log", "state"):
        shutil.copytree(left.site.folder / name, folder / name)
    outputs = {
        name: {"orphaned": name in left.orphaned, "had": process_ids(had), "letters": process_ids(letters), "left": []}
        for name, (had, letters) in left.outputs.items()
    }
    note = {"outputs": outputs, "settled": settled_ids(left.outputs["copy"][0])}
    expected = folder / "expected.json"
    expected.write_text(json.dumps(note))
    with tempfile.TemporaryDirectory() as temporary:
        outcome = go_on(copied(folder, Path(temporary)), "--drain")
    assert outcome.done.code == 0, outcome.done.err
    for name, one in outputs.items():
        if not one["orphaned"]:
            one["left"] = process_ids(outcome.events[name])
            check(name, left, outcome.events[name])
    expected.write_text(json.dumps(note, indent=1) + "\n")
    left.site.remove()


def check(name: str, left: scenes.Left, rest: Events) -> None:
    """See that nothing is lost, and, where acctship was not killed, nothing comes twice."""
    had, letters = left.outputs[name]
    pids = [[one["process"]["pid"] for one in events if "process" in one] for events in (had, letters, rest)]
    assert set().union(*pids) == left.pids, name
    assert left.killed or sum(map(len, pids)) == len(left.pids), name


def keep_ids(folder: Path) -> None:
    """Write the files, and the ids of their events."""
    folder.mkdir(parents=True)
    for name, content in files.contents().items():
        (folder / name).write_bytes(content)
    names = sorted(files.contents())
    found = {name: process_ids(shipped([folder / name])) for name in names}
    (folder / "ids.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
