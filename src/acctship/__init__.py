"""acctship: process accounting records as ECS events, for any log pipeline.

What stands here is the public contract, all that a plugin needs. Each name is imported when it is first used, because
`acctship --help` and shell completion shall not wait for all of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acctship._version import __version__ as __version__
    from acctship.errors import (
        AccountingError as AccountingError,
        AcctshipError as AcctshipError,
        ConfigError as ConfigError,
        FormatError as FormatError,
        HaltError as HaltError,
        InputError as InputError,
        OutputError as OutputError,
        PluginError as PluginError,
        RetryableError as RetryableError,
        StateError as StateError,
        TooLargeError as TooLargeError,
    )
    from acctship.events.batch import EventBatch as EventBatch
    from acctship.events.escape import escape as escape, unescape as unescape
    from acctship.events.schema import Event as Event
    from acctship.hookspecs import hookimpl as hookimpl
    from acctship.output import (
        CheckedOutput as CheckedOutput,
        Delivery as Delivery,
        Guarantee as Guarantee,
        Output as Output,
        OutputConfig as OutputConfig,
        OutputSpec as OutputSpec,
        SendResult as SendResult,
        SetupSpec as SetupSpec,
    )
    from acctship.secret import Secret as Secret

_HOMES = {
    "AccountingError": "acctship.errors",
    "AcctshipError": "acctship.errors",
    "CheckedOutput": "acctship.output",
    "ConfigError": "acctship.errors",
    "Delivery": "acctship.output",
    "Event": "acctship.events.schema",
    "EventBatch": "acctship.events.batch",
    "FormatError": "acctship.errors",
    "Guarantee": "acctship.output",
    "HaltError": "acctship.errors",
    "InputError": "acctship.errors",
    "Output": "acctship.output",
    "OutputConfig": "acctship.output",
    "OutputError": "acctship.errors",
    "OutputSpec": "acctship.output",
    "PluginError": "acctship.errors",
    "RetryableError": "acctship.errors",
    "Secret": "acctship.secret",
    "SendResult": "acctship.output",
    "SetupSpec": "acctship.output",
    "StateError": "acctship.errors",
    "TooLargeError": "acctship.errors",
    "__version__": "acctship._version",
    "escape": "acctship.events.escape",
    "hookimpl": "acctship.hookspecs",
    "unescape": "acctship.events.escape",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'acctship' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return list(_HOMES)
