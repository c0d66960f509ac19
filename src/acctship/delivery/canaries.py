"""Which records are those of canaries: they are counted, and not shipped."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np

from acctship.accounting.canary import PREFIX, is_canary
from acctship.delivery.following.chunk import Chunk
from acctship.delivery.keeping import canary_file
from acctship.delivery.notice import Notice, Report
from acctship.records import RecordBatch, command
from acctship.records.columns import Mask

_MOST = 4096
_WORD, _BITS = int.from_bytes(PREFIX, "little"), (1 << 8 * len(PREFIX)) - 1


class Canaries:
    """Tells records of canaries from those of whoever bears a canary's name, for all outputs, from any thread.

    A name is used once: its first record is the canary's. Another one, at another place, is not.

    Args:
        key: names the canaries.
        report: told of a name that was copied.
    """

    def __init__(self, key: bytes, report: Report) -> None:
        self._key, self._report = key, report
        self._lock = threading.Lock()
        self._places: OrderedDict[bytes, tuple[str, int]] = OrderedDict()
        self._told: OrderedDict[tuple[str, int], None] = OrderedDict()

    def mask(self, chunk: Chunk) -> Mask | None:
        """Which records of the chunk are canaries'; None if none is."""
        records = chunk.records
        alike = (records.layout.name_words(records.rows, 0) & _BITS) == _WORD
        if not alike.any():
            return None
        at = np.flatnonzero(alike)
        picked = RecordBatch(records.layout, records.rows[at], records.offsets[at], records.ahz)
        rows = zip(at.tolist(), map(command, picked.comms()), picked.end_seconds().tolist(), strict=True)
        for index, name, end in rows:
            place = (chunk.segment, int(records.offsets[index]))
            alike[index] = is_canary(self._key, name, end) and self._is_first(name, place)
        return alike if alike.any() else None

    def _is_first(self, name: bytes, place: tuple[str, int]) -> bool:
        with self._lock:
            first = self._places.setdefault(name, place)
            if first[0] == place[0] and place[1] < first[1]:  # an output that is behind comes by later
                first = self._places[name] = place
            self._places.move_to_end(name)
            if len(self._places) > _MOST:
                self._places.popitem(last=False)
            known = first == place or place in self._told
            if not known:
                self._told[place] = None
                if len(self._told) > _MOST:
                    self._told.popitem(last=False)
        if not known:
            segment, offset = place
            self._report(
                Notice(
                    "canary-imitated",
                    f"a second record bears the name of the canary {name.decode('ascii')}: it is shipped as any other",
                    details={"segment": segment.partition(".")[0], "begin": offset},
                    event_id=f"health-{name.decode('ascii')}-{segment}-{offset:x}",
                )
            )
        return first == place


def known_canaries(directory: Path, report: Report, *, begin: bool) -> Canaries | None:
    """What tells the canaries whose key a state folder holds; None if there have been none, and none shall begin."""
    document = canary_file.begin(directory) if begin else canary_file.load(directory)
    return None if document is None else Canaries(document.secret, report)
