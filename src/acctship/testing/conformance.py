"""The suite that every output passes, acctship's own and a stranger's."""

from __future__ import annotations

from acctship.testing.arriving import Arriving
from acctship.testing.failing import Failing
from acctship.testing.manners import Manners


class OutputConformance(Arriving, Failing, Manners):
    """Tests what an output promises: inherit from it, and supply a fixture `receiver` that gives a `Receiver`.

    Attributes:
        faults: those that the receiver can show, and that the output's guarantee covers.
        patience: seconds that an event may take to arrive, or a call to return, where nothing is wrong.

    `docs/plugins.md` has a whole example.
    """
