"""auditd's own parser takes each rule. The kernel is not reached: its rules are not this test's to change."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import skip
from tests.paths import EXAMPLES
from tests.programs import UnavailableError, debian_folder, library_path

RULES = EXAMPLES / "auditd/acctship.rules"
LINES = [line.lstrip("#") for line in RULES.read_text().splitlines() if line.lstrip("#").startswith("-")]
PASSED = "Error sending add rule data request (Operation not permitted)"
"""What is said of a rule that is right: in a pid namespace of its own, nobody may speak to the kernel of rules."""
AS_IF_INSTALLED = (
    'printf "acctship:x:999:999::/:/bin/false\n" > "$1"; cat /etc/passwd >> "$1"; mount --bind "$1" /etc/passwd'
)


@pytest.fixture(scope="session")
def auditd() -> Path:
    """Folder in which Debian's package of auditd is unpacked."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        skip("keeping rules from the kernel takes root and unshare (util-linux)")
    try:
        return debian_folder("auditd", "auditd")
    except UnavailableError as error:
        skip(str(error))


def parsed(auditd: Path, rule: str, folder: Path) -> str:
    """The last that auditctl says of a rule."""
    script = f'{AS_IF_INSTALLED}; shift; exec "$@"'
    unshare = ["unshare", "--pid", "--fork", "--net", "--mount", "--mount-proc"]
    done = subprocess.run(
        [*unshare, "sh", "-ec", script, "sh", str(folder / "passwd"), str(auditd / "sbin/auditctl"), *rule.split()],
        env={"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": library_path(auditd), "LANG": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("rule", LINES)
def test_a_rule_is_taken(auditd: Path, tmp_path: Path, rule: str) -> None:
    assert parsed(auditd, rule, tmp_path) == PASSED


@pytest.mark.parametrize(
    "rule",
    [
        "-a always,exit -F arch=b64 -S acctt -F key=x",
        "-a always,exit -F dirr=/etc -F perm=wa -F key=x",
        "-a always,exit -F dir=/etc -F perm=wz -F key=x",
        "-a always,exit -F dir=/etc -F uid!=nobody-of-that-name -F key=x",
    ],
)
def test_a_wrong_rule_is_not(auditd: Path, tmp_path: Path, rule: str) -> None:
    assert parsed(auditd, rule, tmp_path) != PASSED


def test_every_rule_has_a_key_and_the_switch_is_watched_in_either_architecture() -> None:
    assert [rule for rule in LINES if "-F key=acctship-" not in rule] == []
    assert [rule.split()[3] for rule in LINES if "-S acct " in rule] == ["arch=b64", "arch=b32"]
