"""The searches of the add-on count each event once, and name fields and values that there are.

They cannot run here. What is checked is their text: macros, subsearches, fields, values, brackets.
"""

from __future__ import annotations

import re

import pytest

from acctship.delivery.notice import ACTIONS
from acctship.events.fields import leaves
from acctship.events.omit import PRESETS
from tests.examples.splunk.add_on import conf, expand, lookup, parts, searches

SEARCHES = searches()
SAVED = conf("default/savedsearches.conf")
TWICE = "acctship: events that came twice"
_LANGUAGE = """
    search dedup keepempty stats eval where rex field join type inner append table rename sort convert ctime bin span
    timechart fillnull value by as and or not in true count min max sum sumsq dc values latest if floor sqrt now
    relative_time tonumber index sourcetype
"""
"""Commands, functions and arguments of the search language that the searches use."""
_SPLUNKS_OWN = {"_time"}
_MADE_BY_PROPS = {
    "action", "dest", "parent_process_id", "process", "process_id", "process_name", "user", "user_id", "vendor_product",
    "acct_outcome", "signal_number", "signal_name", "signal_kind", "signal_meaning", "flag_meaning",
}  # fmt: skip
_FIELDS = {field.name + ("{}" if field.type == "list" else "") for field in leaves()}
_PAIR = re.compile(r"([a-z_.{}]+)=([A-Za-z*][\w:.*-]*|\"[^\"]*\")")
VALUES = {
    "sourcetype": {"acct:process", "acct:health"},
    "event.action": set(ACTIONS),
    "acct.flags{}": {row["flag"] for row in lookup("acct_flags.csv")},
    "acct_outcome": {"success", "failure"},
    "acct.health.output": {"splunk"},
    "index": {"acct"},
    "type": {"inner"},
    "span": {"1h"},
    "field": {"event.id"},
    "keepempty": {"true"},
}


@pytest.mark.parametrize("name", SEARCHES)
def test_each_event_counts_once(name: str) -> None:
    macro = "`acctship_received`" if name == TWICE else "`acctship_events"
    begun = list(parts(SEARCHES[name]))
    assert len(begun) == 1 + SEARCHES[name].count("[ search")
    assert [part for part in begun if not part.startswith(macro)] == []
    assert ("| dedup event.id keepempty=true" in expand(SEARCHES[name])) == (name != TWICE)


def test_macro_takes_both_kinds_of_events_from_one_index() -> None:
    plain, filtered = expand("`acctship_events`"), expand("`acctship_events(event.action=checkpoint)`")
    assert plain.startswith('index=acct (sourcetype="acct:process" OR sourcetype="acct:health")')
    before, pipe, after = filtered.partition("|")
    assert before.endswith(" event.action=checkpoint ")
    assert (pipe, after) == ("|", " dedup event.id keepempty=true")


@pytest.mark.parametrize("name", SEARCHES)
def test_brackets_and_quotes_are_closed(name: str) -> None:
    open_ones: list[str] = []
    for mark in re.sub(r'"[^"]*"', "", expand(SEARCHES[name])).replace("{}", ""):
        if mark in "([":
            open_ones.append({"(": ")", "[": "]"}[mark])
        elif mark in ")]":
            assert open_ones.pop() == mark
    assert open_ones == []
    assert (SEARCHES[name].count('"') % 2, SEARCHES[name].count("`") % 2) == (0, 0)


@pytest.mark.parametrize("name", SEARCHES)
def test_fields_and_values_are_there(name: str) -> None:
    assert _unknown(expand(SEARCHES[name])) == set()
    wrong = {(key, value) for key, value in _pairs(SEARCHES[name]) if value not in VALUES.get(key, {value, "*"})}
    assert wrong == set()


@pytest.mark.parametrize("wrong", ["process.nmae=*", "| stats count BY hots", "| where 'process.exitcode'=126"])
def test_a_field_that_is_not_there_would_be_found(wrong: str) -> None:
    assert _unknown(expand(f"`acctship_events` {wrong}")) != set()


def test_actions_in_lists_are_those_of_health() -> None:
    lists = [found for search in SEARCHES.values() for found in re.findall(r"event\.action IN \(([^)]*)\)", search)]
    named = {action.strip(' "') for found in lists for action in found.split(",")}
    assert len(named) > 5
    assert named <= set(ACTIONS)
    kinds = {row["signal_kind"] for row in lookup("acct_signals.csv")}
    [listed] = [found for search in SEARCHES.values() for found in re.findall(r"signal_kind IN \(([^)]*)\)", search)]
    assert {kind.strip(' "') for kind in listed.split(",")} <= kinds


def test_what_a_search_needs_that_minimal_leaves_out_is_said() -> None:
    left_out = PRESETS["minimal"]
    for name, stanza in SAVED.items():
        needed = {
            field for field in left_out if re.search(rf"(?<![\w.]){re.escape(field)}(?![\w])", expand(stanza["search"]))
        }
        assert all(field in stanza["description"] for field in needed), (name, needed)


def test_none_is_scheduled_and_each_can_be() -> None:
    for stanza in SAVED.values():
        assert stanza["enableSched"] == "0"
        assert {"cron_schedule", "dispatch.earliest_time", "dispatch.latest_time", "relation", "quantity"} <= set(
            stanza
        )


def _pairs(search: str) -> list[tuple[str, str]]:
    return [(key, value.strip('"')) for key, value in _PAIR.findall(search)]


def _unknown(search: str) -> set[str]:
    """Names in a search that are neither words of its language, nor fields of the events, nor made by it."""
    made = set(re.findall(r"\bAS ([a-z_]+)", search))
    made |= set(re.findall(r"[ ,]([a-z_]+)=", "".join(re.findall(r"\| eval [^|]*", search))))
    made |= set(re.findall(r"\(\?<([a-z_]+)>", search))
    text = _PAIR.sub(lambda pair: pair[1], search)
    text = re.sub(r'"[^"]*"|\$[a-z.]+(?:\|s)?\$|(?<=[ ,=<>(*/+-])[\d.]+h?', " ", text)
    names = set(re.findall(r"[A-Za-z_@][\w.]*(?:\{\})?", text))
    unknown = {name for name in names if name.lower() not in _LANGUAGE.split()}
    return unknown - made - _FIELDS - _MADE_BY_PROPS - _SPLUNKS_OWN
