"""Files of the state folder that are replaced as a whole: either the old content is there or the new one.

A document is one JSON object with a `format` number, read as strictly as it was written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from acctship.errors import StateError
from acctship.events.escape import escape_line

FORMAT = 1
"""Of every state file that this version writes, and the newest that it reads."""


class Document(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Root of all documents. Their other fields have no defaults, or a field that is missing would pass for empty."""

    format: int = FORMAT


class Head(msgspec.Struct):
    """What the documents and lines of all versions have in common."""

    format: int


D = TypeVar("D", bound=Document)
T = TypeVar("T")


def read(path: Path, kind: type[D], lost: str | None) -> D:
    """Read one document.

    Args:
        path: of its file.
        kind: what it holds.
        lost: what is lost with it, as in `StateError`.

    Raises:
        StateError: it is missing, unreadable, damaged, or of a newer acctship.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise unusable(path, error, lost) from None
    return decode(raw, kind, str(path), lost)


def unusable(path: Path, error: OSError, lost: str | None) -> StateError:
    """What to raise where a file that must be there cannot be opened."""
    if isinstance(error, FileNotFoundError):
        return StateError(f"{path}: is missing: restore it from a backup", lost=lost)
    return StateError(f"{path}: cannot be used: {error.strerror}: see to it that acctship may read and write it")


def decode(raw: bytes, kind: type[T], name: str, lost: str | None) -> T:
    """Take apart JSON that holds its `format`.

    Args:
        raw: the JSON.
        kind: what it holds.
        name: where it was found.
        lost: what is lost with it, as in `StateError`.

    Raises:
        StateError: it is damaged, or of a newer acctship.
    """
    if parse(raw, Head, name, lost).format > FORMAT:
        raise StateError(f"{name}: was written by a newer acctship: upgrade", lost=lost)
    return parse(raw, kind, name, lost)


def parse(raw: bytes, kind: type[T], name: str, lost: str | None) -> T:
    """Take apart any JSON; arguments and errors as those of `decode`."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = f"is damaged ({escape_line(str(error))})" if raw.strip(b"\0") else "is empty"
        raise StateError(f"{name}: {what}: restore it from a backup", lost=lost) from None


def write(path: Path, document: Document) -> None:
    """Replace a file by a document, durably.

    Raises:
        OSError: as those of `replace`.
    """
    replace(path, [encode(document)])


def encode(document: Document) -> bytes:
    """A document as its file holds it."""
    return msgspec.json.encode(document) + b"\n"


def replace(path: Path, parts: Iterable[bytes], *, durable: bool = True, mode: int = 0o640) -> None:
    """Replace a file, or make it, so that a crash or a power loss at any moment leaves the old one or the new one.

    Args:
        path: of the file.
        parts: what it shall hold.
        durable: sync it; otherwise a power loss may leave an empty one, for what is worth nothing after it.
        mode: its permissions, whatever the umask.

    Raises:
        OSError: the old content is there as it was; or the new one, which a power loss may still undo.
    """
    new = path.with_name(f".{path.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            _give(descriptor, path.parent)
            file.writelines(parts)
            if durable:
                file.flush()
                os.fsync(descriptor)
        new.rename(path)
    except BaseException:
        with suppress(OSError):
            new.unlink()  # on a full disk, it would be in the way
        raise
    if durable:
        sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder in which the group may read, unless it is there.

    Raises:
        OSError: it could not be made.
    """
    with suppress(FileExistsError):
        path.mkdir(mode=0o750)
        _give(path, path.parent)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make durable which names a folder holds (fsync(2), "Notes")."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _give(target: int | Path, folder: Path) -> None:
    """Let what root makes, such as a replay by hand, belong to the user that acctship runs as: the folder's owner."""
    if os.geteuid() == 0:
        status = folder.stat()
        os.chown(target, status.st_uid, status.st_gid)
