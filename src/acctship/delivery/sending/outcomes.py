"""What the result of a `send` means, or what it raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from acctship.delivery.notice import one_line
from acctship.errors import ConfigError, HaltError, PluginError, RetryableError, TooLargeError
from acctship.output import SendResult


@dataclass(frozen=True)
class Refusal:
    """Nothing of the batch was acknowledged.

    Attributes:
        means: to send it again `later`, in `smaller` parts, once a person has mended something (`halt`), or, much the
            same, once the output has been mended (`bug`).
        error: what was raised.
        asked: seconds to wait at least, as the output says; anything, if its author did not look.
    """

    means: Literal["later", "smaller", "halt", "bug"]
    error: BaseException
    asked: object = None


def attempt(send: Callable[[], object], length: int) -> SendResult | Refusal:
    """Call `send`, and tell what it came to; nothing is raised.

    Args:
        send: sends a batch of `length` events.
        length: to see that the positions in its answer are some.
    """
    try:
        return _checked(send(), length)
    except TooLargeError as error:
        return Refusal("smaller", error)
    except RetryableError as error:
        return Refusal("later", error, error.retry_after)
    except OSError as error:
        return Refusal("later", error)
    except (HaltError, ConfigError, PluginError) as error:
        return Refusal("halt", error)
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, even SystemExit
        return Refusal("bug", error)


def reason(error: BaseException) -> str:
    """Its message, as one line of harmless text: a receiver may have written it."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - of a plugin's own making
        text = ""
    return one_line(text) or type(error).__name__


def _checked(result: object, length: int) -> SendResult:
    """See that a plugin answered as the contract says."""
    if not isinstance(result, SendResult):
        raise TypeError(f"send() returned {type(result).__name__}, not a SendResult")
    kinds: dict[str, tuple[type, ...]] = {"rejected": (Mapping,), "retry": (Sequence,), "pause": (int, float)}
    for name, kind in kinds.items():
        if not isinstance(getattr(result, name), kind):
            raise TypeError(f"send() returned a SendResult whose {name} is of the wrong type")
    if not all(isinstance(why, str) for why in result.rejected.values()):
        raise TypeError("send() returned a SendResult with a reason that is no text")
    listed = [*result.rejected, *result.retry]
    if not all(isinstance(at, int) for at in listed):
        raise TypeError("send() returned a SendResult with a position that is no int")
    if len(set(listed)) != len(listed) or not all(0 <= at < length for at in listed):
        raise ValueError(f"send() of {length} events listed a position twice, or one that is none: {listed[:20]}")
    return result
