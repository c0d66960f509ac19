"""What the daemon tells while it runs: its service manager, and whoever scrapes its metrics."""

from __future__ import annotations

import time

from acctship.cli.notify import Notifier
from acctship.cli.status_seen import Seen, tell_lag
from acctship.cli.terminal import say
from acctship.delivery.engine import Engine
from acctship.delivery.keeping.status import Status


def parse_address(text: str) -> tuple[str, int]:
    """Address and port of `[ADDRESS:]PORT`; loopback unless an address is given.

    Raises:
        ValueError: it is none.

    >>> parse_address("9187"), parse_address("10.0.0.1:9187"), parse_address("[::1]:9187")
    (('127.0.0.1', 9187), ('10.0.0.1', 9187), ('::1', 9187))
    """
    address, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"{text!r} is not [ADDRESS:]PORT")
    return address.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


class Telling:
    """Looks at the engine after each tick; where nothing is to be told, a comparison is all that it costs.

    Args:
        metrics: address and port to serve metrics at, if any.

    Raises:
        AcctshipError: the address cannot be used.
        PluginError: the library for it is missing.
    """

    def __init__(self, metrics: tuple[str, int] | None) -> None:
        self._notifier = Notifier()
        self._ready, self._alive_at = False, float("-inf")
        self._status: Status | None = None
        if metrics is not None:
            from acctship.cli.metrics_server import serve  # noqa: PLC0415 - needs a library that is optional

            port = serve(*metrics, self._seen)
            say(f"metrics: http://{f'[{metrics[0]}]' if ':' in metrics[0] else metrics[0]}:{port}/metrics")

    def ticked(self, engine: Engine) -> None:
        """The engine has ticked, and has not failed."""
        if not self._ready:
            self._ready = True
            self._notifier.ready()
        every, now = self._notifier.watchdog, time.monotonic()
        if every is not None and now >= self._alive_at + every and engine.failure is None:
            self._alive_at = now
            self._notifier.alive()
        if engine.status.last is not self._status:
            self._status = engine.status.last
            self._notifier.status(_line(self._status))

    def reloading(self) -> None:
        """The configuration is being read anew; the next tick ends that."""
        self._ready = False
        self._notifier.reloading()

    def stopping(self) -> None:
        """The end has begun."""
        self._notifier.stopping()

    def _seen(self) -> Seen | None:
        """For a scrape, on its own thread."""
        status, now = self._status, time.time()
        if status is None:
            return None
        tell_lag(status, now)
        return Seen(status, running=True, age=max(0.0, now - status.time))


def _line(status: Status | None) -> str:
    """State and lag of each output."""
    if status is None:
        return "starts"
    return ", ".join(f"{name}: {one.state}, lag {one.lag_seconds:.0f} s" for name, one in status.outputs.items())
