"""Outputs to the receiver in memory, each of which treats its host badly."""

from __future__ import annotations

import logging
import threading

import acctship
import acctship.testing
from tests.testing.memory import Honest


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


class ReadsItsSecretEarly(Honest):
    def __init__(self, secret: acctship.Secret) -> None:
        super().__init__(secret)
        self.token = secret.reveal()


class KeepsItsSecret(Honest):
    token = ""

    def sign(self) -> None:
        self.token = self.token or self.secret.reveal()

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        try:
            return super().send(batch)
        except OSError as error:
            raise acctship.RetryableError(f"no answer: {error}") from None


class ChecksBySending(Honest):
    def check(self) -> str:
        self.memory.take(acctship.testing.events(1).json())
        return "it takes events"


class ChecksNothing(Honest):
    def check(self) -> str:
        return "all is well"


class ChecksInSilence(Honest):
    def check(self) -> str:
        return ""


class ChecksWithABug(Honest):
    def check(self) -> str:
        if self.memory.shown:
            raise KeyError(self.memory.shown)
        return "all is well"
