"""Which records an output wants, told for a whole batch at once.

What cannot be told counts for shipping, for nothing shall be lost in silence: where a user or a group has no name, or
none in time, a terminal no well-known one, and a record no parent (before v3), a condition on it holds in `include` and
does not hold in `exclude`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property, reduce
from operator import and_
from typing import Annotated, TypeVar

import numpy as np
from msgspec import Meta, Struct

from acctship.events.escape import escape
from acctship.events.memory import Memory
from acctship.events.names import Lookup, Names
from acctship.events.signals import signal_called
from acctship.events.ttys import tty_name
from acctship.records import RecordBatch, command
from acctship.records.columns import NS, Column, Mask

T = TypeVar("T", int, str, int | str)

Test = Callable[[RecordBatch, Names], Mask]

ANY_SIGNAL = "any"
NO_TTY = "none"

Number = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Name = Annotated[str, Meta(min_length=1)]
Id = Number | Name | Annotated[tuple[Number | Name, ...], Meta(min_length=1)]
Parent = Number | Annotated[tuple[Number, ...], Meta(min_length=1)]
Glob = str | Annotated[tuple[str, ...], Meta(min_length=1)]
SignalNumber = Annotated[int, Meta(ge=1, le=127)]
Signal = SignalNumber | Name | Annotated[tuple[SignalNumber | Name, ...], Meta(min_length=1)]
Seconds = Annotated[float, Meta(gt=0, le=1e9)]


class Conditions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must hold of a record, all together. Of a list, one is enough."""

    user: Annotated[Id | None, Meta(description="Real user: name or number, or a list of them")] = None
    group: Annotated[Id | None, Meta(description="Real group: name or number, or a list of them")] = None
    command: Annotated[
        Glob | None,
        Meta(description="`process.name`: pattern with `*`, `?` and `[...]`, case-sensitive, or a list of them"),
    ] = None
    parent: Annotated[Parent | None, Meta(description="Process id of the parent, or a list of them")] = None
    tty: Annotated[
        Glob | None,
        Meta(description='`acct.tty`: pattern such as `"pts/*"`, `"none"` for no terminal, or a list of them'),
    ] = None
    min_duration: Annotated[
        Seconds | None, Meta(description='It took as long or longer: seconds, or text such as `"500ms"`, `"5min"`')
    ] = None
    failed: Annotated[
        bool | None, Meta(description="Its exit code was not 0, or a signal ended it; `false`: neither")
    ] = None
    signal: Annotated[
        Signal | None, Meta(description='Signal that ended it: number, name, `"any"`, or a list of them')
    ] = None


@dataclass(frozen=True)
class Where:
    """A filter: a record is wanted if one of `include` holds, or there is none, and none of `exclude` holds."""

    include: tuple[Conditions, ...] = ()
    exclude: tuple[Conditions, ...] = ()

    def mask(self, batch: RecordBatch, names: Names) -> Mask:
        """Whether each record of a batch is wanted. A name is asked for once for each number in the batch, if at all.

        Args:
            batch: records of any layout.
            names: tells names of users and groups.
        """
        names = Names(cache(names.user), cache(names.group))
        wanted = np.full(len(batch), not self.include)
        for tests in self._include:
            wanted |= _all(tests, batch, names)
        for tests in self._exclude:
            wanted &= ~_all(tests, batch, names)
        return wanted

    @cached_property
    def _include(self) -> list[list[Test]]:
        return [_tests(entry, unknown=True) for entry in self.include]

    @cached_property
    def _exclude(self) -> list[list[Test]]:
        return [_tests(entry, unknown=False) for entry in self.exclude]


def listed(value: T | tuple[T, ...] | None) -> tuple[T, ...]:
    """What a condition names, be it one, a list, or nothing."""
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _all(tests: Sequence[Test], batch: RecordBatch, names: Names) -> Mask:
    return reduce(and_, (test(batch, names) for test in tests))


def _tests(entry: Conditions, *, unknown: bool) -> list[Test]:
    """A test for each condition; `unknown` is what one gives where it cannot be told."""
    tests: list[Test] = []
    if entry.user is not None:
        tests.append(_id_test(listed(entry.user), RecordBatch.uids, lambda names: names.user, unknown))
    if entry.group is not None:
        tests.append(_id_test(listed(entry.group), RecordBatch.gids, lambda names: names.group, unknown))
    if entry.command is not None:
        tests.append(_command_test(listed(entry.command)))
    if entry.parent is not None:
        tests.append(_parent_test(listed(entry.parent), unknown))
    if entry.tty is not None:
        tests.append(_tty_test(listed(entry.tty), unknown))
    if entry.min_duration is not None:
        least = round(entry.min_duration * NS)
        tests.append(lambda batch, _: batch.elapsed_ns() >= least)
    if entry.failed is not None:
        failed = entry.failed
        tests.append(lambda batch, _: batch.failed() == failed)
    if entry.signal is not None:
        tests.append(_signal_test(listed(entry.signal)))
    return tests


def _where(column: Column, holds: Callable[[int], bool]) -> Mask:
    """Ask about each number of a column once."""
    distinct, which = np.unique(column, return_inverse=True)
    answers: Mask = np.fromiter(map(holds, distinct.tolist()), np.bool_, len(distinct))[which]
    return answers


def _id_test(
    wanted: Collection[int | str],
    column: Callable[[RecordBatch], Column],
    lookup: Callable[[Names], Lookup],
    unknown: bool,
) -> Test:
    numbers = {int(one) for one in wanted if _is_number(one)}
    texts = [str(one) for one in wanted if not _is_number(one)]
    spellings = {*texts, *(escape(text.encode()) for text in texts)}  # DOMAIN\name has a backslash, escaped or not

    def test(batch: RecordBatch, names: Names) -> Mask:
        name_of = lookup(names)

        def holds(number: int) -> bool:
            if number in numbers:
                return True
            name = name_of(number)
            return unknown if name is None else name in spellings

        return _where(column(batch), holds) if texts else np.isin(column(batch), list(numbers))

    return test


def _is_number(one: int | str) -> bool:
    return isinstance(one, int) or (one.isascii() and one.isdigit() and len(one) <= 10)


def _command_test(globs: Collection[int | str]) -> Test:
    def matches(comm: bytes) -> bool:
        name = escape(command(comm))
        return any(fnmatchcase(name, str(glob)) for glob in globs)

    known = Memory(matches)
    return lambda batch, _: np.fromiter(map(known.__getitem__, batch.comms()), np.bool_, len(batch))


def _parent_test(wanted: Collection[int | str], unknown: bool) -> Test:
    numbers = list(map(int, wanted))

    def test(batch: RecordBatch, _: Names) -> Mask:
        parents = batch.parent_pids()
        return np.full(len(batch), unknown) if parents is None else np.isin(parents, numbers)

    return test


def _tty_test(wanted: Collection[int | str], unknown: bool) -> Test:
    globs = [str(glob) for glob in wanted if glob != NO_TTY]

    def matches(tty: int) -> bool:
        if tty == 0:
            return NO_TTY in wanted
        name = tty_name(tty)
        if name is None:
            return unknown and bool(globs)
        return any(fnmatchcase(name, glob) for glob in globs)

    known = Memory(matches)
    return lambda batch, _: _where(batch.ttys(), known.__getitem__)


def _signal_test(wanted: Collection[int | str]) -> Test:
    if ANY_SIGNAL in wanted:
        return lambda batch, _: batch.signals() != 0
    numbers = [number for one in wanted if (number := signal_called(str(one))) is not None]
    return lambda batch, _: np.isin(batch.signals(), numbers)
