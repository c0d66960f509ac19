"""Outputs to the receiver in memory, each of which breaks one promise about its events."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import acctship
from tests.testing.memory import Honest


class AcknowledgesFirst(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        def later() -> None:
            self.closed.wait(0.1)  # soon, but not yet
            self.memory.take(batch.json())

        threading.Thread(target=later, daemon=True).start()
        return acctship.SendResult()


class SwallowsErrors(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        try:
            return super().send(batch)
        except OSError:
            return acctship.SendResult()


class LosesOnReset(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        if self.memory.shown == "reset":
            return acctship.SendResult()
        return super().send(batch)


class TakesSilenceForYes(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        if self.memory.shown in ("hang", "lost-ack"):
            return acctship.SendResult()
        return super().send(batch)


class IgnoresLostAnswers(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        try:
            return super().send(batch)
        except OSError:
            if self.memory.shown == "lost-ack":  # all has arrived, but how could it know?
                return acctship.SendResult()
            raise


class RaisesTheRoot(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        try:
            return super().send(batch)
        except OSError:
            raise acctship.OutputError("down") from None


class RejectsOnOutage(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        try:
            return super().send(batch)
        except OSError:
            return acctship.SendResult(rejected=dict.fromkeys(range(len(batch)), "down"))


class HaltsOnOutage(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        try:
            return super().send(batch)
        except OSError:
            raise acctship.HaltError("down") from None


class NeverRecovers(Honest):
    broken = False

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        self.broken |= bool(self.memory.shown)
        if self.broken:
            raise acctship.RetryableError("my connection is broken")
        return super().send(batch)


class RaisesExceptions(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        try:
            return super().send(batch)
        except OSError as error:
            raise RuntimeError("oh\x1b[31m") from error


class ReturnsNone(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        super().send(batch)
        return None  # type: ignore[return-value]  # that is the bug


class SendsTwice(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        super().send(batch)
        return super().send(batch)


class DropsHostile(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        return super().send(batch.select([at for at, line in enumerate(batch.json()) if b"\\" not in line]))


class DropsHuge(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        return super().send(batch.select([at for at, line in enumerate(batch.json()) if len(line) < 1_000_000]))


class Garbles(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        super().send(batch)
        self.memory.taken.append(batch.ids[-1][:-1])
        return acctship.SendResult()


class NeedsAnEvent(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        _first = batch[0]
        return super().send(batch)


class SharesABuffer(Honest):
    lines: Sequence[bytes] = ()

    def __init__(self, secret: acctship.Secret) -> None:
        super().__init__(secret)
        self.others = threading.Barrier(2)

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        self.lines = batch.json()
        try:
            self.others.wait(0.1)  # seconds in which another thread may come by
        except threading.BrokenBarrierError:
            self.others.reset()
        self.memory.take(self.lines)
        return acctship.SendResult()


class ListsTheNeighbour(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        result = super().send(batch)
        return acctship.SendResult(rejected={at - 1: why for at, why in result.rejected.items()})


class ListsWhatIsNotThere(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        result = super().send(batch)
        return acctship.SendResult(rejected={at + 100: why for at, why in result.rejected.items()})


class ListsTwice(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        rejected = super().send(batch).rejected
        return acctship.SendResult(rejected=rejected, retry=list(rejected))


class RejectsInSilence(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        super().send(batch)
        return acctship.SendResult()


class GivesNoReason(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        return acctship.SendResult(rejected=dict.fromkeys(super().send(batch).rejected, ""))


class HaltsOnRefusal(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        result = super().send(batch)
        if result.rejected:
            raise acctship.HaltError("refused")
        return result


class ForgetsHowLong(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        try:
            return super().send(batch)
        except acctship.RetryableError:
            raise acctship.RetryableError("busy") from None
