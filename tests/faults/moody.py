"""Output `moody`, a plugin that stands in for what no real receiver shows on demand: it keeps events in a file, or not.

It is copied to where acctship finds it as it finds anybody's plugin.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable
from pathlib import Path

import acctship


class Config(acctship.OutputConfig, kw_only=True):
    """Keeps events, in its moods."""

    path: str
    seed: int
    faults: int

    def delivery(self) -> acctship.Delivery:
        """Small batches, so that many a one fails."""
        return acctship.Delivery(guarantee="acknowledged", batch_events=10, linger=0.05, timeout=1)

    def output(self, limits: acctship.Delivery, /) -> acctship.Output:
        """With as many faults as are left."""
        return _Moody(self, limits.timeout)


class _Moody:
    def __init__(self, config: Config, timeout: float) -> None:
        self._events, self._shown = Path(config.path), Path(f"{config.path}.faults")
        self._config, self._timeout = config, timeout

    def open(self) -> None:
        shown = self._shown.read_text().splitlines() if self._shown.exists() else []
        self._left = self._config.faults - len(shown)
        self._rng = random.Random(f"{self._config.seed} {len(shown)}")

    def close(self) -> None: ...

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        if self._left <= 0 or self._rng.random() < 0.4:
            self._keep(batch)
            return acctship.SendResult()
        self._left -= 1
        kind = self._rng.choice(KINDS)
        _append(self._shown, f"{kind}\n".encode())
        return self._misbehave(kind, batch)

    def _misbehave(self, kind: str, batch: acctship.EventBatch) -> acctship.SendResult:
        some = [at for at in range(len(batch)) if self._rng.random() < 0.3]
        others = batch.select([at for at in range(len(batch)) if at not in some])
        if kind in TAKING:
            self._keep(others if kind in ("rejects some", "wants some again") else batch)
        match kind:
            case "rejects some":
                return acctship.SendResult(rejected=dict.fromkeys(some, "moody"))
            case "wants some again" | "took some and wants them again":
                return acctship.SendResult(retry=some)
            case "slow":
                return acctship.SendResult(pause=0.05)
            case "hangs":
                time.sleep(self._timeout + 0.5)
            case _ if kind in RAISING:
                raise RAISING[kind]
        return None  # type: ignore[return-value]  # what an author may forget, too

    def _keep(self, batch: acctship.EventBatch) -> None:
        _append(self._events, b"".join(line + b"\n" for line in batch.json()))


TAKING = (
    "rejects some",
    "wants some again",
    "took some and wants them again",
    "slow",
    "took and is busy",
    "took and has a bug",
)
RAISING: dict[str, Exception] = {
    "busy": acctship.RetryableError("moody", retry_after=0.02),
    "took and is busy": acctship.RetryableError("moody"),
    "no route": OSError("no route"),
    "halts": acctship.HaltError("token revoked"),
    "too large": acctship.TooLargeError("more than it takes"),
    "bug": ZeroDivisionError("moody"),
    "took and has a bug": ZeroDivisionError("moody"),
}
KINDS = tuple(sorted({*TAKING, *RAISING, "hangs", "forgets to answer"}))


def _append(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    """Bring `moody`."""
    yield acctship.OutputSpec("moody", Config, "Stands in for faults")
