"""The plugin `memory`: outputs to a receiver in memory, one honest, each other breaking one promise."""

from __future__ import annotations

from collections.abc import Iterable

import acctship
from tests.testing import ill_mannered, liars  # noqa: F401 - who is imported is among the subclasses
from tests.testing.memory import Honest

_ALL: list[type[Honest]] = [Honest, *Honest.__subclasses__()]
KINDS = {kind.__name__: kind for kind in _ALL}


class Config(acctship.OutputConfig, kw_only=True):
    kind: str
    secret: acctship.Secret

    def delivery(self) -> acctship.Delivery:
        return acctship.Delivery(guarantee="acknowledged")

    def output(self, limits: acctship.Delivery, /) -> acctship.Output:  # noqa: ARG002 - the host keeps to the limits
        return KINDS[self.kind](self.secret)


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    yield acctship.OutputSpec("memory", Config, "Keep events in memory")
