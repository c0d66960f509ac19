"""The parts of docs/ that come from the code, by the name in their marker `<!-- generated: NAME -->`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import click
import msgspec

import acctship
from acctship import hookspecs
from acctship.cli import COMMANDS, group
from acctship.cli.metrics import METRICS
from acctship.config import AccountingConfig, CanaryConfig, SourceConfig, StateConfig
from acctship.delivery.keeping.status import OutageStatus, OutputStatus, SourceStatus, Status
from acctship.delivery.notice import ACTIONS
from acctship.deployed import HostKeys
from acctship.errors import AcctshipError
from acctship.events.batch import EventBatch
from acctship.events.fields import fields
from acctship.events.omit import PRESETS
from acctship.events.where import Conditions
from acctship.keys import keys
from acctship.network.tls import TlsKeys
from acctship.output import CheckedOutput, Delivery, Output, OutputConfig, OutputSpec, SendResult, SetupSpec
from acctship.outputs import jsonl
from acctship.outputs.elasticsearch.config import Config as ElasticsearchConfig
from acctship.outputs.fluentd.config import Config as FluentdConfig
from acctship.outputs.splunk.config import Config as SplunkConfig
from acctship.outputs.syslog.config import Config as SyslogConfig
from acctship.testing import FAULTS, OutputConformance, ProxyFault, Receiver, fixtures
from tests.docs import api, syslog

EXAMPLE = Path(__file__).parents[2] / "examples/acctship-output-webhook/tests/test_webhook.py"
SHOWN_BY_PROXY = get_args(ProxyFault)


def parts() -> dict[str, str]:
    """Every generated part, as Markdown."""
    return {
        "commands": "\n\n".join(_help(group, "acctship")),
        "configuration: source": _keys(SourceConfig),
        "configuration: state": _keys(StateConfig),
        "configuration: canary": _keys(CanaryConfig),
        "configuration: accounting": _keys(AccountingConfig),
        "configuration: outputs": _keys(HostKeys),
        "configuration: where": _keys(Conditions),
        "configuration: delivery": _keys(Delivery),
        "configuration: jsonl": _keys(jsonl.Config),
        "configuration: tls": _keys(TlsKeys),
        "configuration: splunk": _keys(SplunkConfig),
        "configuration: fluentd": _keys(FluentdConfig),
        "configuration: syslog": _keys(SyslogConfig),
        "configuration: elasticsearch": _keys(ElasticsearchConfig),
        "errors": "\n".join(_errors(AcctshipError)),
        "fields": _fields(),
        "health actions": _table(
            ("`event.action`", "What it means"), ((f"[`{one}`](runbook.md#{one})", ACTIONS[one]) for one in ACTIONS)
        ),
        "hooks": "\n\n".join(_source(hook) for hook in _hooks()),
        "contract": "\n\n".join(map(_source, (OutputConfig, Output, CheckedOutput, SendResult, OutputSpec, SetupSpec))),
        "event batch": _members(EventBatch),
        "presets": _presets(),
        "status: fields": "\n\n".join(_status(table) for table in (Status, OutputStatus, SourceStatus, OutageStatus)),
        "status: metrics": _table(
            ("Metric", "Type", "Labels", "Meaning"),
            (
                (f"`{one.name}`", one.kind, ", ".join(f"`{name}`" for name in one.labels), one.meaning)
                for one in METRICS
            ),
        ),
        "testing: example": f"```python\n{EXAMPLE.read_text('utf-8').strip()}\n```",
        "testing: receiver": _source(Receiver),
        "testing: faults": _table(
            ("Fault", "The receiver", "Shown by `FaultProxy`"),
            ((f"`{name}`", what, "yes" if name in SHOWN_BY_PROXY else "") for name, what in FAULTS.items()),
        ),
        "testing: suite": "\n".join(_tests(OutputConformance)),
        "testing: fixtures": _table(("Fixture", "Gives"), _fixtures()),
        **syslog.parts(),
        **api.parts(),
        "public names": ", ".join(f"`{name}`" for name in sorted(acctship._HOMES, key=str.lower)),
    }


def _fields() -> str:
    rows = (
        (f"`{field.name}`", field.type, "yes" if field.optional else "", field.meaning) for field in fields().values()
    )
    return _table(("Field", "Type", "May be absent", "Meaning"), rows)


def _presets() -> str:
    rows = ((f"`{name}`", ", ".join(f"`{field}`" for field in omit) or "nothing") for name, omit in PRESETS.items())
    return _table(("Preset", "Leaves out"), rows)


def _keys(table: type) -> str:
    rows = ((f"`{key.name}`", key.type, f"`{key.default}`", key.meaning) for key in keys(table))
    return _table(("Key", "Type", "Default", "Meaning"), rows)


def _status(table: type[msgspec.Struct]) -> str:
    rows = ((f"`{key.name}`", key.type, key.meaning) for key in keys(table) if key.name != "format")
    return f"{inspect.getdoc(table)}\n\n{_table(('Field', 'Type', 'Meaning'), rows)}"


def _help(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(
        command, info_name=path, terminal_width=100, max_content_width=100, help_option_names=["-h", "--help"]
    )
    yield f"{'#' * (path.count(' ') + 2)} {path}\n\n```text\n{command.get_help(context)}\n```"
    if isinstance(command, click.Group):
        for name in sorted(COMMANDS) if command is group else command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _help(inner, f"{path} {name}")


def _tests(suite: type) -> Iterator[str]:
    """What each test of a suite shows, in the order in which they stand."""
    for part in suite.__bases__:
        for name in vars(part):
            if name.startswith("test_"):
                yield f"- {name.removeprefix('test_').replace('_', ' ')}"


def _fixtures() -> Iterator[tuple[str, str]]:
    for name, value in vars(fixtures).items():
        if getattr(value, "__module__", "") == fixtures.__name__:
            yield f"`{name}`", (value.__doc__ or "").partition("\n")[0]


def _hooks() -> list[object]:
    return [value for name, value in vars(hookspecs).items() if name.startswith("acctship_")]


def _source(thing: object) -> str:
    source = inspect.getsource(thing)  # type: ignore[arg-type]  # functions are given
    return f"```python\n{re.sub('  # type: ignore.*', '', source).strip()}\n```"


def _members(kind: type) -> str:
    rows = []
    for name, member in vars(kind).items():
        function = getattr(member, "func", getattr(member, "__func__", member))
        if not name.startswith("_"):
            signature = "" if function is not member and hasattr(member, "func") else f"{inspect.signature(function)}"
            summary = (inspect.getdoc(function) or "").partition("\n")[0]
            rows.append((f"`{name}{signature}`".replace("'", ""), summary))
    return _table(("Member", "Meaning"), rows)


def _errors(error: type[AcctshipError], depth: int = 0) -> Iterator[str]:
    summary = (inspect.getdoc(error) or "").partition("\n")[0]
    yield f"{'  ' * depth}- `{error.__name__}` (exit code {error.exit_code}): {summary}"
    for lower in error.__subclasses__():
        if lower.__module__ == "acctship.errors":
            yield from _errors(lower, depth + 1)


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
