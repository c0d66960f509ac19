"""What each release keeps: state folders as it leaves them, and the ids that it gives, once and for ever."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from tests.cli.command import Done, acctship
from tests.cli.service import Events

GOLDEN = Path(__file__).parents[1] / "golden"
STATES, IDS = GOLDEN / "states", GOLDEN / "ids"
SOURCE_ID = "0123456789abcdef0123456789abcdef"
"""With which the files of ids are read."""


class Outcome(NamedTuple):
    """How a later run has gone on: its end, and the events that each output got."""

    done: Done
    events: dict[str, Events]


def versions(folder: Path) -> list[str]:
    """The releases that have kept something there."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def sums(folder: Path) -> str:
    """SHA-256 of each file below a folder, as sha256sum(1) writes it, but for that of the list itself."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files)


def copied(scene: Path, folder: Path) -> Path:
    """A copy of a kept machine, with a configuration whose outputs are files; gives the configuration.

    Its state and its accounting files are somewhere else than they were: the state has to get over that.
    """
    for name in ("log", "state"):
        shutil.copytree(scene / name, folder / name)
    config = folder / "acctship.toml"
    outputs = [
        f'[outputs.{name}]\ntype = "jsonl"\npath = "{folder}/{name}.jsonl"\nstart = "oldest"\n'
        for name, one in expected(scene)["outputs"].items()
        if not one["orphaned"]
    ]
    config.write_text(
        f'[source]\npath = "{folder}/log/pacct"\n[state]\ndirectory = "{folder}/state"\n[canary]\ninterval = "0s"\n'
        + "".join(outputs)
    )
    return config


def expected(scene: Path) -> Any:
    """What is known of a kept machine: see `keep.py`."""
    return json.loads((scene / "expected.json").read_bytes())


def go_on(config: Path, *arguments: str, **environment: str) -> Outcome:
    """Ship what is left, to the end."""
    done = acctship("run", "-c", config, *arguments, environment=environment)
    files = sorted(config.parent.glob("*.jsonl"))
    return Outcome(done, {one.stem: [json.loads(line) for line in one.read_bytes().splitlines()] for one in files})


def process_ids(events: Events) -> list[str]:
    """`event.id` of each record, in order."""
    return [one["event"]["id"] for one in events if one["event"]["dataset"] == "acct.process"]


def settled_ids(events: Events) -> list[str]:
    """`event.id` of what acctship said of a record, which is no random one and the same whenever it is said."""
    health = {one["event"]["id"] for one in events if one["event"]["dataset"] == "acct.health"}
    return sorted(one for one in health if "-" in one.removeprefix("health-"))


def shipped(files: list[Path], **environment: str) -> Events:
    """Events of the files whose ids are kept."""
    names = [part for path in files for part in ("-f", str(path))]
    config = b'[outputs.copy]\ntype = "jsonl"\n'  # or this machine's own would be taken
    command = ["run", "--once", "-c", "/dev/stdin", *names, "--source-id", SOURCE_ID, "-n"]
    done = acctship(*command, stdin=config, environment=environment)
    assert "Traceback" not in done.err, done.err
    return done.events
