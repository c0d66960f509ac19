"""The suite that every output passes, acctship's own and a stranger's."""

from __future__ import annotations

from collections.abc import Mapping

from acctship.testing.arriving import Arriving
from acctship.testing.asking import Asking
from acctship.testing.failing import Failing
from acctship.testing.manners import Manners
from acctship.testing.receiver import Fault

NEEDS: Mapping[str, Fault | None] = {
    "test_building_touches_no_receiver_and_failed_open_is_no_end": "down",
    "test_secrets_are_read_when_they_are_used_and_again_after_a_lost_connection": "down",
    "test_check_of_a_receiver_that_is_down_raises": "down",
    "test_close_while_the_receiver_hangs_is_prompt": "hang",
    "test_events_survive_a_fault_that_is_there_at_open": None,
    "test_events_survive_a_fault_that_begins_during_a_send": None,
    "test_events_survive_a_fault_that_begins_after_an_acknowledged_send": None,
    "test_rejected_events_are_named_and_the_others_arrive": "reject",
    "test_throttle_says_how_long_to_wait": "throttle",
}
"""Tests by the fault that they need; None: any but `reject`."""


class OutputConformance(Arriving, Failing, Manners, Asking):
    """Tests what an output promises: inherit from it, and supply a fixture `receiver` that gives a `Receiver`.

    Attributes:
        faults: those that the receiver can show, and that the output's guarantee covers.
        patience: seconds that an event may take to arrive, or a call to return, where nothing is wrong.

    `docs/tutorial.md` has a whole example.
    """

    def __init_subclass__(cls) -> None:
        """Leave out the tests of faults that the receiver cannot show: they are no tests of this output."""
        super().__init_subclass__()
        for name, fault in NEEDS.items():
            if not (set(cls.faults) - {"reject"} if fault is None else fault in cls.faults):
                setattr(cls, name, None)
