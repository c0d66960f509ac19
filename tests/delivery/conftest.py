"""What tests of delivery share."""

from __future__ import annotations

import pytest

from acctship.delivery import engine, shipper


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine does ten times a second what it does each second at a site: nobody waits for that."""
    monkeypatch.setattr(engine, "_CHORES", 0.1)
    monkeypatch.setattr(shipper, "SAVE", 0.1)
