"""What is said of broken plugins: each one of the tests is loaded, and its message stands in docs/plugins.md."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from acctship import AcctshipError, SendResult
from acctship.delivery.sending.bounded import call
from acctship.delivery.sending.outcomes import Refusal, attempt
from acctship.deployed import deploy
from tests.cli.fakes import BROKEN, FAULTY_METHODS, distribution, good

ANSWERS: Mapping[str, Callable[[], object]] = {
    "`send` returns None": lambda: None,
    "`send` rejects a position that is none": lambda: SendResult(rejected={7: "why"}),
    "`send` gives a reason that is no text": lambda: SendResult(rejected={0: None}),  # type: ignore[dict-item]  # wrong
    "`rejected` is a list": lambda: SendResult(rejected=["why"]),  # type: ignore[arg-type]  # wrong on purpose
    "`open` or `send` has another bug": partial(dict[str, object]().__getitem__, "key"),
    "`open` or `send` would end the program": partial(sys.exit, 3),
}


def parts() -> dict[str, str]:
    """The table, as Markdown."""
    rows = [*_loaded(), *_used(), *_answered()]
    lines = (f"| {what} | {_plain(said)} |" for what, said in rows)
    return {"broken plugins": "\n".join(("| What is broken | What is said |", "| --- | --- |", *lines))}


def _loaded() -> Iterator[tuple[str, str]]:
    for name, (source, _) in BROKEN.items():
        with _installed(name, source):
            yield name.replace("_", " "), _said(name).partition(f" = {name}: ")[2]


def _used() -> Iterator[tuple[str, str]]:
    for what, (old, new, _) in FAULTY_METHODS.items():
        with _installed("pager", good("pager").replace(old, new)):
            yield what, _said("pager").removeprefix("outputs.siem: ")
    library = good("pager", extra="client").replace("return Null()", "import no_such_client_library")
    with _installed("pager", library):
        yield "the client library of an extra is missing", _said("pager").removeprefix("outputs.siem: ")


def _answered() -> Iterator[tuple[str, str]]:
    for what, send in ANSWERS.items():
        refusal = attempt(partial(call, send, 60), 2)
        assert isinstance(refusal, Refusal)
        yield what, f"a bug in strange-thing 1.2.3: {type(refusal.error).__name__}: {refusal.error}"


@contextmanager
def _installed(name: str, source: str) -> Iterator[None]:
    """A package with one module, for as long as the block lasts."""
    with TemporaryDirectory() as folder:
        distribution(Path(folder), "strange-thing", {name: source})
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            sys.path.remove(folder)
            sys.modules.pop(name, None)


def _said(name: str) -> str:
    try:
        deploy("siem", {"type": name}).build()
    except AcctshipError as error:
        return str(error)
    raise AssertionError(f"{name} is not broken")


def _plain(said: str) -> str:
    """As code in a cell of a table, without what differs from machine to machine."""
    said = re.sub(r" \(/[^)]*\)| from '/[^']*'", "", said)
    return f"`{re.sub(' at 0x[0-9a-f]+', '', said)}`".replace("|", "\\|")
