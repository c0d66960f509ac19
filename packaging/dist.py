"""Build what goes to a package index into a folder: wheel, sdist, and a bill of materials of what they bring along.

    packaging/dist.py dist

The bill (CycloneDX 1.6) lists acctship with all extras at the versions that packages have, for this Python.
"""

from __future__ import annotations

import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent


def build(folder: Path) -> Path:
    """Build sdist, and from it the wheel, and have twine check both; gives the wheel."""
    _run(sys.executable, "-m", "build", "--installer", "uv", "--outdir", folder, ROOT)
    (wheel,) = folder.glob(f"acctship-{version()}-*.whl")
    _run(TOOLS / "twine", "check", "--strict", wheel, folder / f"acctship-{version()}.tar.gz")
    return wheel


def bill_of_materials(wheel: Path, bill: Path) -> None:
    """Install a wheel with all extras into an empty environment, and write down what is there."""
    with tempfile.TemporaryDirectory() as folder:
        environment, project = Path(folder, "environment"), Path(folder, "pyproject.toml")
        _run(TOOLS / "uv", "venv", "--quiet", "--python", sys.executable, environment)
        python = environment / "bin/python"
        locked = ("--constraint", ROOT / "packaging/locked.txt")
        _run(TOOLS / "uv", "pip", "install", "--quiet", "--python", python, *locked, f"{wheel.resolve()}[all]")
        # Of a version that is computed, the root component would not know.
        text = (ROOT / "pyproject.toml").read_text("utf-8")
        project.write_text(text.replace('dynamic = ["version"]', f'version = "{version()}"'), "utf-8")
        plain = ("--output-reproducible", "--sv", "1.6")
        _run(TOOLS / "cyclonedx-py", "environment", *plain, "--pyproject", project, "--output-file", bill, python)


def version() -> str:
    """The version of this tree."""
    return str(runpy.run_path(str(ROOT / "src/acctship/_version.py"))["__version__"])


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}{' '.join(map(str, command))}: ended with {done.returncode}")


if __name__ == "__main__":
    (target,) = map(Path, sys.argv[1:])
    bill_of_materials(build(target), target / f"acctship-{version()}.cdx.json")
