"""Reading `where` of an output: what it may say, and what is wrong with the rest."""

from __future__ import annotations

import tomllib

import pytest

from acctship import ConfigError
from acctship.events.where import Conditions, Where
from acctship.where import parse


def read(text: str) -> Where:
    return parse(tomllib.loads(f"where = {text}")["where"], "outputs.siem.where")


@pytest.mark.parametrize("text", ["{}", "{ include = [] }", "{ include = [], exclude = [] }"])
def test_no_entry_wants_all(text: str) -> None:
    assert read(text) == Where()


def test_documented_example_is_right() -> None:
    text = '{ include = [{ user = "alice" }], exclude = [{ command = "sh", user = ["zabbix", 997] }] }'
    entry = Conditions(command="sh", user=("zabbix", 997))
    assert read(text) == Where((Conditions(user="alice"),), (entry,))


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("user = 0", Conditions(user=0)),
        ('user = "0"', Conditions(user="0")),
        ('group = [4294967295, "adm"]', Conditions(group=(4294967295, "adm"))),
        ('command = ""', Conditions(command="")),
        ('command = ["kworker/*", "[ab]*c*efghijklmnop"]', Conditions(command=("kworker/*", "[ab]*c*efghijklmnop"))),
        ("command = 'fifteen--bytes\\x0a'", Conditions(command="fifteen--bytes\\x0a")),
        ("parent = [0, 1]", Conditions(parent=(0, 1))),
        ('tty = "none"', Conditions(tty="none")),
        ('min_duration = "500ms"', Conditions(min_duration=0.5)),
        ("min_duration = 2", Conditions(min_duration=2.0)),
        ("failed = false", Conditions(failed=False)),
        ('signal = ["SIGKILL", "term", 11, "SIGRTMIN+2"]', Conditions(signal=("SIGKILL", "term", 11, "SIGRTMIN+2"))),
        ('signal = "any"', Conditions(signal="any")),
    ],
)
def test_entry(text: str, conditions: Conditions) -> None:
    assert read(f"{{ include = [{{ {text} }}] }}") == Where(include=(conditions,))
    assert read(f'{{ exclude = [{{ user = "x" }}, {{ {text} }}] }}').exclude[1] == conditions


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("7", ": expected a table, got a whole number"),
        ("[{ user = 1 }]", ": expected a table, got a list"),
        ("{ exclud = [] }", ".exclud: unknown key; did you mean exclude?"),
        ('{ exclude = { user = "x" } }', ".exclude: expected a list, got a table"),
        ("{ include = [7] }", ".include[0]: expected a table, got a whole number"),
        ("{ include = [{ failed = true }, {}] }", ".include[1]: holds for every record: set one of user, group,"),
        ('{ exclude = [{ comand = "sh" }] }', ".exclude[0].comand: unknown key; did you mean command?"),
    ],
)
def test_wrong_table_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(text)
    assert str(refused.value).startswith(f"outputs.siem.where{said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("user = true", ".user: expected a whole number or text or a list, got true or false"),
        ('user = ""', ".user: expected text of length >= 1"),
        ("user = []", ".user: expected a list of length >= 1"),
        ("user = -1", ".user: expected a whole number >= 0"),
        ("group = [1, 4294967296]", ".group[1]: expected a whole number <= 4294967295"),
        ("group = 1.5", ".group: expected a whole number or text or a list, got a number"),
        ("command = 7", ".command: expected text or a list, got a whole number"),
        ('command = ["a", 7]', ".command[1]: expected text, got a whole number"),
        ('command = "sixteen--letters"', ".command: 'sixteen--letters' never is a name: the kernel cuts them to 15"),
        ('command = ["a*", "größerer-befehl"]', ".command: 'größerer-befehl' never is a name"),
        ('parent = "1"', ".parent: expected a whole number or a list, got text"),
        ("tty = 0", ".tty: expected text or a list, got a whole number"),
        ("min_duration = 0", ".min_duration: expected a number > 0"),
        ('min_duration = "0s"', ".min_duration: expected a number > 0"),
        ('min_duration = "2 weeks"', ".min_duration: '2 weeks' is no duration"),
        ("min_duration = nan", ".min_duration: expected a number > 0"),
        ("min_duration = inf", ".min_duration: expected a number <= "),
        ('min_duration = ["1s"]', ".min_duration: expected a number, got a list"),
        ("failed = 1", ".failed: expected true or false, got a whole number"),
        ("signal = 0", ".signal: expected a whole number >= 1"),
        ("signal = 128", ".signal: expected a whole number <= 127"),
        ('signal = "SIGFOO"', '.signal: no signal \'SIGFOO\': write a name as "SIGKILL", a number, or "any"'),
        ('signal = [9, "0"]', ".signal: no signal '0'"),
        ("exit_code = 1", ".exit_code: unknown key; known are user, group, command, parent, tty, min_duration,"),
    ],
)
@pytest.mark.parametrize("key", ["include", "exclude"])
def test_wrong_condition_is_refused(key: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(f'{{ {key} = [{{ user = "x" }}, {{ {text} }}] }}')
    assert str(refused.value).startswith(f"outputs.siem.where.{key}[1]{said}")
