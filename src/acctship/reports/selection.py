"""Which records a listing wants, told for a whole batch at once from as few columns as possible."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_

import numpy as np

from acctship.events.escape import unescape
from acctship.events.ttys import tty_text
from acctship.records import RecordBatch
from acctship.records.columns import Mask
from acctship.reports.lastcomm import NAME_WIDTH, user_text

Test = Callable[[RecordBatch], Mask]

ANY_SIGNAL = -1


@dataclass(frozen=True)
class Extras:
    """What lastcomm cannot ask for. A record must satisfy all that are given.

    Attributes:
        since: seconds since 1970; a process ended then or later.
        until: a process ended before.
        min_duration_ns: a process took as long, or longer.
        failed: its exit code is not 0, or a signal ended it.
        signal: number of the signal that ended it, or `ANY_SIGNAL`.
        uids: one of these is its real user id.
        parent_pids: one of these is its parent's process id; no record before v3 has one.
    """

    since: float | None = None
    until: float | None = None
    min_duration_ns: int = 0
    failed: bool = False
    signal: int | None = None
    uids: Sequence[int] = ()
    parent_pids: Sequence[int] = ()

    def tests(self) -> Iterable[Test]:
        """A test for each that is given."""
        since, until = self.since, self.until
        if self.uids:
            yield lambda batch: np.isin(batch.uids(), self.uids)
        if self.parent_pids:
            yield self._has_parent
        if self.failed:
            yield RecordBatch.failed
        if self.signal == ANY_SIGNAL:
            yield lambda batch: batch.signals() != 0
        elif self.signal is not None:
            yield lambda batch: batch.signals() == self.signal
        if since is not None:
            yield lambda batch: batch.end_seconds() >= since
        if until is not None:
            yield lambda batch: batch.end_seconds() < until
        if self.min_duration_ns:
            yield lambda batch: batch.elapsed_ns() >= self.min_duration_ns

    def _has_parent(self, batch: RecordBatch) -> Mask:
        parents = batch.parent_pids()
        return np.zeros(len(batch), np.bool_) if parents is None else np.isin(parents, self.parent_pids)


NO_EXTRAS = Extras()


def selection(
    words: Sequence[str] = (),
    users: Sequence[str] = (),
    ttys: Sequence[str] = (),
    commands: Sequence[str] = (),
    *,
    strict: bool = False,
    extras: Extras = NO_EXTRAS,
) -> Callable[[RecordBatch], RecordBatch]:
    """Give a function that leaves of a batch the records that are wanted, in their order.

    A word matches a user, a terminal or a command, as rows show them, but whole; a user's number matches where the user
    has no name. A command is given as its bytes, or escaped as a row shows it.

    Args:
        words: for any of the three.
        users: names of users only.
        ttys: names of terminals only.
        commands: names of commands only.
        strict: a record must match every word, and one of the users, of the terminals and of the commands, as far as
            any are given. Otherwise one match among all these is enough, as in lastcomm.
        extras: what a record must satisfy besides.
    """
    if strict:
        tests = [_either([word], [word], [word]) for word in words]
        if users:
            tests.append(_either(users=users))
        if ttys:
            tests.append(_either(ttys=ttys))
        if commands:
            tests.append(_either(commands=commands))
    elif words or users or ttys or commands:
        tests = [_either([*words, *users], [*words, *ttys], [*words, *commands])]
    else:
        tests = []
    tests += extras.tests()

    def select(batch: RecordBatch) -> RecordBatch:
        if not tests:
            return batch
        return batch.take(reduce(and_, (test(batch) for test in tests)))

    return select


def gathered(batches: Iterable[RecordBatch], most: int) -> Iterator[RecordBatch]:
    """Few large batches instead of many small ones of one file: rendering one costs as much as a hundred records.

    The first records come at once, the next after as many again, and so on up to `most`. None is empty.
    """
    held: list[RecordBatch] = []
    enough = 1
    for batch in batches:
        if len(batch):
            held.append(batch)
        if sum(map(len, held)) >= enough:
            yield joined(held)
            held, enough = [], min(2 * enough, most)
    if held:
        yield joined(held)


def joined(batches: Sequence[RecordBatch]) -> RecordBatch:
    """Batches of one file as one."""
    if len(batches) == 1:
        return batches[0]
    rows, offsets = [batch.rows for batch in batches], [batch.offsets for batch in batches]
    return replace(batches[0], rows=np.concatenate(rows), offsets=np.concatenate(offsets))


def _either(users: Sequence[str] = (), ttys: Sequence[str] = (), commands: Sequence[str] = ()) -> Test:
    tests: list[Test] = []
    uids = [uid for user in users for uid in _uids(user)]
    if uids:
        tests.append(lambda batch: np.isin(batch.uids(), uids))
    if ttys:
        tests.append(_tty_test(ttys))
    names = {name for one in commands for name in _spellings(one) if len(name) <= NAME_WIDTH}
    tests += map(_command_test, names)
    return lambda batch: reduce(or_, (test(batch) for test in tests), np.zeros(len(batch), np.bool_))


def _uids(user: str) -> set[int]:
    """Ids that rows show as this."""
    uids = {int(user)} if user.isascii() and user.isdigit() and len(user) <= 10 else set()
    with suppress(KeyError, ValueError):  # ValueError: no name can be that
        uids.add(pwd.getpwnam(user).pw_uid)
    return {uid for uid in uids if user_text(uid) == user}


def _tty_test(ttys: Sequence[str]) -> Test:
    unseen = 2
    answers = np.full(1 << 16, unseen, np.uint8)

    def test(batch: RecordBatch) -> Mask:
        column = batch.ttys()
        found = answers[column]
        if (found == unseen).any():
            for tty in set(column[found == unseen].tolist()):
                answers[tty] = tty_text(tty) in ttys
            found = answers[column]
        return found.view(np.bool_)

    return test


def _command_test(name: bytes) -> Test:
    """Compare a name, with the NUL at its end, as one or two numbers of eight bytes."""
    text = (name + b"\0")[:NAME_WIDTH]
    low, high = int.from_bytes(text[:8], "little"), int.from_bytes(text[8:], "little")
    low_mask, high_mask = (1 << 8 * len(text[:8])) - 1, (1 << 8 * len(text[8:])) - 1

    def test(batch: RecordBatch) -> Mask:
        layout, rows = batch.layout, batch.rows
        found: Mask = (layout.name_words(rows, 0) & np.uint64(low_mask)) == np.uint64(low)
        if high_mask:
            found &= (layout.name_words(rows, 8) & np.uint64(high_mask)) == np.uint64(high)
        return found

    return test


def _spellings(name: str) -> set[bytes]:
    raw = os.fsencode(name)
    return {raw, unescape(raw.decode("utf-8", "replace"))} if b"\\" in raw else {raw}
