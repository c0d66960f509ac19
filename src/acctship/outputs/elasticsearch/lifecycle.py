"""How long events are kept, and how long they can be searched without waiting.

PCI DSS 10.5.1 wants audit logs kept for 12 months, the latest three of them at hand for analysis at once. The age of an
index is counted from its rollover, so each event stays for at least the days that are said here.

Source: https://www.elastic.co/docs/manage-data/lifecycle
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

RETENTION = 400
"""Days: 12 months, and a margin for those who come late."""
SEARCHABLE = 92
"""Days: the longest three months."""
POLICY = "acctship"
"""Name of the index lifecycle policy, where there is one."""


class Lifecycle(Struct, frozen=True):
    """What becomes of events with age.

    Without `snapshots`, the data stream lifecycle does it: Elasticsearch rolls over by itself, and all that is kept can
    be searched at once. With it, index lifecycle management moves what is older than `searchable` into snapshots in
    that repository, from which a search reads it slowly.

    Attributes:
        retention: days until an event may be deleted.
        searchable: days for which it is searched from local disks.
        snapshots: name of a snapshot repository.
    """

    retention: int = RETENTION
    searchable: int = SEARCHABLE
    snapshots: str | None = None

    def too_short(self) -> str | None:
        """What is shorter than auditors want, for people; None if nothing is."""
        if self.retention < RETENTION:
            return f"retention of {self.retention} days: {RETENTION} are 12 months and a margin"
        if self.searchable < SEARCHABLE:
            return f"{self.searchable} days searched at once: {SEARCHABLE} are three months"
        return None

    @property
    def of_stream(self) -> dict[str, Any] | None:
        """Lifecycle of a data stream; None where index lifecycle management has it in hand."""
        return None if self.snapshots else {"data_retention": f"{self.retention}d"}

    @property
    def policy(self) -> dict[str, Any] | None:
        """Policy of index lifecycle management; None where there is none."""
        if self.snapshots is None:
            return None
        phases = {
            "hot": {
                "min_age": "0ms",
                "actions": {"rollover": {"max_primary_shard_size": "50gb", "max_age": "30d"}},
            },
            "frozen": {
                "min_age": f"{self.searchable}d",
                "actions": {"searchable_snapshot": {"snapshot_repository": self.snapshots}},
            },
            "delete": {"min_age": f"{self.retention}d", "actions": {"delete": {"delete_searchable_snapshot": True}}},
        }
        return {"policy": {"phases": phases}}
