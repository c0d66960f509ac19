"""`acctship decode --follow`: events as they come, for an agent that wants to run the process itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from acctship.cli.pipes import reader_gone
from acctship.cli.signals import Signals
from acctship.cli.sources import Origin, describe
from acctship.cli.terminal import OutputClosedError, say, write
from acctship.config import Config
from acctship.delivery import documents
from acctship.delivery.tail import TailState, load, tail
from acctship.events.omit import NOTHING
from acctship.events.render import Rendering
from acctship.records import Layout

if TYPE_CHECKING:
    from collections.abc import Callable


def follow(
    path: str, settings: Config, where: Origin, state_path: Path | None, layout: Layout | None, rendering: Rendering
) -> int:
    """Print events until a signal comes or the reader of standard output goes: both are a good end.

    Args:
        path: the accounting file, where the kernel writes it.
        settings: for the events' labels and tags.
        where: what the command line says of the file's origin.
        state_path: where to remember what was printed; None: begin with the file as it is now.
        layout: of the records, where a person knows better than the file.
        rendering: how events become bytes.

    Raises:
        StateError: the state is damaged.
        OutputClosedError: standard output cannot be written, but for its reader having gone.
    """
    source = describe(path, settings, where)
    state = TailState(source_id=source.id, segments=[], places={}) if state_path is None else load(state_path, source)
    save: Callable[[TailState], None] = lambda _state: None
    if state_path is not None:
        save = lambda state: documents.write(state_path, state)  # noqa: E731 - the other is one
    if not where.source_id:
        source = replace(source, id=state.source_id)
    write(rendering.header)
    with Signals() as signals:

        def wait(seconds: float) -> bool:
            signals.wait(seconds)
            return not signals.ending and not reader_gone(1)

        try:
            for chunk in tail(
                path, source, where.names(), state, save, lambda notice: say(notice.message), layout, wait
            ):
                write(rendering.render(chunk.events(NOTHING)))
                if signals.ending:
                    break
        except OutputClosedError:
            if not reader_gone(1):
                raise
    return 0
