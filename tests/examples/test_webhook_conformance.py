"""The stranger's plugin passes acctship's suite where it is installed, with nothing but what it brings itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

PLUGIN = Path(__file__).parents[2] / "examples/acctship-output-webhook"
LONGEST = 90


def test_webhook_passes_the_suite(environment: Path, tmp_path: Path) -> None:
    shutil.copytree(PLUGIN / "tests", tmp_path / "tests")
    done = subprocess.run(
        [environment / "python", "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"= [0-9]+ passed in ", done.stdout), "every fault of the suite is shown, so nothing is skipped"


def test_its_tests_are_few_lines() -> None:
    lines = sum(len(path.read_text().splitlines()) for path in (PLUGIN / "tests").rglob("*.py"))
    assert lines <= LONGEST
