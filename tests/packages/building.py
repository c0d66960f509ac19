"""The packages that tests install: built by packaging/build.py, as `make packages` does."""

from __future__ import annotations

import fcntl
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.paths import ROOT
from tests.programs import CACHE, UnavailableError, announce

TOOLS = Path(sys.executable).parent
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "none")


def listed(tree: Path = ROOT) -> list[tuple[str, str, str, str]]:
    """System, Python, processor and name of each file that can be built."""
    done = _run(tree, "--list")
    return [(row[0], row[1], row[2], row[3]) for row in (line.split("\t") for line in done.splitlines())]


def name_of(system: str, tree: Path = ROOT) -> str:
    """The file for a system and this machine's processor.

    Raises:
        UnavailableError: none is built for this processor.
    """
    for title, _, architecture, name in listed(tree):
        if (title, architecture) == (system, ARCHITECTURE):
            return name
    raise UnavailableError(f"nothing is built for {system} on {platform.machine()}")


def build(dist: Path, *systems: str, tree: Path = ROOT) -> list[Path]:
    """Build for some systems into a folder; wheels and nfpm are kept for the next time.

    Raises:
        UnavailableError: something is missing that the build needs.
    """
    names = [name_of(system, tree) for system in systems]
    if not shutil.which("go"):
        raise UnavailableError("the command go is not installed: install Go 1.22 or later")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "packages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one folder for all who build
        announce(f"building {', '.join(names)}")
        _run(tree, "--work", str(CACHE / "packages"), "--dist", str(dist), *names)
    return [dist / name for name in names]


def older_sources(tree: Path) -> Path:
    """Make a copy of the sources that calls itself 0.0.9, and whose configuration reads differently."""
    kept = ("src", "docs", "man", "examples", "packaging", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE")
    for name in kept:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tree / name)
    version = tree / "src/acctship/_version.py"
    version.write_text(re.sub(r'"[\d.]+"$', '"0.0.9"', version.read_text(), flags=re.MULTILINE))
    configuration = tree / "examples/acctship.toml"
    configuration.write_text(f"# As it was in 0.0.9.\n{configuration.read_text()}")
    (tree / "src/acctship/gone.py").write_text('"""A module that a later version does not have."""\n')
    return tree


def _run(tree: Path, *arguments: str) -> str:
    command: list[str | Path] = [sys.executable, tree / "packaging/build.py", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
