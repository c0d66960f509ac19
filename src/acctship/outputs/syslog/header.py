"""Headers of RFC 5424 and RFC 3164: all that stands before the structured data, or before the message."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from acctship.outputs.syslog.config import Config
from acctship.outputs.syslog.head import Head

Header = Callable[[Head, int], str]
"""The header of an event, given its PRI, with a space at its end."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNFIT_HOST = re.compile(r"[^A-Za-z0-9._-]")
_UNFIT_MSGID = re.compile(r"[^!-~]")
_MICROSECONDS = re.compile(r"(\.[0-9]{6})[0-9]+")


def header(config: Config) -> Header:
    """How the headers of an output are written."""
    if config.rfc_in_use == "5424":
        return _rfc5424(config.app_name)
    return _rfc3164(config.app_name, with_host=config.transport != "unix")


def _rfc5424(app_name: str) -> Header:
    def write(head: Head, priority: int) -> str:
        host = "-" if head.host is None else _host(head.host.name)
        pid = "-" if head.process is None or head.process.pid is None else head.process.pid
        return f"<{priority}>1 {_timestamp(head.timestamp)} {host} {app_name} {pid} {_msgid(head.event.action)} "

    return write


def _rfc3164(tag: str, *, with_host: bool) -> Header:
    """syslog(3) writes no host name into /dev/log, and what reads there would take it for the tag."""
    local_time = lru_cache(maxsize=1024)(_local_time)  # thousands of processes end in one second

    def write(head: Head, priority: int) -> str:
        host = f"{_host_3164(head.host and head.host.name)} " if with_host else ""
        pid = "" if head.process is None or head.process.pid is None else f"[{head.process.pid}]"
        return f"<{priority}>{local_time(head.timestamp)} {host}{tag}{pid}: "

    return write


@lru_cache(maxsize=1024)
def _host(name: str | None) -> str:
    """HOSTNAME: what is no letter, digit, `.`, `_` or `-` becomes `_`, for receivers make file names of it.

    >>> _host("../web 1"), _host(None)
    ('.._web_1', '-')
    """
    return _UNFIT_HOST.sub("_", name or "-")[:255]


@lru_cache(maxsize=1024)
def _host_3164(name: str | None) -> str:
    """HOSTNAME where there is no nil: rsyslog takes a word for one only if it ends in a letter or a digit.

    >>> _host_3164("web1"), _host_3164("web-"), _host_3164(None)
    ('web1', 'web', 'unknown')
    """
    return _host(name).rstrip("._-") or "unknown"


@lru_cache(maxsize=1024)
def _msgid(action: str) -> str:
    """MSGID: at most 32 characters of printable ASCII."""
    return _UNFIT_MSGID.sub("_", action or "-")[:32]


@lru_cache(maxsize=1024)
def _timestamp(text: str) -> str:
    """TIMESTAMP of RFC 5424, which is RFC 3339 to the microsecond.

    >>> _timestamp("2026-11-23T09:42:07.123456789Z")
    '2026-11-23T09:42:07.123456Z'
    """
    return _MICROSECONDS.sub(r"\1", text)


def _local_time(text: str) -> str:
    """TIMESTAMP of RFC 3164, which is in local time and has no year."""
    time = datetime.fromisoformat(text).astimezone()
    return f"{_MONTHS[time.month - 1]} {time.day:2} {time:%H:%M:%S}"
