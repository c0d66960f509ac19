"""Reading `where` of an output's table.

where = { include = [{ user = "alice" }], exclude = [{ command = "sh", user = ["zabbix", 997] }] }
"""

from __future__ import annotations

from msgspec import Struct

from acctship.errors import ConfigError
from acctship.events.escape import unescape
from acctship.events.signals import signal_called
from acctship.events.where import ANY_SIGNAL, Conditions, Where, listed
from acctship.strict import convert, seconds

LONGEST_NAME = 15
"""Bytes of a command's name that a record keeps (acct(5))."""


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    include: tuple[Conditions, ...] = ()
    exclude: tuple[Conditions, ...] = ()


def parse(table: object, where: str) -> Where:
    """Read the table; `where` is its dotted place, with which each message starts.

    Raises:
        ConfigError: an unknown key, a wrong type, a number out of range, an unknown signal, a name that no command
            can have, an entry of no condition.
    """
    read = convert(_in_seconds(table, where), _Table, where)
    for key, entries in (("include", read.include), ("exclude", read.exclude)):
        for at, entry in enumerate(entries):
            _check(entry, f"{where}.{key}[{at}]")
    return Where(read.include, read.exclude)


def _in_seconds(table: object, where: str) -> object:
    """The table with its durations as numbers; whatever else it holds is left for `convert` to judge."""
    if not isinstance(table, dict):
        return table
    return {
        key: [_entry_in_seconds(entry, f"{where}.{key}[{at}]") for at, entry in enumerate(entries)]
        if isinstance(entries, list)
        else entries
        for key, entries in table.items()
    }


def _entry_in_seconds(entry: object, where: str) -> object:
    if not isinstance(entry, dict) or "min_duration" not in entry:
        return entry
    return {**entry, "min_duration": seconds(entry["min_duration"], f"{where}.min_duration")}


def _check(entry: Conditions, where: str) -> None:
    if entry == Conditions():
        raise ConfigError(f"{where}: holds for every record: set one of {', '.join(Conditions.__struct_fields__)}")
    for signal in listed(entry.signal):
        if isinstance(signal, str) and signal != ANY_SIGNAL and signal_called(signal) is None:
            raise ConfigError(f'{where}.signal: no signal {signal!r}: write a name as "SIGKILL", a number, or "any"')
    for glob in listed(entry.command):
        if len(unescape(glob)) > LONGEST_NAME and not set(glob) & set("*?["):
            raise ConfigError(
                f"{where}.command: {glob!r} never is a name: the kernel cuts them to {LONGEST_NAME} bytes"
            )
