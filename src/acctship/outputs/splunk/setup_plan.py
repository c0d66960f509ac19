"""What is to be done on a single Splunk server, and what differs there from what is wanted.

What is missing is created. What is there is never changed: others may use it, and a shorter retention deletes events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from acctship.outputs.splunk.setup_wanted import SOURCETYPE, Wanted

Settings = Mapping[str, Any]
"""Of an index or a token, as Splunk's REST API tells them: numbers and truth come as JSON's own or as text."""


@dataclass(frozen=True)
class Found:
    """What a server has.

    Attributes:
        collector: settings of the HTTP Event Collector as a whole.
        index: those of the index; None if there is none of this name.
        token: those of the token; None if there is none of this name.
    """

    collector: Settings
    index: Settings | None
    token: Settings | None


@dataclass(frozen=True)
class Request:
    """One thing to do.

    Attributes:
        path: below `servicesNS/nobody/APP/`.
        app: in whose configuration Splunk keeps it.
        form: what is sent.
        text: what it does, for people.
    """

    path: str
    app: str
    form: Mapping[str, str | int]
    text: str


@dataclass
class Plan:
    """What is to be done, what is there already, and what is there but differs."""

    requests: list[Request] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)


COLLECTOR = "data/inputs/http/http"
TOKENS = "data/inputs/http"
INDEXES = "data/indexes"
HTTP_APP = "splunk_httpinput"
"""The app in which Splunk itself keeps the event collector's settings and tokens."""


def plan(found: Found, wanted: Wanted) -> Plan:
    """What it takes to get from one to the other."""
    made = Plan()
    if true(found.collector.get("disabled")):
        text = f"HTTP Event Collector: enable it, on port {found.collector.get('port', 8088)}"
        made.requests.append(Request(COLLECTOR, HTTP_APP, {"disabled": 0}, text))
    index, token = f"index {wanted.index}", f"token {wanted.token_name}"
    _settle(made, index, found.index, _new_index(index, wanted), lambda there: _index_differs(there, wanted))
    _settle(made, token, found.token, _new_token(token, wanted), lambda there: _token_differs(there, wanted))
    return made


def _settle(
    made: Plan, name: str, there: Settings | None, new: Request, differs: Callable[[Settings], Iterable[str]]
) -> None:
    """Plan to create what is missing; of what is there, say whether it is as wanted."""
    if there is None:
        made.requests.append(new)
    elif differing := [f"{name}: {text}" for text in differs(there)]:
        made.differing += differing
    else:
        made.kept.append(f"{name}: is there, as wanted")


def _new_index(name: str, wanted: Wanted) -> Request:
    form: dict[str, str | int] = {
        "name": wanted.index,
        "datatype": "event",
        "frozenTimePeriodInSecs": wanted.seconds,
        "maxTotalDataSizeMB": wanted.megabytes,
    }
    text = (
        f"{name}: create it: events are frozen after {wanted.days} days (frozenTimePeriodInSecs={wanted.seconds}), "
        f"or above {wanted.megabytes} MB whatever their age (maxTotalDataSizeMB)"
    )
    return Request(INDEXES, "search", form, text)


def _new_token(name: str, wanted: Wanted) -> Request:
    form: dict[str, str | int] = {
        "name": wanted.token_name,
        "index": wanted.index,
        "indexes": wanted.index,
        "sourcetype": SOURCETYPE,
        "useACK": 1,
        "disabled": 0,
    }
    text = f"{name}: create it: for index {wanted.index} alone, with indexer acknowledgement (useACK)"
    return Request(TOKENS, HTTP_APP, form, text)


def _index_differs(there: Settings, wanted: Wanted) -> Iterator[str]:
    if true(there.get("disabled")):
        yield "is disabled: enable it"
    if there.get("datatype", "event") != "event":
        yield "is an index of metrics, not of events: choose another --index"
    seconds, size = number(there, "frozenTimePeriodInSecs"), number(there, "maxTotalDataSizeMB")
    if seconds < wanted.seconds:
        yield f"freezes events after {seconds / 86_400:g} days, not {wanted.days}: set frozenTimePeriodInSecs"
    if size != wanted.megabytes:
        yield f"may grow to {size} MB, not {wanted.megabytes}: set maxTotalDataSizeMB, or give that --max-size"


def _token_differs(there: Settings, wanted: Wanted) -> Iterator[str]:
    if true(there.get("disabled")):
        yield "is disabled: enable it"
    if not true(there.get("useACK")):
        yield "has no indexer acknowledgement: set useACK, or choose another --token-name if others send with it"
    allowed = names(there.get("indexes"))
    if allowed and wanted.index not in allowed:
        yield f"allows other indexes alone: add {wanted.index} to indexes"
    elif allowed != [wanted.index]:
        yield f"allows other indexes, too: set indexes to {wanted.index} alone, or choose another --token-name"


def true(value: object) -> bool:
    """Whether a setting is on.

    >>> [true(value) for value in (True, 1, "1", "true", False, "0", None)]
    [True, True, True, True, False, False, False]
    """
    return str(value).lower() in {"true", "1"}


def number(settings: Settings, name: str) -> int:
    """A setting as a number; 0 if it is missing.

    >>> number({"a": "12"}, "a"), number({}, "a")
    (12, 0)
    """
    return int(settings.get(name) or 0)


def names(value: object) -> list[str]:
    """A list of names, whether it came as one or as text with commas.

    >>> names("a, b"), names(["a"]), names(None)
    (['a', 'b'], ['a'], [])
    """
    if isinstance(value, str):
        value = value.split(",")
    return [str(one).strip() for one in value if str(one).strip()] if isinstance(value, list) else []
