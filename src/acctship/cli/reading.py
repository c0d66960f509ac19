"""Reading the files that a command names, one after another, and saying what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass

from acctship.cli.progress import progress_bar
from acctship.cli.sources import SOME_SKIPPED, describe_hole
from acctship.cli.terminal import say
from acctship.errors import InputError
from acctship.records import BATCH_RECORDS, BackwardReader, Hole, Layout, Reader, RecordBatch, stream_name


@dataclass
class Files:
    """Files to read, and what came of it.

    Attributes:
        paths: in order; `-` is standard input.
        layout: what they are, where a person knows better than their first bytes tell.
        ahz: ticks per second, where a person knows better than the file.
        batch_records: records a batch, at most.
        backwards: each file from its newest record to its oldest; the files stay in order.
        progress: whether a bar may show how far it is: not beside a pager, which has the terminal to itself.
        code: exit code of the command so far: 0, 1 if a file could not be read, else 4 if bytes were skipped.
    """

    paths: Iterable[str]
    layout: Layout | None = None
    ahz: int | None = None
    batch_records: int = BATCH_RECORDS
    backwards: bool = False
    progress: bool = True
    code: int = 0

    def batches(self) -> Iterator[tuple[Reader, RecordBatch]]:
        """The records of all files in order, each batch with its reader. A file that cannot be read is said and left.

        On a terminal a progress bar shows how far it is.
        """
        kind = BackwardReader if self.backwards else Reader
        with progress_bar() if self.progress else nullcontext(_no_progress) as progress:
            for path in self.paths:
                try:
                    with kind(
                        path,
                        layout=self.layout,
                        ahz=self.ahz,
                        batch_records=self.batch_records,
                        on_hole=lambda hole, path=path: self.skipped(path, hole),  # type: ignore[misc]  # a default binds
                    ) as reader:
                        for records in reader:
                            yield reader, records
                            progress(reader)
                except InputError as error:
                    self.failed(error)

    def skipped(self, path: str, hole: Hole) -> None:
        """Say which bytes of a file were skipped."""
        say(describe_hole(stream_name(path), hole))
        self.code = self.code or SOME_SKIPPED

    def failed(self, error: InputError) -> None:
        """Say that a file could not be read, or not to its end."""
        say(str(error))
        self.code = error.exit_code


def _no_progress(_reader: Reader) -> None:
    pass
