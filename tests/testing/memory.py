"""A receiver in memory, with every fault, and the plugin `memory` with outputs to it: one is honest, each other breaks
one promise."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import acctship
from acctship.testing import REJECTED_COMMAND, Fault


class BusyError(Exception):
    """The receiver asks for patience."""


class Memory:
    """What arrives is kept in a list."""

    last: ClassVar[Memory]

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.taken, self.shown = kind, list[str](), ""
        self.over, self.secret = threading.Event(), folder / "secret"
        self.secret.write_text("correct horse")
        Memory.last = self

    def config(self) -> dict[str, Any]:
        return {"type": "memory", "kind": self.kind, "secret": {"file": str(self.secret)}}

    def ids(self) -> list[str]:
        return list(self.taken)

    @contextmanager
    def fault(self, kind: Fault, /) -> Iterator[None]:
        self.shown = kind
        self.over.clear()
        yield
        self.shown = ""
        self.over.set()

    def take(self, lines: Sequence[bytes]) -> list[int]:
        """Take lines; gives the positions of those that are refused."""
        shown = self.shown
        if shown == "hang":
            self.over.wait()
        if shown in ("down", "hang", "reset"):
            raise ConnectionResetError(shown)
        if shown == "throttle":
            raise BusyError
        events = [json.loads(line) for line in lines]
        refused = [
            at for at, event in enumerate(events) if shown == "reject" and event["process"]["name"] == REJECTED_COMMAND
        ]
        self.taken += [event["event"]["id"] for at, event in enumerate(events) if at not in refused]
        if shown == "lost-ack":
            raise ConnectionResetError(shown)
        return refused


class Honest:
    """Keeps every promise."""

    def __init__(self, secret: acctship.Secret) -> None:
        self.memory, self.secret, self.closed = Memory.last, secret, threading.Event()

    def open(self) -> None: ...

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        try:
            refused = self.memory.take(batch.json())
        except BusyError:
            raise acctship.RetryableError("busy", retry_after=7) from None
        return acctship.SendResult(rejected=dict.fromkeys(refused, "no"))

    def close(self) -> None:
        self.closed.set()


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


class HangsInClose(Honest):
    def close(self) -> None:
        threading.Event().wait()


class RaisesInClose(Honest):
    def close(self) -> None:
        raise ValueError("already closed")


class WaitsForSendInClose(Honest):
    def __init__(self, secret: acctship.Secret) -> None:
        super().__init__(secret)
        self.lock = threading.Lock()

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        with self.lock:
            return super().send(batch)

    def close(self) -> None:
        with self.lock:
            return


class LiesWhenClosed(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        if self.closed.wait(0.5):
            return acctship.SendResult()
        return super().send(batch)


class NeverEndsWhenClosed(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        if self.closed.wait(0.5):
            threading.Event().wait()
        return super().send(batch)


class ConnectsTooEarly(Honest):
    def __init__(self, secret: acctship.Secret) -> None:
        super().__init__(secret)
        self.memory.take([])


class HangsInOpen(Honest):
    def open(self) -> None:
        if self.memory.shown == "down":
            threading.Event().wait()


class LogsItsSecret(Honest):
    def open(self) -> None:
        logging.getLogger("memory").debug("token %s", self.secret.reveal())


class PrintsItsSecret(Honest):
    def open(self) -> None:
        print(self.secret.reveal())


class ShowsItsSecret(Honest):
    def __repr__(self) -> str:
        return f"ShowsItsSecret({self.secret.reveal()})"


class ComplainsWithItsSecret(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        try:
            return super().send(batch)
        except OSError as error:
            raise acctship.RetryableError("no answer") from ValueError(f"Bearer {self.secret.reveal()}: {error}")


class RejectsWithItsSecret(Honest):
    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        rejected = super().send(batch).rejected
        return acctship.SendResult(rejected=dict.fromkeys(rejected, self.secret.reveal()))


class Config(acctship.OutputConfig, kw_only=True):
    kind: str
    secret: acctship.Secret

    def delivery(self) -> acctship.Delivery:
        return acctship.Delivery(guarantee="acknowledged")

    def output(self, limits: acctship.Delivery, /) -> acctship.Output:  # noqa: ARG002 - the host keeps to the limits
        made: Honest = globals()[self.kind](self.secret)
        return made


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    yield acctship.OutputSpec("memory", Config, "Keep events in memory")
