"""A live file that cannot be followed for a while: it is said once, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.cli.command import heed_permissions
from tests.delivery.following.followed import Site, numbered
from tests.paths import ROOT


def phases(site: Site) -> list[str]:
    return [notice.phase for notice in site.said("file-unreadable")]


def test_path_that_is_missing_at_start_is_told_at_once_and_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    output = site.output()
    assert output.read() == []
    (notice,) = site.notices
    assert notice.about == str(site.path)
    assert "no such file: is accounting on" in notice.message
    site.poll()
    site.poll(100)
    assert phases(site) == ["start"]
    site.append(numbered(1))
    site.poll()
    assert phases(site) == ["start", "end"]
    assert output.read() == [1]
    site.stop()


def test_folder_that_is_missing_is_waited_for(tmp_path: Path) -> None:
    site = Site(tmp_path / "account")
    output = site.output()
    site.poll()
    site.path.parent.mkdir()
    site.append(numbered(1))
    site.poll()
    assert output.read() == [1]
    assert phases(site) == ["start", "end"]
    site.stop()


def test_path_that_is_missing_while_a_file_is_rotated_is_not_told(site: Site) -> None:
    output = site.output()
    site.poll()
    site.path.rename(site.beside(".1"))
    site.poll()
    site.poll()
    site.append(numbered(4))
    site.poll()
    assert output.read() == [1, 2, 3, 4]
    assert site.notices == []


def test_path_that_stays_missing_is_told(site: Site) -> None:
    output = site.output()
    site.poll()
    rotated = site.path.rename(site.beside(".1"))
    site.poll()
    site.poll(10)
    assert phases(site) == ["start"]
    site.append(numbered(4), rotated)
    site.poll(0.2)
    assert output.read() == [1, 2, 3, 4]
    site.append(numbered(5))
    site.poll()
    assert output.read() == [5]
    assert phases(site) == ["start", "end"]


def test_file_that_stays_empty_is_told(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.append(b"")
    output = site.output()
    site.poll()
    assert site.notices == []
    site.poll(10)
    assert "empty, no record in it" in site.notices[0].message
    site.append(numbered(1))
    site.poll()
    assert phases(site) == ["start", "end"]
    assert output.read() == [1]
    site.stop()


@pytest.mark.parametrize("content", [b"no accounting file\n" * 9, b"\x1f\x8b\x08" + bytes(99), bytes(640)])
def test_what_is_no_accounting_file_is_told(tmp_path: Path, content: bytes) -> None:
    site = Site(tmp_path)
    site.append(content)
    output = site.output()
    assert output.read() == []
    assert phases(site) == ["start"]
    site.path.write_bytes(numbered(1))
    site.poll()
    assert output.read() == [1]
    assert phases(site) == ["start", "end"]
    site.stop()


def test_other_file_in_place_of_the_live_one_is_told_and_the_old_one_read_on(site: Site) -> None:
    output = site.output()
    site.poll()
    rotated = site.path.rename(site.beside(".1"))
    site.path.write_text("what is this\n" * 20)
    site.poll()
    site.append(numbered(4), rotated)
    site.poll()
    assert output.read() == [1, 2, 3, 4]
    assert phases(site) == ["start"]
    site.path.write_bytes(numbered(5))
    site.poll()
    assert output.read() == [5]
    assert phases(site) == ["start", "end"]


def test_folder_or_pipe_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    for number, make in enumerate((os.mkdir, os.mkfifo)):
        site = Site(tmp_path / str(number))
        site.path.parent.mkdir()
        make(site.path)
        assert site.output().read() == []
        assert "no regular file" in site.notices[0].message
        assert phases(site) == ["start"]
        site.stop()


def test_name_of_the_file_is_escaped_in_what_is_said(tmp_path: Path) -> None:
    site = Site(tmp_path / "a\x1b[31m\n")
    site.output().read()
    assert "\\x1b[31m\\x0a/pacct: no such file" in site.notices[0].message
    site.path.parent.mkdir()
    site.append(b"x" * 100)
    site.poll()
    site.stop()
    assert all(notice.message.isprintable() for notice in site.notices)


def test_sibling_that_is_compressed_by_what_is_not_installed_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acctship.records.compressed.import_module", fail_to_import)
    site.beside(".1.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(99))
    site.poll()
    site.poll(10)
    (notice,) = site.notices
    assert notice.message == f"{site.path}.1.zst: is compressed by zstd: pip install 'acctship[zstd]'"
    site.beside(".1.zst").unlink()
    site.poll()
    assert phases(site) == ["start", "end"]


def fail_to_import(name: str) -> None:
    raise ImportError(name)


PERMISSIONS = """
    import os, sys
    from pathlib import Path
    from tests.delivery.following.followed import Site, numbered

    site = Site(Path(sys.argv[1]))
    site.append(numbered(1))
    output = site.output()
    assert output.read() == [1]
    site.beside(".0").write_bytes(numbered(8))
    site.beside(".0").chmod(0)
    site.path.rename(site.beside(".1"))
    site.append(numbered(2))
    site.path.chmod(0)
    site.poll()
    site.append(numbered(3), site.beside(".1"))
    site.poll()
    assert output.read() == [3], output.pids
    assert [notice.phase for notice in site.notices] == ["start"]
    assert "permission denied" in site.notices[0].message
    site.poll(10)
    assert [notice.about for notice in site.notices] == [str(site.path), str(site.beside(".0"))]
    assert site.notices[1].phase == "start"
    assert output.read() == []
    site.path.chmod(0o600)
    site.beside(".0").chmod(0o600)
    site.poll()
    assert sorted(output.read()) == [2, 8]
    assert [notice.phase for notice in site.notices] == ["start", "start", "end", "end"]
    site.stop()
"""


def test_file_that_may_not_be_read_is_told_and_read_when_it_may(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PERMISSIONS), tmp_path],
        preexec_fn=heed_permissions,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0
