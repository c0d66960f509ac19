"""The kit with which outputs are tested: a suite that each has to pass, faults, events and accounting files.

It needs pytest, which comes with `pip install 'acctship[test]'`. `docs/tutorial.md` shows how to use it.
"""

from acctship.testing.conformance import OutputConformance as OutputConformance
from acctship.testing.delivering import Delivered as Delivered, deliver as deliver
from acctship.testing.events import (
    REJECTED_COMMAND as REJECTED_COMMAND,
    events as events,
    events_of as events_of,
    health_events as health_events,
    hostile_events as hostile_events,
    huge_events as huge_events,
)
from acctship.testing.proxy import FaultProxy as FaultProxy, ProxyFault as ProxyFault
from acctship.testing.receiver import FAULTS as FAULTS, Fault as Fault, Receiver as Receiver
from acctship.testing.records import (
    HOSTILE_COMMANDS as HOSTILE_COMMANDS,
    comp_t as comp_t,
    random_records as random_records,
    record as record,
)
