"""The state folder: what acctship keeps between its runs.

Whatever is missing or damaged there ends the start with an error, until a person accepts the loss.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Generic, Self, TypeVar

from acctship.delivery.keeping import documents, folder
from acctship.delivery.keeping.cursors import Cursor
from acctship.delivery.keeping.dead_letters import DeadLetters
from acctship.delivery.keeping.documents import Document
from acctship.delivery.keeping.journal import Header, Journal
from acctship.delivery.keeping.origin import Identity, first_identity
from acctship.errors import StateError
from acctship.events.escape import escape_line
from acctship.events.identity import Machine

DEFAULT = Path("/var/lib/acctship")
"""Where the state is kept if the configuration says nothing else."""

T = TypeVar("T")
D = TypeVar("D", bound=Document)


class Outputs(Document):
    """The outputs that have a cursor here, by name."""

    names: list[str]


class Segments(Document, Generic[T]):
    """The accounting files that were seen."""

    segments: list[T]


class State:
    """The state folder, from `open` to `close`. Several threads may save cursors, each of another output.

    Attributes:
        directory: the folder.
        identity: whose records these are.
        losses: what had to be begun afresh, in words; for health events.
    """

    identity: Identity

    def __init__(self, directory: Path, lock: int | None, *, accept_loss: bool) -> None:
        self.directory, self._lock, self._accept_loss = directory, lock, accept_loss
        self.losses: list[str] = []
        self._registering = threading.Lock()

    @classmethod
    def open(cls, directory: Path, machine: Machine, *, accept_loss: bool, lock: bool = True) -> Self:
        """Open the folder, which is made at the first start.

        Args:
            directory: the folder.
            machine: the one that acctship runs on.
            accept_loss: begin afresh what is missing or damaged, and move the old one aside; only with `lock`.
            lock: use it alone; without it, nothing may be saved, but `forget` may be called, and whoever has the lock
                goes on.

        Raises:
            StateError: it cannot be used: missing, in use, foreign or damaged.
            OSError: it could not be written.
        """
        if lock:
            folder.make(directory)
        state = cls(directory, folder.lock(directory) if lock else None, accept_loss=accept_loss)
        try:
            state._begin(machine)
        except BaseException:
            state.close()
            raise
        return state

    def close(self) -> None:
        """Let others use the folder."""
        descriptor, self._lock = self._lock, None
        if descriptor is not None:
            os.close(descriptor)

    def moved(self, machine: Machine) -> list[str]:
        """What of the machine has changed since `remember` was told, in words."""
        return self.identity.moved(machine)

    def remember(self, machine: Machine) -> None:
        """Note that what `moved` tells has been reported.

        Raises:
            OSError: it could not be written.
        """
        identity = self.identity.seen(machine)
        if identity != self.identity:
            documents.write(self._path("identity.json"), identity)
            self.identity = identity

    @property
    def outputs(self) -> Sequence[str]:
        """Names of the outputs that have a cursor here."""
        return self._outputs.names

    def orphans(self, configured: Collection[str]) -> list[str]:
        """Names of the outputs that have a cursor here, and are not configured any more."""
        return [name for name in self.outputs if name not in configured]

    def load_segments(self, kind: type[T]) -> list[T]:
        """The accounting files that were seen, as `save_segments` was given them.

        Args:
            kind: of the entries.

        Raises:
            StateError: the file is missing or damaged.
        """
        name, lost = "segments.json", "what was known of the accounting files is lost"
        return self._document(name, Segments[kind], lost, lambda: Segments([])).segments  # type: ignore[valid-type]

    def save_segments(self, entries: list[T]) -> None:
        """Save what is known of the accounting files.

        Raises:
            OSError: it could not be written.
        """
        documents.write(self._path("segments.json"), Segments(entries))

    def load_cursor(self, name: str) -> Cursor | None:
        """The cursor of an output, as it was last saved; None if the output is new here.

        Raises:
            StateError: it is missing or damaged.
        """
        if name not in self.outputs:
            return None
        path = self._cursor(name)
        try:
            return documents.read(path, Cursor, f"output {name} starts as a new one does")
        except StateError as error:
            self._lose(path, error)
        self._register([other for other in self.outputs if other != name])
        return None

    def save_cursor(self, name: str, cursor: Cursor) -> None:
        """Save the cursor of an output; a new one is known from then on.

        Raises:
            OSError: it could not be written.
        """
        new = name not in self.outputs
        if new and not self._letters(name).exists():
            DeadLetters.create(self._letters(name))
        documents.write(self._cursor(name), cursor)
        if new:  # last: what is in the registry has to be there
            with self._registering:
                self._register([*self.outputs, name])

    def dead_letters(self, name: str) -> DeadLetters:
        """The dead letters of an output that has a cursor here.

        Raises:
            StateError: they are missing or damaged, or there is no such output.
        """
        self._known(name)
        path = self._letters(name)
        letters = DeadLetters(path)
        try:
            letters.check()
        except StateError as error:
            self._lose(path, error)
            DeadLetters.create(path)
        return letters

    def open_journal(self) -> Journal:
        """The health journal; only with the lock.

        Raises:
            StateError: it is missing or damaged, or ends before what an output has read of it.
        """
        path, lost = self._path("health.jsonl"), "health events that were not delivered yet are lost"
        cursors = [self.load_cursor(name) for name in [*self.outputs]]
        reached = max((cursor.health for cursor in cursors if cursor), default=0)
        try:
            journal = Journal(path, lost)
            if journal.end >= reached:
                return journal
            journal.close()
            raise StateError(
                f"{path}: ends at {journal.end}, but an output has read up to {reached}: restore it from a backup",
                lost=lost,
            )
        except StateError as error:
            self._lose(path, error)
        Journal.create(path, reached)
        return Journal(path, lost)

    def forget(self, name: str, *, with_dead_letters: bool = False) -> None:
        """Remove what is kept of an output to which nothing is shipped, with the lock or without.

        Raises:
            StateError: there is no such output, or it has dead letters and nothing says that they may go.
            OSError: it could not be removed.
        """
        self._known(name)
        if not with_dead_letters and any(True for _ in self.dead_letters(name).read()):
            raise StateError(f"{name}: has dead letters: see `acctship deadletter list`; they would be removed, too")
        self._register([other for other in self.outputs if other != name])
        for path in (self._cursor(name), self._letters(name)):
            path.unlink(missing_ok=True)
            documents.sync_folder(path.parent)

    def _begin(self, machine: Machine) -> None:
        try:
            unused = self._is_unused()
        except OSError as error:
            raise StateError(f"{self.directory}: cannot be used: {error.strerror}") from None
        if unused and self._lock is None:
            raise StateError(f"{self.directory}: holds no state: acctship has not run, or keeps it elsewhere")
        if self._lock is not None:
            documents.make_folder(self._path(folder.CURSORS))
            documents.make_folder(self._path(folder.DEAD_LETTERS))
        if unused:
            for name, content in _FIRST.items():
                documents.replace(self._path(name), [content])
            documents.write(self._path("identity.json"), first_identity(machine))  # last: then all is there
        lost = "if the machine was renamed, records that are read again get other event ids"
        self.identity = self._document("identity.json", Identity, lost, lambda: first_identity(machine))
        lost = "outputs that have lost their cursors, too, start as new ones do"
        self._outputs = self._document("outputs.json", Outputs, lost, self._outputs_with_cursor)

    def _is_unused(self) -> bool:
        """Whether nothing has been noted here yet, but perhaps by a first start that was cut short."""
        kept = ("identity.json", f"{folder.CURSORS}/*", f"{folder.DEAD_LETTERS}/*")
        if any(True for pattern in kept for _ in self.directory.glob(pattern)):
            return False
        paths = {self._path(name): content for name, content in _FIRST.items()}
        return all(not path.exists() or path.read_bytes() == content for path, content in paths.items())

    def _document(self, name: str, kind: type[D], lost: str, fresh: Callable[[], D]) -> D:
        path = self._path(name)
        try:
            return documents.read(path, kind, lost)
        except StateError as error:
            self._lose(path, error)
        document = fresh()
        documents.write(path, document)
        return document

    def _lose(self, path: Path, error: StateError) -> None:
        """Move a damaged file aside if a person has accepted that; otherwise, raise the error."""
        if error.lost is None or self._lock is None or not self._accept_loss:
            raise error
        aside = folder.move_aside(path)
        self.losses.append(f"{path}: begun afresh{f', the old one is {aside.name}' if aside else ''}: {error.lost}")

    def _outputs_with_cursor(self) -> Outputs:
        return Outputs(sorted(path.stem for path in self._path(folder.CURSORS).glob("[!.]*.json")))

    def _register(self, names: list[str]) -> None:
        outputs = Outputs(names)
        documents.write(self._path("outputs.json"), outputs)
        self._outputs = outputs

    def _known(self, name: str) -> None:
        if name not in self.outputs:
            known = ", ".join(self.outputs) or "none"
            raise StateError(f"{self.directory}: no output {escape_line(name)} has run with it; known here: {known}")

    def _path(self, name: str) -> Path:
        return self.directory / name

    def _cursor(self, name: str) -> Path:
        return self.directory / folder.CURSORS / f"{name}.json"

    def _letters(self, name: str) -> Path:
        return self.directory / folder.DEAD_LETTERS / f"{name}.jsonl"


_FIRST: Mapping[str, bytes] = {
    "segments.json": documents.encode(Segments([])),
    "outputs.json": documents.encode(Outputs([])),
    "health.jsonl": documents.encode(Header(0)),
}
"""What the first start writes."""
