"""How a process ended, out of its wait status.

Source: wait(2); signal(7), the numbers of x86, ARM and most others.
"""

from __future__ import annotations

_NAMES = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS",
]  # fmt: skip
_RTMIN, _RTMAX = 34, 64  # as glibc gives them out; it keeps 32 and 33 for itself


def exit_code(wait_status: int) -> int | None:
    """Exit code of a process that ended by itself; None if a signal ended it.

    >>> exit_code(3 << 8), exit_code(9)
    (3, None)
    """
    return None if wait_status & 0x7F else wait_status >> 8 & 0xFF


def signal_number(wait_status: int) -> int | None:
    """Signal that ended a process; None if it ended by itself.

    >>> signal_number(0x80 | 11), signal_number(3 << 8)
    (11, None)
    """
    return wait_status & 0x7F or None


def outcome(wait_status: int) -> str:
    """What `event.outcome` says of it.

    >>> outcome(0), outcome(1 << 8), outcome(15)
    ('success', 'failure', 'failure')
    """
    return "success" if exit_code(wait_status) == 0 else "failure"


def signal_name(number: int) -> str | None:
    """Name of a signal, None for one that has none.

    >>> signal_name(9), signal_name(36)
    ('SIGKILL', 'SIGRTMIN+2')
    """
    if 1 <= number <= len(_NAMES):
        return "SIG" + _NAMES[number - 1]
    if _RTMIN <= number <= _RTMAX:
        return "SIGRTMIN" if number == _RTMIN else f"SIGRTMIN+{number - _RTMIN}"
    return None


def signal_called(text: str) -> int | None:
    """Number of a signal by its name, with or without SIG, in any case, or by its digits; None if there is none.

    >>> signal_called("SIGKILL"), signal_called("kill"), signal_called("9"), signal_called("0")
    (9, 9, 9, None)
    """
    for number in range(1, 128):
        name = signal_name(number) or ""
        if text == str(number) or (name and text.upper() in (name, name.removeprefix("SIG"))):
            return number
    return None
