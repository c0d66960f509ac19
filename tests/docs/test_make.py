"""Each `make TARGET` that a document names is in the Makefile, which tells of each of its targets by `make help`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.documents import DOCUMENTS, blocks, name, prose
from tests.paths import ROOT

KEPT = ROOT / "tests/golden/states/README.md"
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
_CALL = re.compile(r"(?:^|[;&|`] *)make ([a-z-]+)", re.MULTILINE)


def _named(document: Path) -> set[str]:
    spans = "\n".join(re.findall(r"`make [^`]*`", prose(document)))
    shell = "\n".join(block.text for block in blocks(document) if block.language in ("sh", "console"))
    return set(_CALL.findall(spans) + _CALL.findall(re.sub(r"^\$ ", "", shell, flags=re.MULTILINE)))


@pytest.mark.parametrize("document", [*DOCUMENTS, KEPT], ids=name)
def test_targets_that_a_document_names_are_there(document: Path) -> None:
    assert _named(document) <= TARGETS


def test_targets_are_found_in_sentences_and_in_blocks() -> None:
    assert {"run", "test"} <= _named(ROOT / "README.md")
    assert {"release", "campaign", "golden"} <= _named(ROOT / "docs/releasing.md")


def test_every_target_is_told_of_and_is_no_file() -> None:
    told = set(re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, re.MULTILINE))
    phony = set(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split())

    assert told | {"help"} == TARGETS == phony
