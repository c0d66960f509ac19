"""An output under watch: what it was asked, and what it answered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from acctship.deployed import Deployed
from acctship.events.batch import EventBatch
from acctship.output import Delivery, Output, OutputConfig, SendResult


@dataclass
class Call:
    """One `send`.

    Attributes:
        ids: of its events.
        result: what it returned.
        error: what it raised.
        ended: it has returned or raised.
    """

    ids: list[str]
    result: SendResult | None = None
    error: BaseException | None = None
    ended: bool = False

    @property
    def acknowledged(self) -> list[str]:
        """Ids of the events that it said were delivered."""
        if not isinstance(self.result, SendResult):
            return []
        others = {*self.result.rejected, *self.result.retry}
        return [one for at, one in enumerate(self.ids) if at not in others]


@dataclass
class Watch:
    """What the objects of one output were asked and answered, from all threads.

    Attributes:
        calls: each `send`, in order.
        raised: where and what: each exception that left `open` or `send`.
        before_send: called with the number of the `send`, from 1, just before it.
    """

    calls: list[Call] = field(default_factory=list)
    raised: list[tuple[str, BaseException]] = field(default_factory=list)
    before_send: Callable[[int], None] = lambda _number: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, batch: EventBatch) -> Call:
        """Note a `send` that is about to begin."""
        call = Call(list(batch.ids))
        with self._lock:
            self.calls.append(call)
            number = len(self.calls)
        self.before_send(number)
        return call


def watched(deployed: Deployed, watch: Watch) -> Deployed:
    """The same output, under watch."""
    return replace(deployed, config=_Config(inner=deployed.config, watch=watch))


def unwatched(deployed: Deployed) -> OutputConfig:
    """The configuration of an output under watch."""
    config = deployed.config
    return config.inner if isinstance(config, _Config) else config


def limited(deployed: Deployed, **limits: Any) -> Deployed:
    """The same output with other limits."""
    return replace(deployed, limits=msgspec.structs.replace(deployed.limits, **limits))


class _Config(OutputConfig, kw_only=True):
    inner: OutputConfig
    watch: Any

    def output(self, limits: Delivery, /) -> Output:
        return _Watched(self.inner.output(limits), self.watch)


class _Watched:
    def __init__(self, inner: Output, watch: Watch) -> None:
        self._inner, self._watch = inner, watch
        self.close = inner.close

    def open(self) -> None:
        try:
            self._inner.open()
        except BaseException as error:
            self._watch.raised.append(("open", error))
            raise

    def send(self, batch: EventBatch, /) -> SendResult:
        call = self._watch.begin(batch)
        try:
            call.result = self._inner.send(batch)
        except BaseException as error:
            call.error = error
            self._watch.raised.append(("send", error))
            raise
        finally:
            call.ended = True
        return call.result
