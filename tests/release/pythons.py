"""The Pythons of this machine, by their version."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import skip

_FOLDERS = (Path(sys.executable).parent, *map(Path, ("/usr/bin", "/usr/local/bin")), Path.home() / ".pyenv/versions")


def python(version: str) -> Path:
    """A Python of a version such as `3.12`, as distributions name it, or of pyenv; skips the test without one."""
    for folder in _FOLDERS:
        for path in sorted([*folder.glob(f"python{version}"), *folder.glob(f"{version}.*/bin/python{version}")]):
            if subprocess.run([path, "-c", "import ssl, venv"], capture_output=True, check=False).returncode == 0:
                return path
    return skip(f"no Python {version} on this machine: install it from the distribution, or by pyenv")
