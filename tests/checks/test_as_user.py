"""Things looked at as another user: the child really is that user, and what happens to it is told."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from acctship.checks.access import Person
from acctship.checks.as_user import as_user
from acctship.checks.finding import Finding, ok
from tests.conftest import skip

STRANGER = Person("stranger", 4001, 4002, frozenset([4002, 4003]))
CODE = """
import os
from acctship.checks.access import Person
from acctship.checks.as_user import as_user
from acctship.checks.finding import ok

def look():
    {body}

for one in as_user(Person("stranger", 4001, 4002, frozenset([4002, 4003])), look):
    print(one.state, one.finding)
print(os.geteuid())
"""


def looked_at(body: str) -> list[str]:
    """What a process of its own says: the one of the tests has threads, beside which nobody should fork."""
    if os.geteuid() != 0:
        skip("becoming another user takes root")
    done = subprocess.run([sys.executable, "-c", CODE.format(body=body)], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_child_is_that_user_with_all_groups_and_no_way_back() -> None:
    ids = "{os.getresuid()} {os.getresgid()} {sorted(os.getgroups())}"
    told, after = looked_at(f'return [ok("a", f"{ids}")]')
    assert told == "ok (4001, 4001, 4001) (4002, 4002, 4002) [4002, 4003]"
    assert after == "0"


def test_bug_and_sudden_end_of_the_child_are_told() -> None:
    assert looked_at("raise KeyError('x')")[0] == "FAILED a bug in acctship: KeyError: 'x'"
    assert looked_at("os._exit(7)")[0].startswith("FAILED the process that looked at them as stranger ended with ")


def test_who_may_not_become_that_user_is_told_whose_view_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4999)
    found: list[Finding] = as_user(STRANGER, lambda: [ok("a", "b")])
    assert [one.state for one in found] == ["ok", "warn"]
    assert "by user 4999, not stranger" in found[1].finding
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER.uid)
    assert as_user(STRANGER, lambda: [ok("a", "b")]) == [ok("a", "b")]
