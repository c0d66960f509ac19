"""The Pythons of this machine, by their version."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.conftest import skip

_ASK = "import os, ssl, sys, venv; print(os.path.realpath(sys.executable))"


def python(version: str) -> Path:
    """A Python of a version such as `3.12` that starts: in PATH, or one of pyenv's, whose own in PATH need not."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    name = f"python{version}"
    for candidate in (Path(shutil.which(name) or name), *pyenv.glob(f"versions/{version}.*/bin/{name}")):
        with suppress(OSError, subprocess.CalledProcessError):
            done = subprocess.run([candidate, "-c", _ASK], capture_output=True, text=True, check=True)
            return Path(done.stdout.strip())
    return skip(f"there is no Python {version} on this machine: install one in PATH, or by pyenv")
