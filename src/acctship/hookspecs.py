"""The hooks that a plugin may implement, with pluggy (https://pluggy.readthedocs.io)."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from acctship.output import OutputSpec, SetupSpec

hookspec = pluggy.HookspecMarker("acctship")
hookimpl = pluggy.HookimplMarker("acctship")
"""Decorator of a plugin's functions that are hooks: their names are those of the hooks below."""


@hookspec
def acctship_outputs() -> Iterable[OutputSpec]:  # type: ignore[empty-body]  # pluggy calls the plugins' own
    """Name the outputs that this plugin brings.

    Example:
        >>> @hookimpl
        ... def acctship_outputs() -> Iterable[OutputSpec]:
        ...     yield OutputSpec("pager", Config, "Page someone")
    """


@hookspec
def acctship_setup() -> Iterable[SetupSpec]:  # type: ignore[empty-body]  # pluggy calls the plugins' own
    """Name the commands `acctship setup NAME` that this plugin brings.

    Example:
        >>> @hookimpl
        ... def acctship_setup() -> Iterable[SetupSpec]:
        ...     yield SetupSpec("pager", lambda: setup_command, "Create the pager's service")
    """
