"""What `acctship setup splunk` prints for a cluster and for Splunk Cloud, and what it will not accept."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import acctship
from tests.conftest import skip
from tests.programs import UnavailableError, debian_folder

SIZE = ("--max-size", "1TiB")


def test_stanzas_hold_what_is_wanted_and_one_token(tmp_path: Path) -> None:
    call = ("setup", "splunk", *SIZE, "--index", "proc_acct", "--token-file", tmp_path / "token", "--print", "conf")
    done = acctship(*call)
    assert (done.code, done.err) == (0, "")
    stanzas = _stanzas(done.out.decode())
    assert stanzas["proc_acct"]["frozenTimePeriodInSecs"] == str(400 * 86_400)
    assert stanzas["proc_acct"]["maxTotalDataSizeMB"] == str(2**20)
    assert stanzas["proc_acct"]["repFactor"] == "auto"
    token = stanzas["http://acctship"]
    assert (token["index"], token["indexes"], token["useACK"]) == ("proc_acct", "proc_acct", "1")
    assert (tmp_path / "token").read_text().strip() == token["token"]
    assert (tmp_path / "token").stat().st_mode & 0o077 == 0
    assert acctship(*call).out == done.out


def test_dry_run_writes_no_token(tmp_path: Path) -> None:
    acctship("setup", "splunk", *SIZE, "--token-file", tmp_path / "token", "--print", "conf", "--dry-run")
    assert not (tmp_path / "token").exists()


def test_requests_of_splunk_cloud_are_a_sound_script(tmp_path: Path) -> None:
    try:
        shellcheck = debian_folder("shellcheck", "shellcheck") / "usr/bin/shellcheck"
    except UnavailableError as error:
        skip(str(error))
    script = tmp_path / "acs.sh"
    script.write_bytes(acctship("setup", "splunk", *SIZE, "--print", "acs").out)
    checked = subprocess.run([shellcheck, script], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_requests_of_splunk_cloud_are_sent_with_the_token_in_a_pipe(tmp_path: Path) -> None:
    curl = tmp_path / "curl"
    curl.write_text('#!/bin/sh\n{ cat; echo; for one; do echo "$one"; done; } >> "$SEEN"\n')
    curl.chmod(0o755)
    script = acctship("setup", "splunk", *SIZE, "--print", "acs").out
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "STACK": "example", "ACS_TOKEN": "s3cret", "SEEN": "seen"}
    subprocess.run(["sh"], input=script, env=environment, cwd=tmp_path, check=True)
    seen = (tmp_path / "seen").read_text().splitlines()
    assert [line for line in seen if "s3cret" in line] == ['header = "Authorization: Bearer s3cret"'] * 2
    assert [line.partition("/v2/")[2] for line in seen if line.startswith("https://")] == [
        "indexes",
        "inputs/http-event-collectors",
    ]
    index, token = (json.loads(line) for line in seen if line.startswith("{"))
    assert index == {"name": "acct", "datatype": "event", "searchableDays": 400, "maxDataSizeMB": 2**20}
    assert (token["allowedIndexes"], token["defaultIndex"], token["useAck"]) == (["acct"], "acct", False)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "Missing option '--max-size'"),
        (("--max-size", "much"), "expected a size of 1 MiB or more"),
        (("--max-size", "1kB"), "expected a size of 1 MiB or more"),
        ((*SIZE, "--days", "90"), "PCI DSS 10.5.1"),
        ((*SIZE, "--index", "_internal"), "Splunk allows lower-case letters"),
        ((*SIZE, "--index", "kvstore1"), "Splunk allows lower-case letters"),
        ((*SIZE, "--token-name", "a/b"), "letters, digits"),
        ((*SIZE,), "--url: expected https://HOST:8089"),
        ((*SIZE, "--url", "http://splunk:8089"), "--url: expected https://HOST:8089"),
    ],
)
def test_wrong_usage_is_said(arguments: tuple[str, ...], text: str) -> None:
    done = acctship("setup", "splunk", *arguments)
    assert done.code == 2
    assert text in re.sub(r"\s+", " ", done.err)


def test_fewer_days_are_forced() -> None:
    done = acctship("setup", "splunk", *SIZE, "--days", "90", "--force", "--print", "conf")
    assert done.code == 0
    assert b"frozenTimePeriodInSecs = 7776000\n" in done.out


def _stanzas(text: str) -> dict[str, dict[str, str]]:
    stanzas: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        if line.startswith("["):
            stanza = stanzas.setdefault(line[1:-1], {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition(" = ")
            stanza[key] = value
    return stanzas
