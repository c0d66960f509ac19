"""What is built is what is documented, from what is locked, twice the same."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

from acctship import __version__
from tests.conftest import skip
from tests.examples.documented import section
from tests.packages.building import build, listed
from tests.paths import ROOT
from tests.programs import UnavailableError, debian_folder


def test_the_table_has_a_row_for_each_file_that_is_built() -> None:
    rows = re.findall(r"^\| (.+?) \| ([\d., ]+) \| (\w+) \| ", section("By package"), re.MULTILINE)

    assert rows == [row[:3] for row in listed()]


def test_the_files_in_the_commands_are_built() -> None:
    named = set(re.findall(r"acctship[_-][\w.~-]+\.(?:deb|rpm|tar)\b", section("By package")))

    assert len(named) == 3
    assert named <= {name for *_, name in listed()}
    assert all(__version__ in name for name in named)


def test_twice_the_same(tmp_path: Path, packages: dict[str, Path]) -> None:
    systems = ("Debian 12", "RHEL 9 and its kin")
    again = build(tmp_path, *systems)

    assert [_digest(path) for path in again] == [_digest(packages[system]) for system in systems]


def test_scripts_are_sound() -> None:
    try:
        shellcheck = debian_folder("shellcheck", "shellcheck") / "usr/bin/shellcheck"
    except UnavailableError as error:
        skip(str(error))
    scripts = [path for kind in ("deb", "rpm") for path in (ROOT / "packaging" / kind).iterdir()]

    assert len(scripts) == 9
    done = subprocess.run([shellcheck, *scripts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
