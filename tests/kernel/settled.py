"""acctship as it is, but that a file which has not changed for 3 s is finished, not for 10 s. Run as `python -m`."""

from __future__ import annotations

from acctship.cli import main
from acctship.delivery.following import holdings

if __name__ == "__main__":
    holdings.SETTLED = 3.0
    main()
