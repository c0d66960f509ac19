"""Commands that a document advises, looked up among the real ones."""

from __future__ import annotations

import re

import click

from acctship.cli import group

_BLOCK = re.compile(r"^ *```(?:sh|console|text)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`(acctship [a-z][^`]*)`")
_LINE = re.compile(r"(?:^ *(?:\$ )?|-- )(?:\S+/)?(acctship [a-z].*)", re.MULTILINE)
_END = re.compile(r"[#|<>&;]|\d>")


def advised(text: str) -> list[str]:
    """Every command line of ours, in a block or between backquotes."""
    blocks = "\n".join(_BLOCK.findall(text)).replace("\\\n", " ")
    lines = [*_LINE.findall(blocks), *_SPAN.findall(_BLOCK.sub("", text))]
    return sorted({" ".join(_END.split(line)[0].split()) for line in lines})


def assert_exists(line: str) -> None:
    """Fail if there is no such command, or if it has not these options."""
    command: click.Command = group
    options = {"--debug", "--version"}
    for word in line.split()[1:]:
        if word.startswith("-"):
            assert word in options, f"{line}: there is no option {word}"
        elif isinstance(command, click.Group):
            inner = command.get_command(click.Context(command), word)
            assert inner is not None, f"{line}: there is no command {word}"
            command = inner
            options |= {option for param in inner.params for option in param.opts}
