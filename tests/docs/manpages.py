"""The manual pages under man/, from the help of the commands.

A page is what its command's docstring says: paragraphs marked \\b are its examples. Source: man(7), man-pages(7).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from acctship.cli import COMMANDS, group

PEERS = {"acctship dump": "dump-acct(8)", "acctship lastcomm": "lastcomm(1)", "acctship summary": "sa(8)"}
"""The program of GNU acct that a command succeeds."""

_VERBATIM = "\b\n"
_EXIT_CODES = "Exit codes: "
_ESCAPES = str.maketrans({"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"})


def pages() -> dict[str, str]:
    """Every page, by the name of its file."""
    context = click.Context(group, info_name="acctship", **group.context_settings)
    return dict(_pages(context, (inspect.getdoc(group) or "").partition("\n")[0]))


def _pages(context: click.Context, summary: str) -> Iterator[tuple[str, str]]:
    yield f"{context.command_path.replace(' ', '-')}.1", _page(context, summary)
    for name, inner in _inner(context):
        yield from _pages(inner, COMMANDS[name] if context.command is group else inner.command.get_short_help_str(200))


def _inner(context: click.Context) -> Iterator[tuple[str, click.Context]]:
    if isinstance(context.command, click.Group):
        for name in sorted(context.command.list_commands(context)):
            command = context.command.get_command(context, name)
            assert command is not None
            yield name, click.Context(command, info_name=name, parent=context)


def _page(context: click.Context, summary: str) -> str:
    name = context.command_path.replace(" ", "-")
    texts = inspect.cleandoc(context.command.help or "").split("\n\n")
    examples = [text.removeprefix(_VERBATIM) for text in texts if text.startswith(_VERBATIM)]
    prose = [text for text in texts if not text.startswith((_VERBATIM, _EXIT_CODES))]
    inner = [
        (f"{one.command_path.replace(' ', '-')}(1)", one.command.get_short_help_str(200)) for _, one in _inner(context)
    ]
    lines = [
        r".\" Written by `make golden` from the help of the command.",
        f'.TH {_escape(name.upper())} 1 "" acctship "User Commands"',
        ".SH NAME",
        _escape(f"{name} - {summary[:1].lower()}{summary[1:].removesuffix('.')}"),
        ".SH SYNOPSIS",
        f"{_bold(context.command_path)} {_escape(' '.join(context.command.collect_usage_pieces(context)))}",
        ".SH DESCRIPTION",
        *_joined(".PP", (_prose(text) for text in prose)),
    ]
    if examples:
        lines += [".SH EXAMPLES", ".nf", *map(_escape, "\n\n".join(examples).splitlines()), ".fi"]
    if inner:
        lines += [".SH COMMANDS", *_entries(inner)]
    params = (param for param in context.command.get_params(context) if isinstance(param, click.Option))
    options = [record for option in params if (record := option.get_help_record(context))]
    lines += [".SH OPTIONS", *_entries(options), ".SH EXIT STATUS", *_entries(_exit_codes())]
    others = [*([PEERS[context.command_path]] if context.command_path in PEERS else []), "acct(5)"]
    pages = [f"{context.parent.command_path.replace(' ', '-')}(1)"] if context.parent else []
    lines += [".SH SEE ALSO", ", ".join(map(_reference, [*pages, *(page for page, _ in inner), *others]))]
    return "\n".join(lines) + "\n"


def _exit_codes() -> list[tuple[str, str]]:
    """What the help of acctship says of them."""
    (text,) = (text for text in inspect.cleandoc(group.help or "").split("\n\n") if text.startswith(_EXIT_CODES))
    codes = " ".join(text.removeprefix(_EXIT_CODES).removesuffix(".").split()).split(", ")
    return [
        (code, f"{meaning[:1].upper()}{meaning[1:]}.") for code, _, meaning in (one.partition(" ") for one in codes)
    ]


def _entries(entries: list[tuple[str, str]]) -> list[str]:
    """Terms, options or pages, with what they mean."""
    return [line for term, meaning in entries for line in (".TP", _term(term), _prose(meaning))]


def _term(term: str) -> str:
    """`-n, --num N` with the option in bold and its value in italics."""
    if term.endswith("(1)"):
        return _reference(term)
    parts = (part.partition(" ") for part in term.split(", "))
    return ", ".join(_bold(option) + (rf" \fI{_value(value)}\fR" if value else "") for option, _, value in parts)


def _value(value: str) -> str:
    r"""A line may break after each of many choices, at \:."""
    return _escape(value).replace("|", r"|\:")


def _reference(page: str) -> str:
    name, _, section = page.partition("(")
    return f"{_bold(name)}({section}"


def _bold(text: str) -> str:
    return rf"\fB{_escape(text)}\fR"


def _prose(text: str) -> str:
    """A paragraph on one line, with what stands in backquotes in bold."""
    parts = re.split(r"`([^`]+)`", " ".join(text.split()))
    return _guard("".join(_bold(part) if at % 2 else _escape(part) for at, part in enumerate(parts)))


def _joined(separator: str, texts: Iterator[str]) -> Iterator[str]:
    for at, text in enumerate(texts):
        if at:
            yield separator
        yield text


def _escape(text: str) -> str:
    return _guard(text.translate(_ESCAPES))


def _guard(line: str) -> str:
    r"""A line that starts like a request is none after \&."""
    return rf"\&{line}" if line.startswith(".") else line
