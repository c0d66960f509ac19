"""Commands that a document advises, looked up among the real ones."""

from __future__ import annotations

import re

import click

from acctship.cli import group

_ADVISED = re.compile(r"(?:^|`|-- |\$ (?:\S+/)?)\s*(acctship [a-z][^`#|\n<>&;]*)", re.MULTILINE)


def advised(text: str) -> list[str]:
    """Every command line of ours, in a block or between backquotes."""
    spans = re.sub(r"\\\n\s*|(?<=[a-z])\n(?=\S+`)", " ", text)
    return sorted({" ".join(line.split()) for line in _ADVISED.findall(spans)})


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
