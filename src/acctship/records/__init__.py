"""Bytes on disk: layouts of accounting records, how they are told apart, and reading them in constant memory.

This room knows nothing of events, time zones, user names or outputs.
"""

from acctship.records.backwards import BackwardReader
from acctship.records.batch import RecordBatch, command
from acctship.records.detect import Detection, detect
from acctship.records.finding import BATCH_RECORDS, Hole
from acctship.records.following import Growth, follow, open_regular
from acctship.records.layout import LAYOUTS, Layout
from acctship.records.reader import Reader
from acctship.records.streams import STDIN, stream_name
from acctship.records.system import system_file

__all__ = [
    "BATCH_RECORDS",
    "LAYOUTS",
    "STDIN",
    "BackwardReader",
    "Detection",
    "Growth",
    "Hole",
    "Layout",
    "Reader",
    "RecordBatch",
    "command",
    "detect",
    "follow",
    "open_regular",
    "stream_name",
    "system_file",
]
