"""The parts of docs/ that come from the code, by the name in their marker `<!-- generated: NAME -->`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import get_args

import click
import msgspec

from acctship.cli import COMMANDS, group
from acctship.cli.metrics import METRICS
from acctship.config import AccountingConfig, CanaryConfig, SourceConfig, StateConfig
from acctship.delivery.keeping.status import OutageStatus, OutputStatus, SourceStatus, Status
from acctship.delivery.notice import ACTIONS
from acctship.deployed import HostKeys
from acctship.events.fields import fields
from acctship.events.omit import PRESETS
from acctship.events.where import Conditions
from acctship.keys import keys
from acctship.network.tls import TlsKeys
from acctship.output import Delivery
from acctship.outputs import jsonl
from acctship.outputs.elasticsearch.config import Config as ElasticsearchConfig
from acctship.outputs.fluentd.config import Config as FluentdConfig
from acctship.outputs.splunk.config import Config as SplunkConfig
from acctship.outputs.syslog.config import Config as SyslogConfig
from acctship.testing import FAULTS, OutputConformance, ProxyFault, fixtures
from tests.docs import api, broken, contract, syslog, webhook

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
        "fields": _fields(),
        "health actions": _table(
            ("`event.action`", "What it means"), ((f"[`{one}`](runbook.md#{one})", ACTIONS[one]) for one in ACTIONS)
        ),
        "presets": _presets(),
        "status: fields": "\n\n".join(_status(table) for table in (Status, OutputStatus, SourceStatus, OutageStatus)),
        "status: metrics": _table(
            ("Metric", "Type", "Labels", "Meaning"),
            (
                (f"`{one.name}`", one.kind, ", ".join(f"`{name}`" for name in one.labels), one.meaning)
                for one in METRICS
            ),
        ),
        "testing: faults": _table(
            ("Fault", "The receiver", "Shown by `FaultProxy`"),
            ((f"`{name}`", what, "yes" if name in SHOWN_BY_PROXY else "") for name, what in FAULTS.items()),
        ),
        "testing: suite": "\n".join(_tests(OutputConformance)),
        "testing: fixtures": _table(("Fixture", "Gives"), _fixtures()),
        **broken.parts(),
        **contract.parts(),
        **syslog.parts(),
        **api.parts(),
        **webhook.parts(),
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


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
