"""The units do their work under a real systemd, with all that they forbid, on a real kernel's file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import skip
from tests.examples.booted import Machine, booted
from tests.examples.shipping import DROP_INS, FILES, events, nonces, said, shipped, status, storm
from tests.kernel.nested import until
from tests.paths import EXAMPLES
from tests.programs import UnavailableError, debian_folder, library_path


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with booted(tmp_path, FILES) as machine:
        yield machine


def test_accounting_is_on_from_an_early_boot_and_stays_on(machine: Machine) -> None:
    machine.run("systemctl", "start", "acctship-accounting.service")
    storm(machine, 0, 10)
    first = machine.shell("stat -c '%U:%G %a %s' /var/log/account/pacct; stat -c '%U:%G %a' /var/log/account")
    machine.run("systemctl", "reload", "acctship-accounting.service")
    storm(machine, 10, 20)
    machine.run("systemctl", "start", "acctship.service")
    shipped(machine, 20)

    assert nonces(machine) == list(range(20)), said(machine)
    assert first.split()[:2] == ["root:acctship", "640"]
    assert first.splitlines()[1] == "root:acctship 750"
    assert machine.property("acctship-accounting.service", "ActiveState") == "active"


@pytest.mark.parametrize("own", ["yes", "no"])
def test_mounts_of_its_own_end_accounting_with_the_unit_of_whoever_switches(tmp_path: Path, own: str) -> None:
    accton = "import ctypes; assert not ctypes.CDLL(None).acct(b'/var/log/account/pacct')"
    unit = f'[Service]\nType=oneshot\nPrivateMounts={own}\nExecStart=/usr/bin/acctship-python -c "{accton}"\n'
    files = {"/run/systemd/system/accton.service": unit}
    with booted(tmp_path, FILES | files) as machine:
        machine.shell("mkdir /var/log/account; touch /var/log/account/pacct; systemctl start accton.service")
        storm(machine, 0, 10)

        recorded = machine.run("grep", "-ac", "nonce9", "/var/log/account/pacct", check=False)
        assert (recorded == "0\n") == (own == "yes")


def test_acctship_refuses_to_switch_through_mounts_of_its_own(machine: Machine) -> None:
    drop_ins = "/run/systemd/system/acctship-accounting.service.d"
    machine.shell(f"printf '[Service]\\nPrivateMounts=yes\\n' > {drop_ins}/mounts.conf; systemctl daemon-reload")

    machine.run("systemctl", "start", "acctship-accounting.service", check=False)

    assert machine.property("acctship-accounting.service", "ActiveState") == "failed"
    assert "mounts of this process's own" in said(machine)


def test_the_daemon_ships_with_no_right_but_to_read(machine: Machine) -> None:
    machine.shell("umask 077; echo secret > /etc/acctship/credentials/hec-token")
    machine.shell(
        "sed -n 's/^#LoadCredential/LoadCredential/p' /run/systemd/system/acctship.service | sed '1i [Service]' "
        f"> {DROP_INS}/site.conf; systemctl daemon-reload"
    )
    machine.run("systemctl", "start", "acctship-accounting.service", "acctship.service")
    storm(machine, 0, 100)
    shipped(machine, 100)
    process = status(machine)

    assert nonces(machine) == list(range(100))
    assert {process[name] for name in process if name.startswith("Cap")} == {"0" * 16}
    assert (process["Seccomp"], process["NoNewPrivs"]) == ("2", "1")
    assert process["Uid"].split()[0] == machine.run("id", "-u", "acctship").strip() != "0"
    main = machine.property("acctship.service", "MainPID")
    assert machine.run("cat", f"/proc/{main}/root/run/credentials/acctship.service/hec-token") == "secret\n"
    assert machine.shell("stat -c '%U:%G %a' /var/lib/acctship /var/log/acctship/events.jsonl").split() == [
        "acctship:acctship",
        "750",
        "acctship:acctship",
        "640",
    ]
    assert "Traceback" not in said(machine)


def test_canaries_fly_in_the_sandbox_and_tell_who_switched_accounting_off(machine: Machine) -> None:
    machine.run("systemctl", "start", "acctship-accounting.service", "acctship.service")
    seen = 'acctship status --json | grep -q \'"state": *"found"\''
    until(lambda: machine.run("sh", "-c", f"{seen} && echo yes || echo no") == "yes\n", "the first canary", 60)
    machine.run("acctship", "accounting", "off")

    def stops() -> list[dict[str, Any]]:
        return [event for event in events(machine) if event["event"]["action"] == "accounting-stopped"]

    until(lambda: bool(stops()), f"the stop is told: {said(machine)}", 60)
    by = stops()[0]["acct"]["health"]["by"]
    assert (by["name"].startswith("python"), by["user"]["name"]) == (True, "root"), "/usr/bin/acctship is a script here"
    machine.run("acctship", "accounting", "on")
    until(lambda: len(stops()) == 2, "the end is told", 60)
    assert not [event for event in events(machine) if event.get("process", {}).get("name", "").startswith("canary")]


def test_the_daemon_reloads_starts_again_after_a_crash_and_stops_in_order(machine: Machine) -> None:
    machine.run("systemctl", "start", "acctship-accounting.service", "acctship.service")
    storm(machine, 0, 10)
    machine.run("systemctl", "reload", "acctship.service")
    until(lambda: "a new configuration is in force" in said(machine), "it is read anew", 60)
    shipped(machine, 10)
    machine.run("systemctl", "kill", "--signal=KILL", "acctship.service")
    storm(machine, 10, 20)
    until(lambda: machine.property("acctship.service", "NRestarts") == "1", "it is started again", 60)
    shipped(machine, 20)
    machine.run("systemctl", "stop", "acctship.service")
    ids = {
        event["event"]["id"] for event in events(machine) if event.get("process", {}).get("name", "").startswith("n")
    }

    assert sorted(set(nonces(machine))) == list(range(20))
    assert len(ids) == 20
    assert machine.property("acctship.service", "Result") == "success"


def test_a_wrong_configuration_fails_the_unit_and_is_not_tried_again(machine: Machine) -> None:
    machine.shell("echo 'oops = 1' > /etc/acctship/conf.d/wrong.toml; chmod 644 /etc/acctship/conf.d/wrong.toml")

    machine.run("systemctl", "start", "acctship.service", check=False)

    until(lambda: machine.property("acctship.service", "ActiveState") == "failed", "the unit has failed", 60)
    assert machine.property("acctship.service", "ExecMainStatus") == "3"
    assert machine.property("acctship.service", "NRestarts") == "0"
    assert "oops: unknown key" in said(machine)


def test_rotation_by_the_timers_service_loses_nothing(machine: Machine) -> None:
    machine.run("systemctl", "start", "acctship-accounting.service", "acctship.service", "acctship-rotate.timer")
    for number in range(5):
        storm(machine, 10 * number, 10 * number + 10)
        machine.run("systemctl", "start", "acctship-rotate.service")
    storm(machine, 50, 60)
    shipped(machine, 60)

    assert nonces(machine) == list(range(60)), said(machine)
    assert len(machine.shell("ls /var/log/account/pacct*").split()) == 6
    assert machine.property("acctship-rotate.timer", "NextElapseUSecRealtime")


def test_rhels_logrotate_in_its_sandbox_loses_nothing_and_leaves_accounting_on(tmp_path: Path) -> None:
    try:
        unpacked = debian_folder("logrotate", "logrotate")
    except UnavailableError as error:
        skip(str(error))
    unit = (unpacked / "lib/systemd/system/logrotate.service").read_text()
    files = {
        "/run/systemd/system/logrotate.service": unit,
        "/run/systemd/system/logrotate.service.d/where.conf": (
            f"[Service]\nExecStart=\nExecStart={unpacked}/usr/sbin/logrotate --force -v /etc/logrotate.d/psacct\n"
            f"Environment=LD_LIBRARY_PATH={library_path(unpacked)}\nStandardError=append:/run/rotated\n"
            "StateDirectory=logrotate\n"
        ),
        "/etc/logrotate.d/psacct": (EXAMPLES / "rhel/logrotate.d/psacct").read_text(),
        "/var/account/README": "as psacct makes this folder\n",
    }
    with booted(tmp_path, FILES | files) as machine:
        machine.run("systemctl", "start", "acctship-accounting.service", "acctship.service")
        for number in range(3):
            storm(machine, 10 * number, 10 * number + 10)
            machine.run("systemctl", "start", "logrotate.service")
            machine.shell(f"for f in /var/account/pacct-????????; do mv $f $f.{number}; done")  # as if a day had gone
        storm(machine, 30, 40)
        shipped(machine, 40)

        assert nonces(machine) == list(range(40)), machine.shell("cat /run/rotated /run/said")
        assert machine.shell("stat -c '%U:%G %a' /var/account/pacct").strip() == "root:acctship 640"
