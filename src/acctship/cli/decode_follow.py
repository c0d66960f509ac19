"""`acctship decode --follow`: events as they come, for an agent that wants to run the process itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from acctship.cli.pipes import reader_gone
from acctship.cli.signals import Signals
from acctship.cli.sources import Origin, describe
from acctship.cli.terminal import OutputClosedError, say, write
from acctship.config import Config
from acctship.delivery.keeping import documents
from acctship.delivery.notice import Notice
from acctship.delivery.tail import TailState, load, tail
from acctship.events.omit import NOTHING
from acctship.events.render import Rendering
from acctship.records import Layout


def follow(
    path: str,
    settings: Config,
    where: Origin,
    rendering: Rendering,
    *,
    state_path: Path | None,
    layout: Layout | None,
) -> int:
    """Print events until a signal comes or the reader of standard output goes: both are a good end.

    Args:
        path: the accounting file, where the kernel writes it.
        settings: for the events' labels and tags.
        where: what the command line says of the file's origin.
        rendering: how events become bytes.
        state_path: where to remember what was printed; None: begin with the file as it is now.
        layout: of the records, where a person knows better than the file.

    Raises:
        StateError: the state is damaged.
        OutputClosedError: standard output cannot be written, but for its reader having gone.
    """
    source = describe(path, settings, where)
    state = TailState(source_id=source.id, segments=[], places={}) if state_path is None else load(state_path, source)
    if not where.source_id:
        source = replace(source, id=state.source_id)

    def save(state: TailState) -> None:
        if state_path is not None:
            documents.write(state_path, state)

    def report(notice: Notice) -> None:
        say(notice.message)

    write(rendering.header)
    with Signals() as signals:

        def wait(seconds: float) -> bool:
            signals.wait(seconds)
            return not signals.ending and not reader_gone(1)

        try:
            for chunk in tail(path, source, where.names(), state, save=save, report=report, layout=layout, wait=wait):
                write(rendering.render(chunk.events(NOTHING)))
        except OutputClosedError:
            if not reader_gone(1):
                raise
    return 0
