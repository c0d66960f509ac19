"""Command lines of acctship in documents, held against the commands and options that there are."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator
from pathlib import PurePath

import click

from acctship.cli import group

_WRAPPERS = ("sudo", "runuser", "systemd-run", "env", "timeout", "watch", "exec", "xargs")
_ENDS = frozenset("|&;()<>")
_REST = "..."
"""Stands for more of the same in a document."""


def command_lines(shell: str) -> Iterator[list[str]]:
    """The words behind each `acctship` that a shell would run."""
    for line in shell.replace("\\\n", " ").splitlines():
        for words in _commands(line):
            programs = [PurePath(word).name for word in words]
            start = next((at for at, word in enumerate(words) if "=" not in word.partition("/")[0]), 0)
            if programs[start:] and programs[start] in _WRAPPERS:
                start = max((at for at in range(start, len(words)) if _is_program(words, at)), default=start)
            if programs[start:] and programs[start] == "acctship":
                yield words[start + 1 :]


def _is_program(words: list[str], at: int) -> bool:
    """`-u acctship` names a user."""
    return PurePath(words[at]).name == "acctship" and (words[at - 1] == "--" or not words[at - 1].startswith("-"))


def _commands(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.commenters, lexer.whitespace_split = "#", True
    words: list[str] = []
    redirected = False
    for word in lexer:
        if set(word) & {"<", ">"} and set(word) <= _ENDS:
            redirected = True
            if words[-1:] and words[-1].isdigit():
                words.pop()  # `2>`
        elif set(word) <= _ENDS:
            yield words
            words, redirected = [], False
        elif redirected:
            redirected = False
        else:
            words.append(word)
    yield words


def alternatives(words: list[str]) -> Iterator[list[str]]:
    """`accounting on|off` stands for two command lines."""
    yield from map(list, itertools.product(*(word.split("|") if word[:1] != "-" else [word] for word in words)))


def refused(words: list[str]) -> str:
    """Why click would not take these words; empty if it would.

    >>> refused(["run", "--once"])
    ''
    >>> refused(["outputs", "lsit"])
    'outputs: there is no lsit'
    """
    command: click.Command = group
    context = click.Context(group, info_name="acctship", **group.context_settings)
    left = [word for word in words if word != _REST]
    while True:
        try:
            given, left, _ = command.make_parser(context).parse_args(left)
            for param in command.get_params(context):
                _cast(param, context, given.get(param.name))
        except click.UsageError as error:
            return f"{context.info_name}: {error.format_message()}"
        if not isinstance(command, click.Group) or not left:
            return f"{context.info_name}: does not take {' '.join(left)}" if left else ""
        if left[0].isupper():  # NAME stands for one of them
            return ""
        inner = command.get_command(context, left[0])
        if inner is None:
            return f"{context.info_name}: there is no {left[0]}"
        context = click.Context(inner, info_name=left[0], parent=context, **inner.context_settings)
        command, left = inner, left[1:]


def _cast(param: click.Parameter, context: click.Context, value: object) -> None:
    """See that it is one of the choices, a number, a duration; a name in capitals stands for what a reader has."""
    stands_for = [str(one).isupper() for one in (value if isinstance(value, list | tuple) else [value])]
    if isinstance(value, str | list) and not any(stands_for) and not isinstance(param.type, click.Path | click.File):
        param.type_cast_value(context, value)
