"""splunk-appinspect, Splunk's own validator of add-ons, in a venv of its own, for it pins much."""

from __future__ import annotations

import ctypes.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.programs import built_folder, debian_folder, library_path, run_builder

_RECIPE = Path(__file__).parent / "appinspect-requirements.txt"
_CALL = "from splunk_appinspect.main import execute; execute()"


def _build(folder: Path) -> None:
    run_builder([sys.executable, "-m", "venv", str(folder)], folder, install="Python's venv")
    command: list[str | Path] = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--requirement", _RECIPE]
    run_builder(command, folder, install="pip")


def inspect(package: Path, report: Path) -> dict[str, Any]:
    """Run all checks, those for Splunk Cloud among them.

    Args:
        package: what is checked.
        report: where it writes its findings.

    Returns:
        its findings.

    Raises:
        UnavailableError: it cannot be installed here.
    """
    venv = built_folder("splunk-appinspect", [_RECIPE], _build, takes="a minute")
    libraries = "" if ctypes.util.find_library("magic") else library_path(debian_folder("libmagic", "libmagic1"))
    done = subprocess.run(
        # By its interpreter: the script in bin/ knows only the place where it was installed.
        [venv / "bin/python", "-c", _CALL, "inspect", package, "--mode", "precert", "--output-file", report],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "LD_LIBRARY_PATH": libraries, "HOME": str(report.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), done.stdout + done.stderr
    findings: dict[str, Any] = json.loads(report.read_bytes())
    return findings
