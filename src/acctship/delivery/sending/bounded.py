"""Calls into a plugin that cannot hold the process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

from acctship.output import Output

T = TypeVar("T")


class HungError(Exception):
    """A call did not return in time."""


def call(function: Callable[[], T], timeout: float) -> T:
    """Result of a function that may hang, run on a thread of its own, which is left behind if it does.

    Args:
        function: what to call.
        timeout: seconds to wait.

    Raises:
        HungError: it has not returned in time; what it does later is ignored.
        RuntimeError: it raised what would end a program, SystemExit or KeyboardInterrupt: nobody has asked for that.
        Exception: what it raised.
    """
    results: SimpleQueue[tuple[T, None] | tuple[None, BaseException]] = SimpleQueue()

    def run() -> None:
        try:
            results.put((function(), None))
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            results.put((None, error))

    threading.Thread(target=run, name="acctship-call", daemon=True).start()
    try:
        result, error = results.get(timeout=timeout)
    except Empty:
        raise HungError(f"no answer in {timeout:g} s") from None
    if error is not None and not isinstance(error, Exception):
        raise RuntimeError(f"it raised {type(error).__name__}: {error}") from error
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # no error, so it is the result


def close(output: Output, timeout: float) -> bool:
    """Close an output; what it says to that changes nothing any more.

    Returns:
        Whether that took no longer than so many seconds: if not, a thread is left behind.
    """
    try:
        call(output.close, timeout)
    except HungError:
        return False
    except Exception:  # noqa: BLE001 - a plugin may raise anything
        return True
    return True
