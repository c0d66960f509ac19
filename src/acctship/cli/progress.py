"""A progress bar on standard error, where that is a terminal and standard output is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from acctship.cli.terminal import is_terminal
from acctship.records import Reader


@contextmanager
def progress_bar() -> Iterator[Callable[[Reader], None]]:
    """Give a function to call whenever a reader has read on; it does nothing where no bar belongs."""
    if not is_terminal(2) or is_terminal(1):
        yield lambda _reader: None
        return

    from rich.console import Console  # noqa: PLC0415 - needed on a terminal only
    from rich.markup import escape  # noqa: PLC0415
    from rich.progress import Progress, TaskID  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(reader: Reader) -> None:
            if reader.name not in tasks:
                tasks[reader.name] = bar.add_task(escape(ascii(reader.name)), total=reader.size)
            bar.update(tasks[reader.name], completed=reader.position)

        yield show
