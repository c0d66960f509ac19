"""The wheels: acctship's own, and those of all extras at the versions and with the hashes of locked.txt."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from targets import MACHINES

ROOT = Path(__file__).parents[1]
LOCKED = ROOT / "packaging/locked.txt"
_PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
_BUILD = ["wheel", "--no-deps", "--no-build-isolation"]  # by the versions that pyproject.toml pins: reproducible
_GLIBC = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")


def own_wheel(folder: Path) -> Path:
    """Build the wheel of this tree into a folder that holds nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    _pip(*_BUILD, "--wheel-dir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def locked_wheels(work: Path, python: str, architecture: str) -> list[Path]:
    """Fetch the wheels of all that acctship needs, for any Python and processor, whatever this machine is.

    Args:
        work: where they are kept for the next time, by what is locked.
        python: such as 3.11.
        architecture: in Debian's words.
    """
    digest = hashlib.sha256(LOCKED.read_bytes()).hexdigest()[:16]
    folder = work / f"wheels-{digest}" / f"{python}-{architecture}"
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        platforms = [f"--platform={glibc}_{MACHINES[architecture]}" for glibc in _GLIBC]
        of = [f"--python-version={python}", "--implementation=cp", *platforms]
        _pip("download", "--no-deps", "--no-build-isolation", "--require-hashes", *of, "--dest", part, "-r", LOCKED)
        for source in part.glob("*.tar.gz"):  # splunk-sdk publishes no wheel
            _pip(*_BUILD, "--no-index", "--wheel-dir", part, source)
            source.unlink()
        part.rename(folder)
    return sorted(folder.glob("*.whl"))


def _pip(*arguments: str | Path) -> None:
    subprocess.run([*_PIP, *arguments], check=True)
