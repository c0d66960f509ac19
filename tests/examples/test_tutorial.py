"""The tutorial as a reader does it: its code is put where it says, its commands are run one after the other."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.conftest import skip
from tests.docs.webhook import CUTS, MODULE, PACKAGE, TESTS
from tests.examples.conftest import reachable
from tests.paths import ROOT, WEBHOOK

TEXT = (ROOT / "docs/tutorial.md").read_text("utf-8")
PIECES = re.findall(r"<!-- generated: webhook: (\S+?)(?:: \S+)? -->\n\n```\w+\n(.*?)```\n", TEXT, re.DOTALL)
COMMANDS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
SHOWN = [
    line for block in re.findall(r"^```text\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL) for line in block.splitlines()
]


def _file(name: str) -> str:
    """A file as a reader puts it together, piece below piece."""
    return "\n".join(text for file, text in PIECES if file == name)


def _without_gaps(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def test_pieces_make_the_whole_webhook() -> None:
    for name in (PACKAGE, *CUTS):
        assert _without_gaps(_file(name)) == _without_gaps((WEBHOOK / name).read_text("utf-8"))


def test_every_command_does_what_it_shows(tmp_path: Path) -> None:
    """The suite of the webhook is run here, too, where nothing is installed but what the tutorial says."""
    if "PIP_INDEX_URL" not in os.environ and not reachable("pypi.org"):
        skip("PyPI cannot be reached")
    constraint = tmp_path / "acctship.txt"  # what is here, instead of what is published
    constraint.write_text(f"acctship @ {ROOT.as_uri()}\n")
    folder = tmp_path / "acctship-output-webhook"
    for name in (PACKAGE, MODULE, TESTS):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(_file(name))
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join(COMMANDS)],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],  # pip's cache
            "PIP_CONSTRAINT": str(constraint),
            "PIP_NO_COMPILE": "1",  # most of what is installed is never imported here
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTEST_ADDOPTS": "-W error -p no:cacheprovider",
            **{name: value for name, value in os.environ.items() if name.startswith(("PIP_INDEX", "SSL_", "HTTPS_"))},
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=400,
    )
    said = [" ".join(line.split()) for line in re.sub(r"(127\.0\.0\.1):\d+", r"\1:PORT", done.stdout).splitlines()]

    assert done.returncode == 0, done.stdout
    assert [line for line in SHOWN if " ".join(line.split()) not in said] == [], done.stdout
    assert re.search(r"^\d+ passed in ", done.stdout, re.MULTILINE), (
        "every fault of the suite is shown: none is skipped"
    )
