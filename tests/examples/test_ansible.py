"""The role does its work under a real systemd, once; the second run finds nothing to do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import skip
from tests.examples.booted import Machine, booted
from tests.examples.conftest import reachable
from tests.examples.shipping import FILES, nonces, shipped, storm
from tests.paths import EXAMPLES, ROOT

ANSIBLE = EXAMPLES / "ansible"
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
UNWANTED = (
    "[Unit]\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=basic.target\n"
)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine without acctship, but for the program; another unit switches accounting on there."""
    bare = FILES | {"/etc/systemd/system/acct.service": UNWANTED}
    del bare["/etc/acctship/acctship.toml"]
    with booted(tmp_path, bare, installed=False) as machine:
        yield machine


def play(machine: Machine, *options: str, **variables: object) -> dict[str, Any]:
    """Run the playbook on the machine itself; gives its counts."""
    wanted = {"acctship_install": "none", "ansible_python_interpreter": "/usr/bin/acctship-python"} | variables
    said = machine.run(
        *(
            "env",
            "HOME=/tmp",
            "ANSIBLE_STDOUT_CALLBACK=ansible.builtin.default",
            "ANSIBLE_PIPELINING=1",
            "LC_ALL=C.UTF-8",
        ),
        *("acctship-python", "-m", "ansible", "playbook", "/opt/acctship/examples/ansible/site.yml"),
        *("--inventory", "localhost,", "--connection", "local", "--extra-vars", json.dumps(wanted), *options),
        check=False,
    )
    (counts,) = [line for line in said.splitlines() if line.startswith("localhost ")] or [""]
    result = {key: int(value) for key, value in (part.split("=") for part in counts.split(":")[-1].split())}
    assert result, said
    assert result["failed"] == result["unreachable"] == 0, said
    return result | {"said": said}


def test_the_playbook_is_ansible() -> None:
    done = subprocess.run(
        [PLAYBOOK, "--syntax-check", "--inventory", "localhost,", ANSIBLE / "site.yml"],
        capture_output=True,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "playbook: " in done.stdout


def test_a_machine_is_made_to_ship_and_is_left_alone_the_second_time(machine: Machine) -> None:
    variables: dict[str, object] = {
        "acctship_credentials": {"hec-token": "secret"},
        "acctship_service_lines": ["MemoryMax=200M"],
    }
    rehearsal = play(machine, "--check", **variables)
    assert "acctship.service" not in machine.run("systemctl", "list-unit-files")
    first = play(machine, **variables)
    second = play(machine, **variables)
    storm(machine, 0, 10)
    shipped(machine, 10)

    assert rehearsal["changed"]
    assert first["changed"]
    assert not second["changed"], second["said"]
    assert "secret" not in first["said"]
    assert nonces(machine) == list(range(10))
    for unit in ("acctship.service", "acctship-accounting.service", "acctship-rotate.timer"):
        assert machine.property(unit, "ActiveState") == "active"
        assert machine.property(unit, "UnitFileState") == "enabled"
    assert machine.property("acct.service", "ActiveState") == "inactive"
    assert machine.property("acctship.service", "MemoryMax") == str(200 << 20)
    assert machine.shell("stat -c '%U:%G %a' /etc/acctship/acctship.toml").strip() == "root:acctship 640"
    assert machine.shell("stat -c '%U:%G %a' /etc/acctship/credentials/hec-token").strip() == "root:root 600"


def test_a_wrong_configuration_never_gets_into_its_place(machine: Machine) -> None:
    with pytest.raises(AssertionError, match=r"outputs\.copy\.paht: unknown key"):
        play(machine, acctship_config='[outputs.copy]\ntype = "jsonl"\npaht = "/tmp/x"\n')

    assert "acctship.toml" not in machine.run("ls", "/etc/acctship")


def test_pip_installs_it_once(tmp_path: Path) -> None:
    wheels: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--wheel-dir",
        tmp_path / "wheels",
        ROOT,
    ]
    built = subprocess.run(wheels, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    if built.returncode and not reachable("pypi.org"):
        skip("PyPI cannot be reached")
    assert built.returncode == 0, built.stderr
    variables = {
        "acctship_venv": str(tmp_path / "venv"),
        "acctship_program": str(tmp_path / "acctship"),
        "acctship_python": sys.executable,
        "acctship_pip_extra_args": f"--no-index --find-links {tmp_path}/wheels",
        "ansible_python_interpreter": sys.executable,
        "ansible_become": False,
    }
    command: list[str | Path] = [PLAYBOOK, "--inventory", "localhost,", "--connection", "local", "--tags", "install"]
    for changed in ("changed=2", "changed=0"):
        done = subprocess.run(
            [*command, "--extra-vars", json.dumps(variables), ANSIBLE / "site.yml"],
            capture_output=True,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(tmp_path), "ANSIBLE_PIPELINING": "1"},
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert changed in done.stdout

    assert subprocess.run([tmp_path / "acctship", "--version"], check=False).returncode == 0


def test_what_the_role_can_be_told_is_in_its_readme() -> None:
    defaults = (ANSIBLE / "roles/acctship/defaults/main.yml").read_text()
    names = re.findall(r"^(\w+):", defaults, re.MULTILINE)
    text = (ANSIBLE / "README.md").read_text()

    assert len(names) > 5
    assert [name for name in names if f"`{name}`" not in text] == []
