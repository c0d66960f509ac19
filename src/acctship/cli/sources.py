"""Which files to read, and what their events say of where they come from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from acctship.delivery.keeping.origin import known_source_id
from acctship.events.escape import escape
from acctship.events.identity import Machine, source_id, this_machine
from acctship.events.names import Names, file_lookup, no_name, system_names
from acctship.events.source import Source
from acctship.records import STDIN, Hole, system_file
from acctship.records.system import SYSTEM_FILES

if TYPE_CHECKING:  # a command that was told its file needs no configuration, and not the 30 ms to load it
    from acctship.config import Config

SOME_SKIPPED = 4
"""Exit code of a command that did its work on all but some bytes of its input."""


@dataclass(frozen=True)
class Origin:
    """What the command line says of where files come from: see `options.source_options`."""

    source_id: str | None = None
    host_name: str | None = None
    host_id: str | None = None
    passwd: str | None = None
    group: str | None = None
    numeric: bool = False

    def names(self) -> Names:
        """Where names of users and groups come from.

        Raises:
            InputError: a file named by --passwd or --group is no such file.
        """
        names = Names(no_name, no_name) if self.numeric else system_names()
        user = file_lookup(self.passwd) if self.passwd else names.user
        group = file_lookup(self.group) if self.group else names.group
        return Names(user, group)


def choose_files(files: Sequence[str], config: Config) -> list[str]:
    """The files of the command line, else the configuration's, else this system's own.

    Raises:
        InputError: this system has none.
    """
    return list(files) or [config.source.path or str(system_file())]


def describe(path: str, config: Config, origin: Origin) -> Source:
    """What the events of a file say of its origin.

    A file in the folder of this machine's own accounting file is this machine's: its rotated siblings are there. Any
    other may come from another machine, so nothing is said of the host but what the command line says.
    """
    here = this_machine()
    machine = here if _is_local(path, config) else Machine()
    return Source(
        id=origin.source_id or own_source_id(config),
        machine=replace(machine, name=origin.host_name or machine.name, id=origin.host_id or machine.id),
        path=None if path == STDIN else escape(os.fsencode(Path(path).absolute())),
        labels=config.source.labels,
        tags=config.source.tags,
    )


def own_source_id(config: Config) -> str:
    """Source id of this machine: what was settled when it first shipped, else what it would be now."""
    return known_source_id(Path(config.state.directory)) or source_id(this_machine())


def describe_hole(name: str, hole: Hole) -> str:
    """Say which bytes of a file were skipped."""
    skipped = f"{hole.length} bytes skipped: " if hole.length else ""  # in a compressed stream nobody knows how many
    return f"{name}: offset {hole.offset}: {skipped}{hole.reason}"


def is_own(path: str, config: Config) -> bool:
    """Whether this machine's kernel writes to a file, as far as the configuration tells."""
    return Path(path).resolve() in [file.resolve() for file in _own(config)]


def _is_local(path: str, config: Config) -> bool:
    return path != STDIN and Path(path).resolve().parent in [file.resolve().parent for file in _own(config)]


def _own(config: Config) -> tuple[Path, ...]:
    return (Path(config.source.path),) if config.source.path else SYSTEM_FILES
