"""Send the dead letters of an output again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice

from acctship.delivery.keeping.dead_letters import DeadLetters
from acctship.delivery.notice import Report
from acctship.delivery.sending.cutting import cut
from acctship.delivery.sending.parcel import Parcel
from acctship.delivery.sending.patience import BOUNDED
from acctship.delivery.sending.tally import Tally
from acctship.delivery.sending.worker import Worker
from acctship.deployed import Deployed
from acctship.events.batch import EventBatch

_AT_ONCE = 10_000
"""Dead letters in memory at a time."""


def replay(deployed: Deployed, letters: DeadLetters, rejected: Callable[[str, str], None], report: Report) -> Tally:
    """Deliver dead letters; those that are delivered are taken out. The rest stays as it is.

    Args:
        deployed: the output.
        letters: its dead letters; a daemon may add to them meanwhile.
        rejected: told of id and reason of each that is rejected again.
        report: takes notices.

    Raises:
        ConfigError: the output cannot be built.
        PluginError: the output cannot be built.
        StateError: the dead letters are damaged.
        OSError: those that were delivered could not be taken out.
    """
    delivered: set[str] = set()

    def settled(parcel: Parcel, reasons: Mapping[int, str]) -> None:
        for at, event_id in enumerate(parcel.batch.ids):
            if at in reasons:
                rejected(event_id, reasons[at])
            else:
                delivered.add(event_id)

    worker = Worker(
        deployed,
        deployed.build(),
        patience=BOUNDED,
        settled=settled,
        dead_letter=lambda _letters: None,  # they are among the dead letters, and stay there
        report=report,
    )
    worker.start()
    limits, found = deployed.limits, letters.read()
    while some := [bytes(letter.event) for _, letter in islice(found, _AT_ONCE)]:
        batch = EventBatch.from_json(some)
        for part in cut(batch, limits.batch_events, limits.batch_bytes):
            worker.put(Parcel(batch[part.start : part.stop]))
        if not worker.drain():
            break
    worker.stop(0)
    letters.take(delivered)
    return worker.tally
