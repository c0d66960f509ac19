"""Where a new key goes: nobody can be shown it twice, so there has to be a place for it before it is made."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import click

import acctship


class KeyFile:
    """A new file of mode 0600, or standard output.

    Args:
        path: of the file; None for standard output.

    Raises:
        AcctshipError: the file is there already, or cannot be made.
    """

    def __init__(self, path: Path | None) -> None:
        self._path, self._written = path, False
        if path is None:
            return
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            raise acctship.AcctshipError(f"{path}: is there already: remove it, or name another file") from None
        except OSError as error:
            raise acctship.AcctshipError(f"{path}: {error.strerror}: no key made") from None

    def write(self, key: str) -> None:
        """Put the key there, synced to disk."""
        if self._path is None:
            click.echo(key)
            return
        os.write(self._descriptor, f"{key}\n".encode())
        os.fsync(self._descriptor)
        self._written = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._path is not None:
            os.close(self._descriptor)
            if not self._written:
                self._path.unlink()
