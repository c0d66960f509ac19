"""Who rotates: the files that Debian, RHEL and we put into /etc, in a folder that stands for the root."""

from __future__ import annotations

from pathlib import Path

import pytest

from acctship.accounting.rotators import NOBODY, Rotator, _gid, rotators
from acctship.checks.access import Person
from acctship.checks.finding import Finding
from acctship.checks.reading import rotation
from tests.conftest import skip

RHEL = Path("/var/account/pacct")
DEBIAN = Path("/var/log/account/pacct")

RHEL_SNIPPET = """\
# Logrotate file for psacct RPM
/var/account/pacct {
    compress
    delaycompress
    notifempty
    daily
    rotate 31
    create 0600 root root
    postrotate
       if systemctl --quiet is-active psacct.service ; then
           /usr/sbin/accton on
           create 0666 a trap in a script
       fi
    endscript
}
"""
DEBIAN_CRON = """\
#!/bin/sh
# savelog -m 0600 in a comment is none
if [ -x /usr/sbin/accton ] ; then
    savelog -g adm -m 0640 -u root -c "${ACCT_LOGGING}" /var/log/account/pacct > /dev/null
fi
"""


def machine(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    return root


def test_machine_without_any(tmp_path: Path) -> None:
    assert rotators(DEBIAN, tmp_path) == []


@pytest.mark.parametrize("folder", ["etc/systemd/system", "usr/lib/systemd/system"])
def test_our_timer_counts_once_it_is_enabled(tmp_path: Path, folder: str) -> None:
    unit = machine(tmp_path, {f"{folder}/acctship-rotate.timer": "[Timer]\n"}) / folder / "acctship-rotate.timer"
    assert rotators(DEBIAN, tmp_path) == []
    wants = tmp_path / "etc/systemd/system/timers.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / unit.name).symlink_to(f"/{folder}/{unit.name}")  # as systemctl enable does; it leads nowhere here
    assert rotators(DEBIAN, tmp_path) == [Rotator("acctship-rotate.timer")]


def test_snippet_of_rhel(tmp_path: Path) -> None:
    machine(tmp_path, {"etc/logrotate.d/psacct": RHEL_SNIPPET, "etc/logrotate.d/syslog": "/var/log/*.log {\n}\n"})
    assert rotators(RHEL, tmp_path) == [Rotator("logrotate (/etc/logrotate.d/psacct)", True, 0o600, 0, 0)]
    assert rotators(DEBIAN, tmp_path) == []


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("create 0640 root daemon", Rotator("", True, 0o640, 0, 1)),
        ("create 640 root no-such-group", Rotator("", True, 0o640, 0, NOBODY)),
        ("create", Rotator("")),
        ("create root root", Rotator("", True, None, 0, 0)),
        ("copytruncate", Rotator("")),
        ("nocreate", Rotator("", known=False)),
        ("", Rotator("", True, 0o600)),  # what the main file says for all
    ],
)
def test_what_logrotate_makes(tmp_path: Path, section: str, expected: Rotator) -> None:
    own = f'# a comment\n"/var/account/pacct" /var/account/usracct\n{{\n  daily\n  {section}\n}}\n'
    machine(tmp_path, {"etc/logrotate.conf": "weekly\ncreate 0600\n", "etc/logrotate.d/acct": own})
    (found,) = rotators(RHEL, tmp_path)
    assert found.name == "logrotate (/etc/logrotate.d/acct)"
    assert (found.known, found.mode, found.uid, found.gid) == (
        expected.known, expected.mode, expected.uid, expected.gid,
    )  # fmt: skip


def test_pattern_and_main_file(tmp_path: Path) -> None:
    machine(tmp_path, {"etc/logrotate.conf": "/var/account/pac* {\n create 0640 root root\n}\n"})
    assert rotators(RHEL, tmp_path) == [Rotator("logrotate (/etc/logrotate.conf)", True, 0o640, 0, 0)]


def test_hook_of_ours_beside_debians_logrotate(tmp_path: Path) -> None:
    own = "/var/log/account/pacct {\n  create 0640 root adm\n}\n"
    machine(tmp_path, {"etc/logrotate.d/acct": own, "etc/acct/hooks.d/acctship.hook": "#!/bin/sh\n"})
    (found,) = rotators(DEBIAN, tmp_path)
    assert (found.mode, found.gid) == (0o640, _gid("acctship"))
    (tmp_path / "etc/acct/hooks.d/acctship.hook").chmod(0o644)
    assert rotators(DEBIAN, tmp_path) == [Rotator("logrotate (/etc/logrotate.d/acct)", True, 0o640, 0, 4)]


def test_script_that_debian_really_brings(gnu_acct: Path) -> None:
    root = gnu_acct.parents[1]
    if not (root / "etc/cron.daily/acct").exists():
        skip(f"no etc/cron.daily/acct in {root}: it is that of Debian 12's package acct, and others rotate otherwise")
    (found,) = [one for one in rotators(DEBIAN, root) if one.name.startswith("cron")]
    assert found == Rotator("cron (/etc/cron.daily/acct)", True, 0o640, 0, 4)


def test_script_of_debian_counts_if_it_may_run(tmp_path: Path) -> None:
    machine(tmp_path, {"etc/cron.daily/acct": DEBIAN_CRON})
    assert rotators(DEBIAN, tmp_path) == [Rotator("cron (/etc/cron.daily/acct)", True, 0o640, 0, 4)]
    (tmp_path / "etc/cron.daily/acct").chmod(0o644)
    assert rotators(DEBIAN, tmp_path) == []


def test_script_that_does_something_unknown_with_the_file(tmp_path: Path) -> None:
    machine(tmp_path, {"etc/cron.daily/psacct": "#!/bin/sh\nmv /var/account/pacct /backup\n"})
    assert rotators(RHEL, tmp_path) == [Rotator("cron (/etc/cron.daily/psacct)", known=False)]


GROUP = Person("acctship", 990, 990, frozenset([990]))


def states(found: list[Finding]) -> list[tuple[str, str]]:
    return [(one.check, one.state) for one in found]


def test_none_and_two_are_told(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.touch(0o644)
    (none,) = rotation(path, GROUP, [])
    assert (none.state, "grows for ever" in none.finding) == ("warn", True)
    two = rotation(path, GROUP, [Rotator("this"), Rotator("that")])
    assert states(two) == [("rotation", "warn"), *[("readable after rotation", "ok")] * 2]
    assert "by this and that" in two[0].finding


@pytest.mark.parametrize(
    ("rotator", "state"),
    [
        (Rotator("ours"), "ok"),
        (Rotator("rhel", True, 0o600, 0, 0), "FAILED"),
        (Rotator("right", True, 0o640, 0, 990), "ok"),
        (Rotator("wrong group", True, 0o640, 0, 4), "FAILED"),
        (Rotator("no such group", True, 0o640, 0, NOBODY), "FAILED"),
        (Rotator("unknown", known=False), "warn"),
    ],
)
def test_next_file_can_be_read_or_not(tmp_path: Path, rotator: Rotator, state: str) -> None:
    path = tmp_path / "pacct"
    path.touch()
    path.chmod(0o644)
    one, after = rotation(path, GROUP, [rotator])
    assert (one.state, after.check, after.state) == ("ok", "readable after rotation", state)
    assert rotator.name in after.finding
