"""What a reader copies out of a document is right: each block of shell is run, or says why not; the rest is checked.

A block of shell is one of three things:

- `console`: run here, and its output compared (`test_docs.py`);
- behind `<!-- run by: tests/... -->`: run by that test, which names the document;
- behind `<!-- not run: needs ... -->`: it would take what a test has not.

A document whose every block is run by one test says so once, with `<!-- all run by: tests/... -->`.

A block of TOML is a configuration that `acctship check --offline` accepts, unless it has such a line, too.

Of whichever block of shell, a shell can parse it, and each `acctship` command line in it has commands and options that
exist.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import msgspec
import pytest

from acctship import config
from acctship.checks.outputs import outputs
from tests.docs.command_lines import alternatives, command_lines, refused
from tests.docs.documents import DOCUMENTS, Block, blocks, name, prose
from tests.paths import ROOT

ALL = [block for document in DOCUMENTS for block in blocks(document)]
SHELL = [block for block in ALL if block.language in ("sh", "bash", "shell")]
CONSOLE = [block for block in ALL if block.language == "console"]
TOML = [block for block in ALL if block.language == "toml"]
TABLES = {"source", "state", "canary", "accounting", "outputs"}
_WHOLE = re.compile(r"^<!-- (all run by: .+) -->$", re.MULTILINE)
_INDENTED = re.compile(r"^ {4,}(.*\bacctship .*)$", re.MULTILINE)
_SPAN = re.compile(r"`((?:[a-z./-]+/)?acctship [^`]+)`")


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_shell_is_run_or_says_why_not(block: Block) -> None:
    whole = _WHOLE.search(block.document.read_text("utf-8"))
    kind, _, what = whole[1].partition(": ") if whole else block.remark.partition(": ")
    if kind.endswith("run by"):
        assert Path(block.document).name in (ROOT / what).read_text("utf-8")
    else:
        assert kind == "not run", (
            f"{block}: say `<!-- run by: tests/... -->` or `<!-- not run: needs ... -->` before it"
        )
        assert what


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_shell_can_be_parsed(block: Block) -> None:
    done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize("block", [*SHELL, *CONSOLE], ids=str)
def test_commands_in_blocks_exist_with_their_options(block: Block) -> None:
    text = block.text
    if block.language == "console":
        text = "\n".join(line[2:] for line in text.splitlines() if line.startswith("$ "))
    assert [problem for words in command_lines(text) if (problem := refused(words))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_commands_in_sentences_and_indented_lines_exist_with_their_options(document: Path) -> None:
    text = prose(document)
    spans = [*(" ".join(span.split()) for span in _SPAN.findall(text)), *_INDENTED.findall(text)]
    lines = [one for span in spans for words in command_lines(span) for one in alternatives(words)]
    problems = [f"{' '.join(words)}: {problem}" for words in lines if (problem := refused(words))]
    assert [problem for problem in problems if not problem.endswith("requires an argument.")] == []


@pytest.mark.parametrize("block", TOML, ids=str)
def test_toml_is_a_configuration_that_check_finds_nothing_wrong_with(block: Block, tmp_path: Path) -> None:
    tables = set(tomllib.loads(block.text))
    if block.remark.startswith(("run by: ", "not run: ")):
        return  # of an output that is not installed here
    if not tables & TABLES:
        assert "project" in tables  # of a plugin's pyproject.toml
        return
    path = tmp_path / "acctship.toml"
    path.write_text(block.text)
    assert [finding for finding in outputs(config.load(path, alone=True))[1] if finding.state != "ok"] == []


@pytest.mark.parametrize("block", [block for block in ALL if block.language == "json"], ids=str)
def test_json_can_be_parsed(block: Block) -> None:
    msgspec.json.decode(block.text)


def test_examples_in_the_help_of_commands_exist_with_their_options() -> None:
    text = "\n".join(block.text for block in blocks(ROOT / "docs/commands.md") if block.language == "text")
    examples = re.findall(r"^  (acctship .+?)(?:  .*)?$", text, re.MULTILINE)

    assert len(examples) > 40
    assert [problem for line in examples for words in command_lines(line) if (problem := refused(words))] == []


def test_each_block_says_what_it_is_in() -> None:
    assert [str(block) for block in ALL if not block.language] == []


def test_commands_that_are_not_there_are_seen() -> None:
    def problems(shell: str) -> list[str]:
        return [refused(words) for words in command_lines(shell)]

    assert problems("TZ=UTC .venv/bin/acctship lastcomm --pid > FILE # --no-such\n") == [""]
    assert problems("runuser -u acctship -- acctship run --no-such")[0].startswith("run: No such option")
    assert problems("acctship run --once 2>&1 > FILE") == [""]
    assert problems("true && acctship \\\n  no-such | less") == ["acctship: there is no no-such"]
    assert problems("acctship accounting rotate twice") == ["rotate: does not take twice"]
    assert "is not one of" in problems("acctship decode --to xml")[0]
    assert problems("systemctl edit acctship; ln -s /opt/acctship/bin/acctship /usr/bin/acctship") == []
