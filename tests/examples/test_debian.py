"""Debian's own rotation and switch, beside acctship: what the group may read, and what their restart costs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import skip
from tests.examples.booted import Machine, booted
from tests.examples.shipping import DROP_INS, FILES, STORM, nonces, said, shipped, status, storm
from tests.kernel.nested import until
from tests.paths import EXAMPLES
from tests.programs import UnavailableError, debian_folder

LIVE, ROTATED = "/var/log/account/pacct", "/var/log/account/pacct.1"


def hook_runs(machine: Machine) -> None:
    machine.shell(f"for hook in /etc/acct/hooks.d/*.hook; do $hook {LIVE} {ROTATED}; done")


def test_the_hook_lets_the_group_read_what_was_rotated(tmp_path: Path) -> None:
    hook = {"/etc/acct/hooks.d/acctship.hook": (EXAMPLES / "debian/hooks.d/acctship.hook").read_text()}
    with booted(tmp_path, FILES | hook) as machine:
        machine.run("systemctl", "start", "acctship-accounting.service")
        storm(machine, 0, 10)
        # What Debian's rotation does before it calls the hooks.
        machine.shell(f"mv {LIVE} {ROTATED}; install -m 0640 -g adm /dev/null {LIVE}; chgrp adm {ROTATED}")
        machine.run("systemctl", "reload", "acctship-accounting.service")
        machine.shell(f"chgrp adm {LIVE}")
        hook_runs(machine)
        storm(machine, 10, 20)
        machine.run("systemctl", "start", "acctship.service")
        shipped(machine, 20)

        assert nonces(machine) == list(range(20))
        assert machine.shell(f"stat -c '%U:%G %a' {LIVE} {ROTATED}").splitlines() == ["root:acctship 640"] * 2


@pytest.fixture
def debian_12(tmp_path: Path) -> Iterator[Machine]:
    """A machine on which Debian 12's acct switches and rotates, and acctship only ships."""
    try:
        acct = debian_folder("gnu-acct", "acct")
    except UnavailableError as error:
        skip(str(error))
    daily = acct / "etc/cron.daily/acct"
    if not daily.exists() or "savelog" not in daily.read_text():
        skip("this is not Debian 12: its acct does not rotate by savelog")
    if not (shutil.which("savelog") and shutil.which("invoke-rc.d")):
        skip("savelog or invoke-rc.d is missing: apt-get install debianutils init-system-helpers")
    files = {
        "/etc/systemd/system/acct.service": (acct / "lib/systemd/system/acct.service").read_text(),
        "/etc/cron.daily/acct": daily.read_text(),
        f"{DROP_INS}/adm.conf": (EXAMPLES / "debian/acctship.service.d/adm.conf").read_text(),
    }
    with booted(tmp_path, FILES | files) as machine:
        machine.shell(
            f"ln -s {acct}/usr/sbin/accton /usr/sbin/accton; rm -f /usr/sbin/policy-rc.d\n"
            f"install -d -g adm -m 0750 /var/log/account; install -g adm -m 0640 /dev/null {LIVE}"
        )
        yield machine


def test_debian_12s_restart_loses_one_stretch_and_the_group_adm_may_read(debian_12: Machine) -> None:
    debian_12.run("systemctl", "start", "acct.service", "acctship.service")
    debian_12.run("sh", "-c", f"setsid sh -c '{STORM}' storm 0 1000000 > /dev/null 2>&1 & echo $! > /run/storm")
    until(lambda: len(nonces(debian_12)) > 100, "the storm is shipped", 60)
    debian_12.run("/etc/cron.daily/acct")
    before = len(nonces(debian_12))
    until(lambda: len(nonces(debian_12)) > before + 500, f"it goes on behind the rotation: {said(debian_12)}", 60)
    debian_12.shell("kill $(cat /run/storm)")
    found = nonces(debian_12)
    gaps = [(one, after) for one, after in pairwise(found) if after != one + 1]

    assert len(gaps) <= 1, "their restart switches accounting off and on again, once"
    assert debian_12.run("getent", "group", "adm").split(":")[2] in status(debian_12)["Groups"].split()
    assert len(debian_12.shell("ls /var/log/account/pacct*").split()) == 2


def test_ours_takes_over_from_theirs(debian_12: Machine) -> None:
    debian_12.run("systemctl", "start", "acct.service")
    debian_12.run("systemctl", "start", "acctship-accounting.service")
    storm(debian_12, 0, 10)
    debian_12.run("systemctl", "start", "acctship.service")
    shipped(debian_12, 10)

    assert nonces(debian_12) == list(range(10))
    assert debian_12.property("acct.service", "ActiveState") == "inactive"


def test_at_a_boot_with_both_enabled_ours_wins(tmp_path: Path) -> None:
    both = {
        "/etc/systemd/system/acct.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
        "/run/systemd/system/sysinit.target.d/ours.conf": "[Unit]\nWants=acctship-accounting.service\n",
        "/run/systemd/system/acctship-test.target.d/theirs.conf": "[Unit]\nWants=acct.service acctship.service\n",
    }
    with booted(tmp_path, FILES | both) as machine:
        storm(machine, 0, 10)
        shipped(machine, 10)

        assert machine.property("acctship-accounting.service", "ActiveState") == "active"
        assert machine.property("acct.service", "ActiveState") == "inactive"
