"""What cannot be read is refused at once, in words that say what to do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from acctship.errors import FormatError, InputError
from acctship.records import STDIN, Reader
from tests.builders import random_records
from tests.records.reading import PATIENCE


def test_missing() -> None:
    with pytest.raises(InputError, match="no such file") as caught:
        Reader("/nonexistent/pacct")
    assert "/nonexistent/pacct" in str(caught.value)


def test_a_folder(tmp_path: Path, as_stdin: Callable[[int], None]) -> None:
    with pytest.raises(InputError, match="is a folder"):
        Reader(tmp_path)
    as_stdin(os.open(tmp_path, os.O_RDONLY))
    with pytest.raises(InputError, match="standard input: is a folder"):
        Reader(STDIN)


def test_empty(tmp_path: Path, as_stdin: Callable[[int], None]) -> None:
    (tmp_path / "pacct").touch()
    as_stdin(os.open("/dev/null", os.O_RDONLY))
    for path in (tmp_path / "pacct", "/dev/null", STDIN):
        with pytest.raises(InputError, match="empty"):
            Reader(path)


@pytest.mark.usefixtures("as_stdin")
def test_standard_input_may_be_closed() -> None:
    os.close(0)
    with pytest.raises(InputError, match="standard input: cannot be read"):
        Reader(STDIN)


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in ("pac\0ct", "x" * 5000, str(tmp_path / "file" / "pacct")):
        with pytest.raises(InputError, match="cannot be opened"):
            Reader(path)


def test_another_kind_of_file_is_named_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("These are no records.\n" * 10)
    with pytest.raises(FormatError, match=re.escape(f"{tmp_path}/notes: ") + ".*text"):
        Reader(tmp_path / "notes")


def test_a_refused_file_is_closed(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("These are no records.\n" * 10)
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(FormatError):
            Reader(tmp_path / "notes")
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_one_that_may_not_be_read_says_who_may(tmp_path: Path) -> None:
    (tmp_path / "pacct").write_bytes(b"".join(random_records(2)))
    (tmp_path / "pacct").chmod(0)
    script = """
import os, sys
from acctship.errors import InputError
from acctship.records import Reader
if os.getuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
try:
    Reader(sys.argv[1])
except InputError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "pacct"], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert "permission denied: read it as root, or as a member of its group" in done.stdout
