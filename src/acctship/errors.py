"""Every error that acctship raises on purpose, in one tree.

    AcctshipError            exit code 1: the work failed
    ├── InputError           an accounting file is missing, unreadable, empty, damaged
    │   └── FormatError      its bytes are no accounting records that acctship can read
    ├── AccountingError      the kernel's accounting cannot be switched, or does not record
    ├── ConfigError          exit code 3: the TOML file, or a secret it names, is wrong
    ├── PluginError          exit code 3: an output's package is missing, broken or clashes with another
    ├── StateError           exit code 3: the state folder is missing, in use, damaged, or of a newer acctship
    └── OutputError          an output could not deliver; the three below tell the host what to do
        ├── RetryableError   the same batch may succeed later
        ├── HaltError        nothing will succeed until a person mends the set-up
        └── TooLargeError    the receiver wants a smaller batch

The message of each is one line for the person who can mend it: what is wrong, where, what to do.
"""

from __future__ import annotations

from typing import ClassVar

RUNBOOK = "docs/runbook.md"


def runbook(section: str) -> str:
    """Where the runbook tells what to do, for the end of a message.

    >>> runbook("output-halted")
    'docs/runbook.md#output-halted'
    """
    return f"{RUNBOOK}#{section}"


class AcctshipError(Exception):
    """Root of the tree: catch this to catch all that acctship raises on purpose."""

    exit_code: ClassVar[int] = 1
    """What the command line exits with when this error ends a command."""
    section: ClassVar[str] = "output-error"
    """Of the runbook, when this error ends what a unit runs."""


class InputError(AcctshipError):
    """An accounting file could not be read: missing, unreadable, empty or damaged."""

    section = "input-error"


class FormatError(InputError):
    """The bytes are not accounting records, or of a layout that acctship does not read."""


class AccountingError(AcctshipError):
    """The kernel's accounting cannot be switched, or the file not be rotated, or nothing is recorded."""

    section = "accounting-error"


class ConfigError(AcctshipError):
    """The configuration is wrong; the message names the file and the key."""

    exit_code, section = 3, "config-error"


class PluginError(AcctshipError):
    """An output that was asked for cannot be loaded; the message names its package."""

    exit_code, section = 3, "plugin-error"


class StateError(AcctshipError):
    """What acctship keeps between its runs cannot be used: it is missing, in use, damaged, or of a newer version.

    Args:
        message: which file, what is wrong, what to do.
        lost: what is lost when that file is begun afresh, as a clause; None where that is no remedy.
    """

    exit_code, section = 3, "state-error"

    def __init__(self, message: str, *, lost: str | None = None) -> None:
        super().__init__(message if lost is None else f"{message}, or start with --accept-loss: {lost}")
        self.lost = lost


class OutputError(AcctshipError):
    """Root of what an output may raise. Raising acknowledges nothing of the batch."""


class RetryableError(OutputError):
    """The batch was not taken, and the same batch may be taken later.

    Any `OSError` that leaves `send` or `open` is understood the same way.

    Args:
        message: what happened, in one line.
        retry_after: seconds to wait, where the receiver said how long (HTTP's Retry-After).
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class HaltError(OutputError):
    """The set-up is wrong (bad token, unknown index): nothing of it is the events' fault, so none is given up."""


class TooLargeError(OutputError):
    """The batch exceeds what the receiver takes: it is sent again in halves, and a single event is rejected."""
