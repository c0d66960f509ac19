"""Who rotates the file, by what lies in /etc."""

from __future__ import annotations

from pathlib import Path

import pytest

from acctship.accounting import rotators as module
from acctship.accounting.rotators import TIMER, rotators
from tests.conftest import skip

LIVE = Path("/var/log/account/pacct")


@pytest.fixture(autouse=True)
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "logrotate.d").mkdir()
    monkeypatch.setattr(module, "ETC", tmp_path)
    monkeypatch.setattr(module, "UNIT_FOLDERS", (tmp_path / "systemd/system", tmp_path / "missing"))
    return tmp_path


def test_nobody(etc: Path) -> None:
    (etc / "logrotate.conf").write_text("# /var/log/account/pacct {\nweekly\ninclude /etc/logrotate.d\n")
    assert rotators(LIVE) == []


@pytest.mark.parametrize(
    "pattern",
    [
        "/var/log/account/pacct {",
        "/var/log/account/pacct{",
        '"/var/log/account/pacct" {',
        "/var/log/other\n/var/log/account/p* {",
    ],
)
def test_logrotate(etc: Path, pattern: str) -> None:
    (etc / "logrotate.d/psacct").write_text(f"{pattern}\n  daily\n  create 0640 root acctship\n}}\n")
    (etc / "logrotate.d/dpkg").write_text("/var/log/dpkg.log {\n}\n")
    assert rotators(LIVE) == [f"logrotate, by {etc}/logrotate.d/psacct"]
    assert rotators(Path("/var/account/pacct")) == []


def test_ours_where_it_is_enabled(etc: Path) -> None:
    wants = etc / "systemd/system/timers.target.wants"
    wants.mkdir(parents=True)
    assert rotators(LIVE) == []
    (wants / TIMER).symlink_to(f"/usr/lib/systemd/system/{TIMER}")
    assert rotators(LIVE) == [TIMER]


def test_savelog_by_debians_daily_job(etc: Path) -> None:
    job = etc / "cron.daily/acct"
    job.parent.mkdir()
    job.write_text("#!/bin/sh\nsavelog -g adm -m 0640 -u root -c 30 /var/log/account/pacct\n")
    assert rotators(LIVE) == [], "what is not executable is not run"
    job.chmod(0o755)
    (etc / "logrotate.d/site").write_text("/var/log/account/pacct { }\n")
    assert rotators(LIVE) == [f"logrotate, by {etc}/logrotate.d/site", f"savelog, by {job}"]


def test_debians_package_as_it_is(gnu_acct: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ETC", gnu_acct.parents[1] / "etc")
    if not (module.ETC / "cron.daily/acct").exists() and not (module.ETC / "logrotate.d").exists():
        skip("the installed GNU acct is not Debian's: apt-get remove it, and its package is fetched")
    assert len(rotators(LIVE)) == 1
