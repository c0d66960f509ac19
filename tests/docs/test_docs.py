"""The documentation says what the code does: generated parts are compared, shell examples are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import acctship
from tests.docs import api
from tests.docs.documents import DOCUMENTS, name
from tests.docs.generated import parts
from tests.paths import ROOT

_PART = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)
_CONSOLE = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*)\n(?:(?!\$ ).*\n)*", re.MULTILINE)


def _regenerated(text: str) -> str:
    generated = parts()
    text = _PART.sub(lambda part: f"{part[1]}\n{generated[part[2]]}\n\n{part[3]}", text)
    return _CONSOLE.sub(lambda block: _COMMAND.sub(lambda one: f"$ {one[1]}\n{_output(one[1])}", block[0]), text)


def _output(command: str) -> str:
    """What a shell prints, run where a reader who has typed `make run` sits."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command.replace(".venv/bin/", "")],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_generated_parts_and_shell_examples_are_what_the_code_gives(
    path: Path, golden: Callable[[Path, str], None]
) -> None:
    golden(path, _regenerated(path.read_text("utf-8")))


def test_every_generated_part_is_in_a_document() -> None:
    used = {part[1] for path in DOCUMENTS for part in _PART.findall(path.read_text("utf-8"))}

    assert used == set(parts())


@pytest.mark.parametrize("name", [one for part in api.public().values() for one in part], ids=lambda name: name.shown)
def test_every_public_name_is_described(name: api.Name) -> None:
    assert api.described(name), f"{name.shown} of {name.home} has no docstring"


def test_public_names_are_all_of_the_contract() -> None:
    of_acctship = {name.shown for part in ("output", "events", "errors", "version") for name in api.public()[part]}

    assert of_acctship == set(acctship._HOMES) - {"hookimpl"}
    assert {name.shown for name in api.public()["hooks"]} == {"hookimpl", "acctship_outputs", "acctship_setup"}
