"""acctship as it is, but for its waits: what takes minutes takes tenths of seconds. Run as `python -m`."""

from __future__ import annotations

from acctship.cli import main
from acctship.delivery import shipper
from acctship.delivery.sending import outage, patience


def hurry() -> None:
    """Shorten back-off, halts, the time until an outage is told of, and that between two checkpoints."""
    patience.LONGEST_BACK_OFF, patience.SHORTEST_HALT, patience.LONGEST_HALT = 0.05, 0.05, 0.1
    outage.PATIENCE = 0.5
    vars(shipper).update(EVERY=0.5, SAVE=0.1)


if __name__ == "__main__":
    hurry()
    main()
