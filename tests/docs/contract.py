"""What docs/plugins.md takes from the code: names, signatures, and what the members of a batch give."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping

import acctship
from acctship import hookspecs
from acctship.errors import AcctshipError, RetryableError
from acctship.events.batch import EventBatch
from acctship.output import CheckedOutput, Delivery, Output, OutputConfig, OutputSpec, SendResult, SetupSpec
from acctship.secret import Secret
from acctship.testing import Receiver, events

EXAMPLES: Mapping[str, str] = {
    "from_json": "EventBatch.from_json(batch.json()).ids == batch.ids",
    "ids": "batch.ids",
    "datasets": "batch.datasets",
    "times_ns": "batch.times_ns",
    "json": "batch.json()[0][:38]",
    "msgpack": "batch.msgpack()[0][:12]",
    "select": "batch.select([1]).ids",
}
"""An example of each member; `batch` has two events."""
SEQUENCE = ("len(batch)", "batch[0].process.name", "batch[1:].ids", "[event.user.id for event in batch]")


def parts() -> dict[str, str]:
    """Every generated part of the reference, as Markdown."""
    return {
        "hooks": "\n\n".join(_source(hook) for name, hook in vars(hookspecs).items() if name.startswith("acctship_")),
        "contract: spec": _source(OutputSpec),
        "contract: setup": _source(SetupSpec),
        "contract: config": _source(OutputConfig),
        "contract: output": _source(Output),
        "contract: check": _source(CheckedOutput),
        "contract: result": _source(SendResult),
        "contract: delivery": f"`{_signature(Delivery)}`".replace("acctship.output.", ""),
        "contract: secret": _members(Secret, ("reveal",)),
        "event batch": _members(EventBatch, EXAMPLES),
        "event batch: examples": _examples(),
        "errors": "\n".join(_errors(AcctshipError)),
        "error: retryable": f"`{_signature(RetryableError)}`",
        "testing: receiver": _source(Receiver),
        "public names": ", ".join(f"`{name}`" for name in sorted(acctship._HOMES, key=str.lower)),
    }


def _source(thing: object) -> str:
    source = inspect.getsource(thing)  # type: ignore[arg-type]  # functions are given
    return f"```python\n{re.sub('  # type: ignore.*', '', source).strip()}\n```"


def _signature(thing: type) -> str:
    """A call with each argument and its default, without types."""
    shown = [
        str(one.replace(annotation=inspect.Parameter.empty)) for one in inspect.signature(thing).parameters.values()
    ]
    keyword = [one.kind is inspect.Parameter.KEYWORD_ONLY for one in inspect.signature(thing).parameters.values()]
    if True in keyword:
        shown.insert(keyword.index(True), "*")
    return f"{thing.__name__}({', '.join(shown)})"


def _members(kind: type, names: Iterable[str]) -> str:
    rows = []
    for name in names:
        member = vars(kind)[name]
        function = getattr(member, "func", getattr(member, "__func__", member))
        call = "" if hasattr(member, "func") else f"{inspect.signature(function)}"
        rows.append(f"| `{name}{call}` | {_summary(function)} |".replace("'", ""))
    return "\n".join(["| Member | Meaning |", "| --- | --- |", *rows])


def _examples() -> str:
    scope = {"batch": events(2), "EventBatch": EventBatch}
    lines = (f">>> {code}\n{eval(code, scope)!r}" for code in (*SEQUENCE, *EXAMPLES.values()))
    return "```python\n" + "\n".join(lines) + "\n```"


def _errors(error: type[AcctshipError], depth: int = 0) -> Iterator[str]:
    yield f"{'  ' * depth}- `{error.__name__}` (exit code {error.exit_code}): {_summary(error)}"
    for lower in error.__subclasses__():
        if lower.__module__ == "acctship.errors":
            yield from _errors(lower, depth + 1)


def _summary(thing: object) -> str:
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split()).replace("|", "\\|")
