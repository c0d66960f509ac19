"""Splay as a site sees it: a daemon that has just started waits; nothing else does."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.cli.command import acctship
from tests.cli.service import Site, until

SPLAY = '[outputs.copy.delivery]\nsplay = "24h"\n'
"""A share of it below the patience of these tests comes once in 3,000 runs."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.configure(SPLAY)
    site.append(1, 4)
    return site


def test_daemon_waits_and_ends_at_once_when_it_is_told_to(site: Site) -> None:
    with site.run() as service:
        until(lambda: b"shipper-started" in _journal(site), "the start is in the journal, whatever the outputs do")
        until((site.state / "cursors/copy.json").exists, "and the cursor is there")
        code, said = service.stop()
    assert code == 0
    assert "outputs.copy: is first opened in " in said
    assert not (site.folder / "events.jsonl").exists()
    assert b"shipper-stopped" in _journal(site)


def test_new_configuration_is_in_force_at_once(site: Site) -> None:
    with site.run() as service:
        until(lambda: b"shipper-started" in _journal(site), "its start")
        service.signal(signal.SIGHUP)
        until(lambda: site.pids() == [1, 2, 3], "the records")
        assert service.stop()[0] == 0


@pytest.mark.parametrize("how", ["--once", "--drain"])
def test_run_that_ends_does_not_wait(site: Site, how: str) -> None:
    done = acctship("run", how, "-c", site.config)
    assert done.code == 0
    assert site.pids() == [1, 2, 3]


def _journal(site: Site) -> bytes:
    path = site.state / "health.jsonl"
    return path.read_bytes() if path.exists() else b""
