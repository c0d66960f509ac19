"""The files beside the live one that hold what it held: renamed, copied, compressed, dated."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from acctship.accounting.rotated import beside
from acctship.delivery.following.files import SMALLEST, Examined, Signature, examine_file, open_file, read_at, signature
from acctship.errors import FormatError, InputError
from acctship.records import Layout
from acctship.records.compressed import MAGIC_BYTES, compression

_ATTEMPTS = 3
"""Listings, where files are renamed while they are looked at."""


@dataclass
class Sibling:
    """A file whose name goes on where the live file's ends.

    Attributes:
        path: of the file.
        signature: when it was examined.
        since: time at which it was first seen with this signature.
        examined: what it is; None: no accounting file.
        refused: why it cannot be told what it is.
        key: of the segment that it holds, once that is told.
    """

    path: str
    signature: Signature
    since: float
    examined: Examined | None = None
    refused: str | None = None
    key: str | None = None


class Siblings:
    """Finds them, and examines each once for as long as it stays the same.

    Args:
        path: of the live file.
        layout: of the records, where a person knows better than their first bytes tell.
    """

    def __init__(self, path: str, layout: Layout | None) -> None:
        self._live, self._layout = Path(path), layout
        self._seen: dict[str, Sibling] = {}

    def look(self, now: float, skip: tuple[int, int] | None) -> list[Sibling]:
        """The accounting files that are there.

        Args:
            now: seconds.
            skip: device and inode of a file that is followed anyhow.
        """
        for _ in range(_ATTEMPTS):
            listed, whole = self._list(skip), True
            for path, present in listed.items():
                known = self._seen.get(path)
                if known is None or known.signature != present:
                    whole = self._examine(path, present, now) and whole
            self._seen = {path: self._seen[path] for path in listed if path in self._seen}
            if whole:
                break
        return [sibling for sibling in self._seen.values() if sibling.examined]

    def refused(self) -> dict[str, str]:
        """Paths of files that could hold records, and why they cannot be read."""
        return {sibling.path: sibling.refused for sibling in self._seen.values() if sibling.refused}

    def _list(self, skip: tuple[int, int] | None) -> dict[str, Signature]:
        found = {}
        with suppress(OSError):  # of a folder that may not be read, the live file tells
            found = {path: signature(status) for path, status in beside(self._live).items()}
        return {path: present for path, present in found.items() if present[:2] != skip}

    def _examine(self, path: str, present: Signature, now: float) -> bool:
        """False: it is another by now, or gone."""
        self._seen[path] = sibling = Sibling(path, present, now)
        if present.size < SMALLEST // 2:  # a compressed file may be smaller than a record
            return True
        try:
            descriptor = open_file(path)
        except FileNotFoundError:
            del self._seen[path]
            return False
        except OSError as error:  # tried again when its signature says that its mode has changed
            sibling.refused = f"cannot be opened: {error.strerror}: let acctship's user or group read it"
            return True
        try:
            if signature(os.fstat(descriptor))[:2] != present[:2]:
                del self._seen[path]
                return False
            sibling.examined = examine_file(descriptor, path, self._layout)
        except FormatError as error:
            if compression(read_at(descriptor, 0, MAGIC_BYTES)) == "zstd" and "pip install" in str(error):
                sibling.refused = "is compressed by zstd: pip install 'acctship[zstd]'"
        except InputError:  # it holds no record
            pass
        finally:
            os.close(descriptor)
        return True
