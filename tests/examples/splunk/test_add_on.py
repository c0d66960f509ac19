"""The add-on for Splunk fits the code: its version, its fields, its lookups, and how it reads an event's time.

Splunk itself is not to be had here: that it does what its documentation says of these settings is taken for granted.
"""

from __future__ import annotations

import importlib.util
import io
import json
import re
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from acctship import EventBatch, __version__
from acctship.events.fields import leaves
from acctship.events.signals import signal_name
from acctship.events.source import Source
from acctship.testing import events, events_of, health_events, hostile_events
from acctship.testing.records import record
from tests.conftest import skip
from tests.examples.splunk.add_on import ADD_ON, conf, lookup
from tests.examples.splunk.appinspect import inspect
from tests.paths import ROOT
from tests.programs import UnavailableError

PROCESS, HEALTH = "acct:process", "acct:health"
FORGED = '{"@timestamp":"x","ecs":{},"event":{"dataset":"acct.health"'
LABELS = Source("a test", labels={"dataset": "acct.health", '"dataset":"acct.health': FORGED}, tags=(FORGED,))


def built(folder: Path) -> Path:
    """What `make add-on` packs."""
    command: list[str | Path] = [sys.executable, ROOT / "examples/splunk/build_add_on.py", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True, umask=0o077)
    return Path(done.stdout.strip())


def test_splunks_validator_finds_nothing(tmp_path: Path) -> None:
    try:
        findings = inspect(built(tmp_path), tmp_path / "report.json")
    except UnavailableError as error:
        skip(str(error))
    wrong = [
        (check["name"], message["message"])
        for report in findings["reports"]
        for group in report["groups"]
        for check in group["checks"]
        for message in check["messages"]
        if check["result"] not in {"success", "not_applicable", "skipped"}
    ]
    assert wrong == []
    assert findings["summary"]["success"] > 80
    # What it cannot look into: a manifest that we have no need of.
    assert findings["summary"]["skipped"] <= 1


def test_same_files_give_the_same_bytes_with_the_right_modes(tmp_path: Path) -> None:
    one = built(tmp_path / "one")
    assert one.name == f"TA-acctship-{re.match(r'[0-9.]+[0-9]', __version__)[0]}.spl"  # type: ignore[index]  # it does
    (ADD_ON / "README.md").touch()
    assert built(tmp_path / "two").read_bytes() == one.read_bytes()
    with tarfile.open(one) as archive:
        modes = {member.name: member.mode for member in archive}
        assert {(member.uid, member.gid, member.uname) for member in archive} == {(0, 0, "")}
    assert {name for name, mode in modes.items() if mode == 0o755 and "." in name.rpartition("/")[2]} == {
        "TA-acctship/bin/acctship_follow.sh"
    }
    assert set(modes.values()) == {0o644, 0o755}


def test_what_a_site_has_changed_is_not_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("build_add_on", ROOT / "examples/splunk/build_add_on.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    add_on = tmp_path / "TA-acctship"
    for name in ("default/app.conf", "local/inputs.conf", ".git/x", "bin/__pycache__/y", "bin/z"):
        (add_on / name).parent.mkdir(parents=True, exist_ok=True)
        (add_on / name).touch()
    monkeypatch.setattr(module, "ADD_ON", add_on)
    with tarfile.open(fileobj=io.BytesIO(module.pack())) as archive:
        files = [member.name for member in archive if member.isfile()]
    assert files == ["TA-acctship/bin/z", "TA-acctship/default/app.conf"]


def test_version_is_that_of_acctship() -> None:
    app = conf("default/app.conf")
    released = re.match(r"\d+\.\d+\.\d+", __version__)
    assert released is not None
    assert app["id"]["version"] == app["launcher"]["version"] == released[0]


def test_aliases_take_fields_that_events_have() -> None:
    known = {field.name for field in leaves() if field.type != "list"}
    aliases = dict(_aliases())
    assert set(aliases.values()) <= known
    evaluated = {key.removeprefix("EVAL-") for key in conf("default/props.conf")[PROCESS] if key.startswith("EVAL-")}
    cim = {"action", "dest", "parent_process_id", "process", "process_id", "process_name", "user", "user_id"}
    assert {*aliases, *evaluated} == cim | {"vendor_product", "acct_outcome", "signal_number"}
    quoted = set(re.findall(r"'([a-z.]+)'", " ".join(conf("default/props.conf")[PROCESS].values())))
    assert quoted <= known


def _aliases() -> list[tuple[str, str]]:
    words = conf("default/props.conf")[PROCESS]["FIELDALIAS-acct_cim"].split()
    assert words[1::3] == ["AS"] * (len(words) // 3)
    return list(zip(words[2::3], words[0::3], strict=True))


def test_lookup_of_signals_names_those_that_events_can_have() -> None:
    rows = lookup("acct_signals.csv")
    expected = [(str(number), name) for number in range(1, 65) if (name := signal_name(number))]
    assert [(row["signal_number"], row["signal_name"]) for row in rows] == expected
    assert {row["signal_kind"] for row in rows} == {"asked", "crash", "hangup", "killed", "limit", "other"}
    assert all(row["signal_meaning"] for row in rows)


def test_lookup_of_flags_names_those_that_events_can_have() -> None:
    batch = events_of([record(flag=0x1F)])
    flags = json.loads(batch.json()[0])["acct"]["flags"]
    assert sorted(row["flag"] for row in lookup("acct_flags.csv")) == sorted(flags)
    assert all(row["flag_meaning"] for row in lookup("acct_flags.csv"))


def test_automatic_lookups_use_columns_and_fields_that_are_there() -> None:
    known = {field.name + ("{}" if field.type == "list" else "") for field in leaves()}
    transforms = conf("default/transforms.conf")
    settings = [value for key, value in conf("default/props.conf")[PROCESS].items() if key.startswith("LOOKUP-")]
    assert len(settings) == 2
    for setting in settings:
        table, column, as_word, field, output, *made = setting.split()
        assert (as_word, output) == ("AS", "OUTPUTNEW")
        assert field in known
        columns = lookup(transforms[table]["filename"])[0].keys()
        assert {column, *made} <= columns


@pytest.mark.parametrize("batch", [events(3), hostile_events(), health_events(3)], ids=["plain", "hostile", "health"])
def test_time_is_read_from_where_it_stands(batch: EventBatch) -> None:
    stanza = conf("default/props.conf")[HEALTH if batch.datasets[0] == "acct.health" else PROCESS]
    assert stanza["TZ"] == "UTC"
    written = stanza["TIME_FORMAT"].replace("%3N", "%f")
    for line, time_ns in zip(batch.json(), batch.times_ns, strict=True):
        found = re.search(stanza["TIME_PREFIX"].encode(), line)
        assert found is not None
        looked_at = line[found.end() :][: int(stanza["MAX_TIMESTAMP_LOOKAHEAD"])].decode()
        read = datetime.strptime(looked_at, written).replace(tzinfo=UTC)
        assert round(read.timestamp() * 1000) == time_ns // 1_000_000


def test_health_is_told_from_records_whatever_processes_and_labels_are_called() -> None:
    transform = conf("default/transforms.conf")["acct_health_sourcetype"]
    assert conf("default/props.conf")[PROCESS]["TRANSFORMS-acct_health"] == "acct_health_sourcetype"
    assert (transform["DEST_KEY"], transform["FORMAT"]) == ("MetaData:Sourcetype", f"sourcetype::{HEALTH}")
    health = re.compile(transform["REGEX"].encode())
    forged = events_of([record(comm=name) for name in (b'"dataset":"acct', b'{"event":{"data')], LABELS)
    assert all(health.search(line) for line in health_events(3).json())
    assert not any(health.search(line) for batch in (events(3), hostile_events(), forged) for line in batch.json())


def test_an_event_stays_one_line_below_the_limit() -> None:
    stanza = conf("default/props.conf")[PROCESS]
    assert (stanza["SHOULD_LINEMERGE"], stanza["LINE_BREAKER"], stanza["KV_MODE"]) == ("false", r"([\r\n]+)", "json")
    assert not any("INDEXED_EXTRACTIONS" in settings for settings in conf("default/props.conf").values())
    for line in hostile_events().json():
        assert re.search(rb"[\r\n]", line) is None
        assert len(line) < int(stanza["TRUNCATE"])


def test_tags_of_the_data_model_are_off_and_no_input_is_there() -> None:
    assert conf("default/tags.conf") == {"eventtype=acct_process": {"process": "disabled", "report": "disabled"}}
    assert not (ADD_ON / "default/inputs.conf").exists()
    stanzas = conf("README/inputs.conf.example")
    assert {stanza["disabled"] for stanza in stanzas.values()} == {"1"}
    assert {stanza["sourcetype"] for stanza in stanzas.values()} == {PROCESS}
    script = next(name for name in stanzas if name.startswith("script://"))
    assert (ADD_ON / script.partition("TA-acctship/")[2]).stat().st_mode & 0o111
