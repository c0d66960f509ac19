"""Look at things as another user sees them: the kernel's own answer, not root's."""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec

from acctship.checks.access import Person
from acctship.checks.finding import Finding, failed, warn


def as_user(who: Person, check: Callable[[], list[Finding]]) -> list[Finding]:
    """What a check finds when this user runs it; root can have that done, others see what they see themselves."""
    own = os.geteuid()
    if own == who.uid:
        return check()
    if own != 0:
        advice = "ask as root, or as that user"
        return [
            *check(),
            warn("asked as", f"secrets and receivers were looked at by user {own}, not {who.name}", advice),
        ]
    reader, writer = os.pipe()
    child = os.fork()  # no thread runs yet that could hold a lock
    if child == 0:
        _in_child(who, check, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        answer = answers.read()
    _, status = os.waitpid(child, 0)
    if status:
        return [failed("receivers", f"the process that looked at them as {who.name} ended with {status}")]
    return msgspec.json.decode(answer, type=list[Finding])


def _in_child(who: Person, check: Callable[[], list[Finding]], writer: int) -> None:
    status = 1
    try:
        os.setgroups(sorted(who.gids))
        os.setgid(who.gid)
        os.setuid(who.uid)
        with os.fdopen(writer, "wb") as answers:
            answers.write(msgspec.json.encode(_caught(check)))
        status = 0
    finally:
        os._exit(status)  # the parent's buffers and exit handlers are not ours


def _caught(check: Callable[[], list[Finding]]) -> list[Finding]:
    """Nobody would see what is raised in a child."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - told by the parent
        return [failed("receivers", f"a bug in acctship: {type(error).__name__}: {error}")]
