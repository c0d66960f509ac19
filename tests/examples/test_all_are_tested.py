"""What a site copies is shown to work: a file that no test runs or validates does not belong into examples/."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from acctship.records import Reader
from tests.conftest import skip
from tests.paths import EXAMPLES, ROOT
from tests.programs import UnavailableError, debian_folder

TESTS = {
    "acctship-output-sqlite/": "examples/test_sqlite.py",
    "acctship-output-webhook/": "examples/test_webhook.py",
    "acctship.toml": "examples/test_config.py",
    "ansible/": "examples/test_ansible.py",
    "auditd/acctship.rules": "examples/test_auditd.py",
    "debian/acctship.service.d/adm.conf": "examples/test_debian.py",
    "debian/hooks.d/acctship.hook": "examples/test_debian.py",
    "elasticsearch/alerts.py": "examples/test_elasticsearch.py",
    "elasticsearch/elastic-agent.yml": "examples/test_elasticsearch.py",
    "elasticsearch/filebeat.yml": "examples/test_elasticsearch.py",
    "elasticsearch/kibana/": "examples/test_elasticsearch.py",
    "elasticsearch/queries.kql": "examples/test_elasticsearch.py",
    "elasticsearch/README.md": "examples/test_elasticsearch.py",
    "elasticsearch/rules/": "examples/test_elasticsearch.py",
    "elasticsearch/searches/": "examples/test_elasticsearch.py",
    "elasticsearch/templates/": "outputs/elasticsearch/test_templates.py",
    "elasticsearch/compare-checkpoints.py": "outputs/elasticsearch/test_completeness.py",
    "elasticsearch/find-duplicates.esql": "outputs/elasticsearch/test_completeness.py",
    "elasticsearch/find-duplicates.json": "outputs/elasticsearch/test_completeness.py",
    "elasticsearch/find-duplicates.py": "outputs/elasticsearch/test_completeness.py",
    "fluent-bit/": "examples/test_fluent_receivers.py",
    "fluentd/": "examples/test_fluent_receivers.py",
    "make_records.py": "examples/test_all_are_tested.py",
    "pacct": "layouts.py",
    "prometheus/": "examples/test_prometheus.py",
    "README.md": "docs/test_links.py",
    "rhel/logrotate.d/psacct": "examples/test_booted.py",
    "splunk/": "examples/splunk/test_add_on.py",
    "rsyslog/stamped.conf": "examples/test_stamped_peer.py",
    "rsyslog/": "examples/test_syslog_receivers.py",
    "syslog-ng/stamped.conf": "examples/test_stamped_peer.py",
    "syslog-ng/": "examples/test_syslog_receivers.py",
    "systemd/acctship-accounting.service": "examples/test_systemd.py",
    "systemd/acctship-rotate.service": "examples/test_systemd.py",
    "systemd/acctship-rotate.timer": "examples/test_systemd.py",
    "systemd/acctship.service": "examples/test_systemd.py",
    "systemd/acctship.sysusers.conf": "examples/test_systemd.py",
    "systemd/acctship.tmpfiles.conf": "examples/test_systemd.py",
    "where.toml": "docs/test_docs.py",
}
"""The test of each file, or of a folder whose tests know its insides."""


def test_each_file_has_a_test() -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."]
    done = subprocess.run(listed, cwd=EXAMPLES, capture_output=True, text=True, check=False)
    if done.returncode:
        skip("which files belong to the project is known by git: run the tests in a clone")
    files = done.stdout.splitlines()

    assert len(files) > 20
    assert [name for name in files if not _own(name)] == []
    assert [TESTS[key] for name in files for key in _own(name) if not (ROOT / "tests" / TESTS[key]).exists()] == []


def _own(name: str) -> list[str]:
    return [key for key in TESTS if name == key or (key.endswith("/") and name.startswith(key))]


def test_shell_scripts_are_sound() -> None:
    try:
        shellcheck = debian_folder("shellcheck", "shellcheck") / "usr/bin/shellcheck"
    except UnavailableError as error:
        skip(str(error))
    scripts = [path for path in EXAMPLES.rglob("*") if path.is_file() and path.read_bytes()[:9] == b"#!/bin/sh"]

    assert scripts
    done = subprocess.run([shellcheck, *scripts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_records_can_be_made_anew(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        skip("switching accounting on takes root")
    command: list[str | Path] = [sys.executable, EXAMPLES / "make_records.py", tmp_path / "pacct"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "acct(2)" in done.stderr:
        skip(f"the kernel does no accounting for us: {done.stderr.strip()}")

    assert done.returncode == 0, done.stderr
    with Reader(tmp_path / "pacct") as reader:
        assert sum(len(records) for records in reader) > 50
