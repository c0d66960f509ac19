"""What the suite expects, and what it tells an author whose output does otherwise."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NoReturn

import pytest

from acctship.errors import ConfigError, HaltError, OutputError
from acctship.events.batch import EventBatch
from acctship.events.escape import escape_line
from acctship.output import SendResult
from acctship.secret import secrets_in
from acctship.testing.receiver import Receiver
from acctship.testing.watching import Watch


def expect_contract(watch: Watch) -> None:
    """See that `open` and `send` raised nothing but what the contract names, and returned results that make sense."""
    for where, error in watch.raised:
        if not isinstance(error, OutputError | OSError | ConfigError):  # the last one of a secret that is not there
            fail(
                f"{where}() raised {named(error)}: acctship takes that for a bug and gives the output up. Raise "
                "RetryableError or any OSError (later, perhaps), TooLargeError (less at once) or HaltError (a person "
                "has to mend the set-up)"
            )
        if type(error) is OutputError:
            fail(f"{where}() raised OutputError itself, which does not say what to do: raise one of those below it")
    for call in watch.calls:
        if call.ended and call.error is None:
            expect_result(call.result, len(call.ids))


def expect_result(result: object, length: int) -> SendResult:
    """See that `send` returned a SendResult whose positions are of its batch."""
    if not isinstance(result, SendResult):
        fail(f"send() returned {escape_line(repr(result))}: return acctship.SendResult()")
    listed = [*result.rejected, *result.retry]
    if len(set(listed)) != len(listed) or not set(listed) <= set(range(length)):
        fail(f"send() of {length} events listed the positions {some(listed)}: list each of 0 to {length - 1} once")
    return result


def expect_no_halt(watch: Watch, fault: str) -> None:
    """See that what passes by itself was not made a matter for a person."""
    for where, error in watch.raised:
        if isinstance(error, HaltError):
            fail(
                f"{where}() raised {named(error)} while the receiver showed {fault!r}: that passes by itself, and "
                "HaltError waits for a person: raise RetryableError"
            )


def expect_arrived(receiver: Receiver, ids: Iterable[str], patience: float, why: str) -> None:
    """See that events have arrived, or do so soon."""
    wanted = set(ids)
    if not wait_until(lambda: wanted <= set(receiver.ids()), patience):
        lost = wanted - set(receiver.ids())
        fail(f"{len(lost)} of {len(wanted)} events never arrived ({some(lost)}): {why}")


def expect_no_others(receiver: Receiver, batches: Iterable[EventBatch]) -> None:
    """See that nothing has arrived but these events."""
    if others := set(receiver.ids()) - {one for batch in batches for one in batch.ids}:
        fail(f"{len(others)} events arrived whose event.id was never sent, so they were garbled: {some(others)}")


def expect_no_repetition(receiver: Receiver) -> None:
    """See that no event has arrived twice, where there was no reason for it."""
    if twice := [one for one, times in Counter(receiver.ids()).items() if times > 1]:
        fail(f"{len(twice)} events arrived twice ({some(twice)}): send an event again only after a failure")


def secrets_of(config: object) -> dict[str, str]:
    """Every secret that a configuration names, by the dotted place of its key."""
    return {place: secret.reveal() for place, secret in secrets_in(config)}


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition; tells whether it came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def named(error: BaseException) -> str:
    """An error for a message."""
    return f"{type(error).__name__}: {escape_line(str(error))}"


def some(things: Iterable[object]) -> str:
    """The first few, for a message."""
    listed = list(map(str, things))
    return escape_line(", ".join(listed[:5])) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")


def fail(message: str) -> NoReturn:
    """Fail with what the contract wants, without a traceback through the suite."""
    pytest.fail(message, pytrace=False)
