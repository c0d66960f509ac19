"""examples/fluentd and examples/fluent-bit: read strictly; alerts are told apart; commands run as they stand there."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from acctship.deployed import deploy
from acctship.testing import health_events
from tests.builders import record
from tests.cli.command import ACCTSHIP
from tests.cli.service import PATIENCE, records
from tests.events.making import make
from tests.examples.fluent_config import Section, fluent_bit, fluentd, kept_by_grep, tags
from tests.paths import EXAMPLES

TTY, FORK = 0x8803, 1

Event = dict[str, Any]


def of_a_process(**fields: Any) -> Event:
    (line,) = make([record(**fields)]).json()
    event: Event = json.loads(line)
    return event


def stopped(phase: str) -> Event:
    event: Event = json.loads(health_events(1).json()[0])
    event["event"]["action"] = "accounting-stopped"
    event["acct"]["health"] |= {"phase": phase}
    return event


TOLD = [of_a_process(uid=0, tty=TTY), stopped("start")]
NOT_TOLD = [
    of_a_process(uid=0, tty=0),
    of_a_process(uid=1000, tty=TTY),
    of_a_process(uid=100, tty=TTY),
    stopped("end"),
    json.loads(health_events(1).json()[0]),
]


@pytest.mark.parametrize("name", ["receiver.conf", "alerts.conf", "exec.conf", "tail.conf"])
def test_fluentd_file_is_sound(name: str) -> None:
    top = fluentd(EXAMPLES / "fluentd" / name)
    assert all(buffer.keys["@type"] == "file" for buffer in top.all("buffer")), "memory loses what was acknowledged"
    paths = [buffer.keys["path"] for buffer in top.all("buffer")]
    assert len(paths) == len({*paths})


@pytest.mark.parametrize("name", ["receiver.yaml", "exec.yaml", "tail.yaml"])
def test_fluent_bit_file_is_sound(name: str) -> None:
    pipeline = fluent_bit(EXAMPLES / "fluent-bit" / name)["pipeline"]
    assert all(plugin["retry_limit"] == "no_limits" for plugin in pipeline.get("outputs", ()))


def passes_fluentd(event: Event, label: Section) -> bool:
    tag = event["event"]["dataset"]
    filters = [one for one in label.sections if one.name == "filter" and one.argument == tag]
    assert filters
    return all(kept_by_grep(one, event) for one in filters)


def test_fluentd_alerts_tell_what_they_are_for_and_nothing_else() -> None:
    (label,) = fluentd(EXAMPLES / "fluentd/receiver.conf").all("label")
    assert [passes_fluentd(event, label) for event in TOLD] == [True, True]
    others = [*NOT_TOLD, of_a_process(uid=0, tty=TTY, flag=FORK)]
    assert not any(passes_fluentd(event, label) for event in others)


def fluent_bit_tags(name: str, tag: str, event: Event) -> set[str]:
    filters = fluent_bit(EXAMPLES / "fluent-bit" / name)["pipeline"]["filters"]
    return tags(filters, lambda pattern, tag: fnmatch.fnmatchcase(tag, pattern), tag, event)


def test_fluent_bit_alerts_tell_what_they_are_for_and_nothing_else() -> None:
    found = [fluent_bit_tags("receiver.yaml", event["event"]["dataset"], event) for event in TOLD]
    assert found == [{"acct.process", "alert.root"}, {"acct.health", "alert.stopped"}]
    for event in NOT_TOLD:
        dataset = event["event"]["dataset"]
        assert fluent_bit_tags("receiver.yaml", dataset, event) == {dataset}


@pytest.mark.parametrize("event", [TOLD[0], TOLD[1]])
def test_lines_of_a_file_get_the_tags_of_the_output(event: Event) -> None:
    dataset = event["event"]["dataset"]
    (rule,) = fluentd(EXAMPLES / "fluentd/tail.conf").all("rule")
    assert rule.keys["key"] == "$.event.dataset"
    assert re.fullmatch(rule.keys["pattern"].strip("/"), dataset)
    assert fluent_bit_tags("tail.yaml", "acctship.lines", event) == {dataset}


def run(command: str, folder: Path) -> subprocess.Popen[bytes]:
    """The command as it stands there, but for where it lies and what it reads."""
    program, *rest = shlex.split(command)
    assert program == "acctship"
    state = rest[rest.index("--state") + 1]
    arguments = [str(folder / "state.json") if part == state else part for part in rest]
    return subprocess.Popen([ACCTSHIP, *arguments, "-f", folder / "pacct"], stdout=subprocess.PIPE)


def pids_of(command: str, folder: Path, count: int) -> list[int]:
    """What is printed until there is as much, and the command is ended as an agent ends it."""
    with run(command, folder) as process:
        assert process.stdout is not None
        said, events = b"", list[Event]()
        while len(events) < count:
            said += process.stdout.read1()  # type: ignore[attr-defined]  # it is buffered
            events = decoded(said, packed="msgpack" in command)
        process.terminate()
        assert process.wait(PATIENCE) == 0
    return [event["process"]["pid"] for event in events]


def decoded(said: bytes, *, packed: bool) -> list[Event]:
    if not packed:
        return [json.loads(line) for line in said.splitlines(keepends=True) if line.endswith(b"\n")]
    import msgpack  # type: ignore[import-untyped]  # noqa: PLC0415 - it has no types; of the extra `fluentd`

    unpacker = msgpack.Unpacker()
    unpacker.feed(said)
    return list(unpacker)


@pytest.mark.parametrize("agent", ["fluentd", "fluent-bit"])
def test_command_goes_on_where_it_was(agent: str, tmp_path: Path) -> None:
    if agent == "fluentd":
        (source,) = fluentd(EXAMPLES / "fluentd/exec.conf").all("source")
        command = source.keys["command"]
    else:
        (plugin,) = fluent_bit(EXAMPLES / "fluent-bit/exec.yaml")["pipeline"]["inputs"]
        command = plugin["command"]
    (tmp_path / "pacct").write_bytes(records(1, 11))
    assert pids_of(command, tmp_path, 10) == [*range(1, 11)]
    with (tmp_path / "pacct").open("ab") as file:
        file.write(records(11, 14))
    assert pids_of(command, tmp_path, 3) == [11, 12, 13]


def test_times_are_in_the_form_that_the_parsers_expect() -> None:
    event = of_a_process()
    (parse,) = fluentd(EXAMPLES / "fluentd/exec.conf").all("parse")
    (parser,) = fluent_bit(EXAMPLES / "fluent-bit/exec.yaml")["parsers"]
    assert parse.keys["time_format"] == parser["time_format"] == "%Y-%m-%dT%H:%M:%S%z"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["@timestamp"])


def test_output_of_the_readme_is_a_configuration() -> None:
    readme = (EXAMPLES / "fluentd/README.md").read_text()
    (table,) = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    keys = tomllib.loads(re.sub(r"^   ", "", table, flags=re.MULTILINE))["outputs"]["siem"]
    assert deploy("siem", keys, reveal=False).limits.guarantee == "acknowledged"
    assert msgspec.to_builtins(keys)["address"].endswith(":24224")
