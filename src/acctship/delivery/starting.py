"""What is said and remembered when the daemon starts."""

from __future__ import annotations

from collections.abc import Callable

from acctship._version import __version__
from acctship.delivery.following.follower import Follower
from acctship.delivery.keeping.cursors import Cursor
from acctship.delivery.keeping.state import State
from acctship.delivery.notice import Notice, Report
from acctship.delivery.outages import OF_ACCOUNTING
from acctship.delivery.place import NOT_WANTED
from acctship.delivery.reporting import Reporter
from acctship.delivery.task import Task
from acctship.deployed import Deployed
from acctship.events.escape import escape_line


def tell_start(task: Task, state: State, report: Report, log: Callable[[str], None]) -> None:
    """Tell that shipping starts, and what has changed since it did last.

    Raises:
        OSError: the state folder cannot be written.
    """
    names = [output.name for output in task.outputs]
    what = f"shipping starts: version {__version__}, {escape_line(task.path)} to {', '.join(names)}"
    report(Notice("shipper-started", what))
    for change in state.moved(task.source.machine):
        report(Notice("host-changed", f"{change}: events keep the source id {state.identity.source_id}"))
    state.remember(task.source.machine)
    for loss in state.losses:
        report(Notice("state-lost", f"state begun afresh (--accept-loss): {loss}"))
    for name in state.orphans(names):
        log(
            f"outputs.{name}: is orphaned: it left the configuration, and holds nothing back; "
            f"`acctship outputs forget {name}` ends it"
        )


def end_old_outages(task: Task, follower: Follower, report: Reporter) -> None:
    """End what was reported before acctship was started anew, and is no more."""
    follows = any(place.offset != NOT_WANTED for place in follower.present().values())
    names = [output.name for output in task.outputs]
    for action, about in report.open_outages():
        if action == "file-unreadable" and follows:
            report(Notice(action, f"{about}: is read again", "end", about))
        elif action.startswith("output-") and about not in names:
            report(Notice(action, f"outputs.{about}: left the configuration", "end", about))
        elif action in OF_ACCOUNTING and not task.canary and not task.to_present_end:
            report(Notice(action, f"{about}: not known any more: no canary is wanted", "end", about))


def cursor_of(deployed: Deployed, state: State, follower: Follower, report: Report, health: int) -> Cursor:
    """Where an output goes on; a new one starts at the present, and says what that leaves out.

    Args:
        deployed: the output.
        state: keeps its cursor.
        follower: knows what is present.
        report: told of a new output.
        health: the place in the journal from which a new one gets health events.

    Raises:
        StateError: its cursor is missing or damaged.
        OSError: a new one cannot be written.
    """
    cursor = state.load_cursor(deployed.name)
    if cursor is not None:
        return cursor
    cursor = Cursor(places={}, health=health, pending=[])
    left_out = 0
    if deployed.start == "present":
        left_out = follower.unread({})
        for key, place in follower.present().items():
            cursor.begin(key, place)
    state.save_cursor(deployed.name, cursor)
    where = f"the present, {left_out} bytes of records before it are left out" if left_out else "the beginning"
    report(
        Notice(
            "output-added",
            f"outputs.{deployed.name}: new: starts at {where}",
            details={"output": deployed.name, "lag": left_out},
        )
    )
    return cursor
