"""Which files hold which segments at present, beside the live one."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from acctship.delivery.following.files import check_at, goes_on_as, open_file, same_content, tail_of
from acctship.delivery.following.live import LiveFile
from acctship.delivery.following.segments import Catalogue, SegmentEntry
from acctship.delivery.following.siblings import Sibling, Siblings
from acctship.delivery.following.telling import Outage, resynchronised, shown
from acctship.delivery.notice import Report
from acctship.delivery.place import Place
from acctship.events.identity import segment_id
from acctship.records import Hole, Layout

SETTLED = 10.0
"""Seconds for which a copy has not changed when it is taken for finished, and a segment without files for lost."""
_MOST_KEPT = 2
"""Ended files that are kept open until they are found under another name."""


class Holdings:
    """The files of every segment that is not live.

    Args:
        path: of the live file.
        layout: of the records, where a person knows better than their first bytes tell.
        catalogue: of segments, which is kept up to date.
        source: id of the machine.
        report: told of files that cannot be read.
    """

    def __init__(self, path: str, layout: Layout | None, catalogue: Catalogue, source: str, report: Report) -> None:
        self._catalogue, self._source, self._report = catalogue, source, report
        self._outages: dict[str, Outage] = {}
        self._path, self._siblings = path, Siblings(path, layout)
        self._files: dict[str, list[Sibling]] = {}
        self._kept: dict[str, int] = {}
        self._gone: dict[str, float] = {}

    def keep(self, key: str, descriptor: int) -> None:
        """Take over the file of a segment that has just ended: it may be found under another name, or be removed."""
        if key in self._kept:
            os.close(self._kept.pop(key))
        self._kept[key] = descriptor
        while len(self._kept) > _MOST_KEPT:
            os.close(self._kept.pop(next(iter(self._kept))))

    def look(self, now: float, live: LiveFile) -> None:
        """See what is there."""
        siblings = self._siblings.look(now, live.file)
        self._files = {}
        unknown = []
        for sibling in siblings:
            if sibling.key is None or sibling.key not in self._catalogue:
                sibling.key = self._told(sibling, live)
            if sibling.key is None:
                unknown.append(sibling)
            else:
                self._files.setdefault(sibling.key, []).append(sibling)
        for sibling in sorted(unknown, key=_age):
            # What comes first in time may have told the segment of this one.
            sibling.key = self._told(sibling, live) or self._add(sibling)
            self._files.setdefault(sibling.key, []).append(sibling)
        for key in {*self._files, *self._kept} - {live.key}:
            self._update(key, now)
        self._note_gone(now, live)
        self._note_refused(now)

    def keys(self) -> set[str]:
        """Segments that are in files."""
        return {*self._files, *self._kept}

    def paths(self, key: str) -> list[str]:
        """Files in which a segment is."""
        return [one.path for one in self._files.get(key, ())]

    def refused(self) -> list[str]:
        """Files that could hold records, and cannot be read."""
        return list(self._siblings.refused())

    def is_lost(self, key: str, now: float) -> bool:
        """Whether no file has held a segment for a while."""
        return key in self._gone and now - self._gone[key] >= SETTLED

    def compressed(self, key: str, offset: int) -> Sibling | None:
        """The file to read of a segment from an offset on, if it must be decompressed: no plain one goes further."""
        plain = self._plain(key)
        if key in self._kept or (plain is not None and plain.signature.size > offset):
            return None
        return self._packed(key)

    def is_open(self, key: str) -> bool:
        """Whether only reading to its end can tell the size of a segment."""
        return not self._catalogue[key].measured and key not in self._kept and self._packed(key) is not None

    @contextmanager
    def plain(self, key: str) -> Iterator[tuple[int, str] | None]:
        """Descriptor and path of the file to read of a segment; None if no plain one holds it.

        Raises:
            OSError: it is not there any more.
        """
        sibling = self._plain(key)
        if key in self._kept:
            yield self._kept[key], sibling.path if sibling else self._path
        elif sibling is None:
            yield None
        else:
            with _opened(sibling) as descriptor:
                yield descriptor, sibling.path

    def is_other(self, key: str, offset: int, now: float) -> None:
        """The file that was read from an offset on turned out to hold another segment, that begins alike."""
        if key in self._kept:
            os.close(self._kept.pop(key))
            return
        sibling = self.compressed(key, offset) or self._plain(key)
        if sibling is not None:  # else it has gone meanwhile
            self._files[key].remove(sibling)
            sibling.key = self._add(sibling)
            self._files[sibling.key] = [sibling]
            self._update(sibling.key, now)

    def close(self) -> None:
        """Close what is open."""
        while self._kept:
            os.close(self._kept.popitem()[1])

    def _plain(self, key: str) -> Sibling | None:
        plain = [one for one in self._files.get(key, ()) if one.examined and not one.examined.compressed]
        return max(plain, key=lambda one: one.signature.size, default=None)

    def _packed(self, key: str) -> Sibling | None:
        packed = [one for one in self._files.get(key, ()) if one.examined and one.examined.compressed]
        return max(packed, key=lambda one: one.signature.size, default=None)

    def _told(self, sibling: Sibling, live: LiveFile) -> str | None:
        """Key of the segment in a file, if it is known."""
        examined = sibling.examined
        assert examined is not None  # noqa: S101 - for the type checker
        candidates = self._catalogue.beginning_with(segment_id(self._source, examined.first))
        if not candidates:
            return None
        if examined.compressed:  # to compare more than a sample would be to decompress it
            alike = [one for one in candidates if self._agrees(examined.sample, one, live)]
            open_ones = [one.key for one in reversed(alike) if not one.measured and one.key != live.key]
            return next(iter([*open_ones, *(one.key for one in alike)]), None)
        with suppress(OSError), _opened(sibling) as descriptor:
            size = os.fstat(descriptor).st_size
            known = [one for one in candidates if one.tail.offset and goes_on_as(descriptor, one, size)]
            if known:
                return max(known, key=lambda one: one.tail.offset).key
            return next((one.key for one in candidates if self._may_hold(descriptor, one, live)), None)
        return candidates[0].key  # it has just gone, and is looked for at the next listing

    def _may_hold(self, descriptor: int, entry: SegmentEntry, live: LiveFile) -> bool:
        """Whether a plain file that begins as a segment does, and ends before it, agrees with it as far as it goes."""
        if entry.key == live.key:
            return same_content(descriptor, live.descriptor, entry.laid_out)
        with suppress(OSError), self.plain(entry.key) as other:
            if other is not None:
                return same_content(descriptor, other[0], entry.laid_out)
        return os.fstat(descriptor).st_size < entry.tail.offset or not entry.tail.offset

    def _agrees(self, sample: array[int], entry: SegmentEntry, live: LiveFile) -> bool:
        """Whether the first records of a compressed file are those of a segment, as far as that can be told."""
        if entry.key == live.key:  # which no copy of it is longer than, and which may have grown since it was looked at
            end = entry.begin + len(sample) * entry.laid_out.size
            size = os.fstat(live.descriptor).st_size
            return size >= end and _same_records(live.descriptor, sample, entry)
        with suppress(OSError), self.plain(entry.key) as other:
            if other is not None:
                return _same_records(other[0], sample, entry)
        packed = self._packed(entry.key)
        if packed is not None and packed.examined is not None:
            return all(one == two for one, two in zip(sample, packed.examined.sample, strict=False))
        known = (entry.tail.offset - entry.begin) // entry.laid_out.size
        return not 0 < known <= len(sample) or sample[known - 1] == entry.tail.check

    def _add(self, sibling: Sibling) -> str:
        examined = sibling.examined
        assert examined is not None  # noqa: S101 - for the type checker
        name = segment_id(self._source, examined.first)
        key = self._catalogue.add(name, examined.layout, examined.first, examined.begin).key
        end = examined.begin + len(examined.sample) * examined.layout.size
        self._catalogue.change(key, tail=Place(end, examined.sample[-1]))
        return key

    def _update(self, key: str, now: float) -> None:
        """Note size and paths of a segment that is not live."""
        entry, files, plain = self._catalogue[key], self._files.get(key, []), self._plain(key)
        if files:
            self._catalogue.change(key, paths=tuple(sorted(shown(one.path) for one in files)))
        settled = [one for one in files if now - one.since >= SETTLED]
        if key in self._kept:
            size = os.fstat(self._kept[key]).st_size
            if entry.size != size:
                self._note_size(key, size, self._kept[key], measured=True)
            if settled or (plain is not None and plain.signature.size >= size):
                os.close(self._kept.pop(key))
        elif plain is not None:
            whole, size = plain in settled and self._packed(key) is None, plain.signature.size
            if whole and size < entry.size:
                missing = Hole(size, entry.size - size, "the copy ends before them, and no other file is left")
                self._report(resynchronised(shown(plain.path), entry.id, missing))
            elif not whole:
                size = max(size, entry.size)
            if (entry.size, entry.measured) != (size, entry.measured or whole):
                with suppress(OSError), _opened(plain) as descriptor:
                    self._note_size(key, size, descriptor, measured=entry.measured or whole)

    def _note_size(self, key: str, size: int, descriptor: int, *, measured: bool) -> None:
        tail = tail_of(descriptor, self._catalogue[key], size)
        self._catalogue.change(key, size=size, measured=measured, tail=tail)

    def _note_gone(self, now: float, live: LiveFile) -> None:
        held = {*self.keys(), live.key}
        for entry in self._catalogue.entries():
            if entry.key in held:
                self._gone.pop(entry.key, None)
            else:
                self._gone.setdefault(entry.key, now)
        for key in [key for key in self._gone if key not in self._catalogue]:
            del self._gone[key]

    def _note_refused(self, now: float) -> None:
        refused = self._siblings.refused()
        for path, why in refused.items():
            self._outages.setdefault(path, Outage(path, self._report)).goes_on(why, now, SETTLED)
        for path in [path for path in self._outages if path not in refused]:
            self._outages.pop(path).is_over()


def _same_records(descriptor: int, sample: array[int], entry: SegmentEntry) -> bool:
    layout = entry.laid_out
    shared = min(len(sample), (os.fstat(descriptor).st_size - entry.begin) // layout.size)
    return shared < 1 or check_at(descriptor, layout, entry.begin + shared * layout.size) == sample[shared - 1]


def _age(sibling: Sibling) -> tuple[int, int]:
    examined = sibling.examined
    return (examined.end_second if examined else 0, sibling.signature.modified_ns)


@contextmanager
def _opened(sibling: Sibling) -> Iterator[int]:
    """The file, if it is still the one that was examined.

    Raises:
        OSError: it is not.
    """
    descriptor = open_file(sibling.path)
    try:
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != sibling.signature[:2]:
            raise FileNotFoundError(sibling.path)
        yield descriptor
    finally:
        os.close(descriptor)
