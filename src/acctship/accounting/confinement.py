"""Why a process may not switch accounting: rights, containers, namespaces."""

from __future__ import annotations

import os
from pathlib import Path

CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"), Path("/run/systemd/container"))
"""What Docker, Podman and systemd's container interface leave in a container."""
NAMESPACES = Path("/proc/self/ns")
_INITIAL = {"pid": 4026531836, "user": 4026531837}
"""`PROC_PID_INIT_INO` and `PROC_USER_INIT_INO` of `include/uapi/linux/nsfs.h` (before 6.18: `linux/proc_ns.h`)."""
_ON_THE_HOST = (
    "have accounting switched on there, by the administrator of the host: its file then holds the processes of this "
    "container, too"
)


def why_not_permitted() -> str:
    """Which right is missing, why, and who can help; to be asked where acct(2) has said EPERM."""
    if not _is_initial("user"):
        return (
            "may not be accounted to from a user namespace of its own, such as a rootless container: the kernel asks "
            f"for CAP_SYS_PACCT on the host itself: {_ON_THE_HOST}"
        )
    if os.geteuid() != 0:
        return "switching accounting takes root (CAP_SYS_PACCT): run it as root"
    if in_container():
        return f"this container has no CAP_SYS_PACCT: {_ON_THE_HOST}"
    return (
        "switching accounting takes CAP_SYS_PACCT, and something took it from root: a service's CapabilityBoundingSet?"
    )


def in_container() -> bool:
    """Tell whether this is a container, as far as it shows."""
    return own_pid_namespace() or any(mark.exists() for mark in CONTAINER_MARKS)


def own_pid_namespace() -> bool:
    """Tell whether our processes are numbered apart: only these would be accounted to a file that we name."""
    return not _is_initial("pid")


def _is_initial(kind: str) -> bool:
    """Whether we are in the first namespace of a kind, that of the machine; True if that cannot be told."""
    try:
        return (NAMESPACES / kind).stat().st_ino == _INITIAL[kind]
    except OSError:
        return True
