"""What the daemon says of itself, collected: `status.json`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from acctship._version import __version__
from acctship.accounting.canary import CanaryStatus
from acctship.delivery.following.standing import Lag, Standing
from acctship.delivery.following.telling import shown
from acctship.delivery.keeping import status as document
from acctship.delivery.keeping.folder import DEAD_LETTERS
from acctship.delivery.keeping.letter_count import LetterCount
from acctship.delivery.keeping.status import RENEW, OutageStatus, OutputStatus, SourceStatus, Status
from acctship.delivery.reporting import Reporter
from acctship.delivery.shipper import Shipper
from acctship.records.columns import NS


class StatusKeeper:
    """Writes `status.json`; where nothing has changed, a comparison is all that a look costs.

    Args:
        directory: the state folder.
        source_id: of the machine.
        path: the accounting file.
        standing: tells what is unread.
        report: knows what is out of order.
        shippers: of all outputs.
        canary: tells how the canaries fare; asked once a second.

    Attributes:
        last: what was written last; None before the first look.
    """

    def __init__(
        self,
        directory: Path,
        source_id: str,
        path: str,
        *,
        standing: Standing,
        report: Reporter,
        shippers: Sequence[Shipper],
        canary: Callable[[], CanaryStatus | None],
    ) -> None:
        self._directory, self._source_id, self._path = directory, source_id, path
        self._standing, self._report, self._shippers, self._canary = standing, report, shippers, canary
        letters = directory / DEAD_LETTERS
        self._letters = {one.deployed.name: LetterCount(letters / f"{one.deployed.name}.jsonl") for one in shippers}
        self._started, self._due = time.time(), float("-inf")
        self._marks: object = None
        self.last: Status | None = None

    def look(self, now: float) -> None:
        """Write it if anything has changed, or if it gets old.

        Args:
            now: seconds, monotonic.
        """
        marks = self._present_marks()
        if marks == self._marks and now < self._due:
            return
        self._marks, self._due = marks, now + RENEW
        self.last = self._collect()
        document.write(self._directory, self.last)

    def _present_marks(self) -> object:
        """What changes whenever something has changed that is worth writing before it gets old."""
        marks: list[object] = [self._standing.changes, self._report.told, self._canary()]
        for shipper in self._shippers:
            worker, tally = shipper.worker, shipper.worker.tally
            marks += (shipper.kept, worker.state, worker.last_error, tally.delivered, tally.rejected, tally.retries)
        return marks

    def _collect(self) -> Status:
        now, held, told = time.time(), self._standing.held(), self._report.told
        lags = self._standing.lags({shipper.deployed.name: shipper.kept for shipper in self._shippers})
        outages = self._report.outages().items()
        return Status(
            time=now,
            started=self._started,
            pid=os.getpid(),
            version=__version__,
            source=SourceStatus(
                id=self._source_id,
                path=shown(self._path),
                segments=held.known,
                held=held.segments,
                held_bytes=held.bytes,
                gaps=told["accounting-gap"],
                cuts=told["truncated"],
                losses=told["records-lost"],
                canary=self._canary(),
            ),
            outages=[OutageStatus(action, about, outage.began_ns / NS) for (action, about), outage in outages],
            outputs={shipper.deployed.name: self._output(shipper, lags, now) for shipper in self._shippers},
        )

    def _output(self, shipper: Shipper, lags: Mapping[str, Lag], now: float) -> OutputStatus:
        worker, deployed, lag = shipper.worker, shipper.deployed, lags[shipper.deployed.name]
        letters, letter_bytes = self._letters[deployed.name].look()
        ago = None if worker.last_delivery is None else time.monotonic() - worker.last_delivery
        return OutputStatus(
            type=deployed.type,
            guarantee=deployed.limits.guarantee,
            state="stopped" if shipper.failure is not None else worker.state,
            lag_bytes=lag.bytes,
            lag_records=lag.records,
            lag_seconds=0.0 if lag.oldest is None else max(0.0, now - lag.oldest),
            oldest=lag.oldest,
            delivered=worker.tally.delivered,
            rejected=worker.tally.rejected,
            filtered=shipper.passed[1],
            retried=worker.tally.retries,
            dead_letters=letters,
            dead_letter_bytes=letter_bytes,
            last_error=worker.last_error,
            last_delivery=None if ago is None else round(now - ago, 3),
        )
